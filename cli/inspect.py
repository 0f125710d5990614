"""`tlx inspect`: what a file says about itself."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import ContradictionError, ModelFileError, UsageError
from .extras import require_extra
from .model_options import card_option
from .screen import Screen
from .shared_options import Json

if TYPE_CHECKING:
    from ..inference.card import (
        MeasuredResult,
        ModelCard,
        Provenance,
        Quantization,
        VerificationSummary,
    )
    from ..inference.inspection import FileDescription
    from ..inference.session import TensorSpec


_TAKEN = {
    "uint8-nhwc": "pictures after resize and crop, RGB in 0..255",
    "float-nchw": "pictures after resize and crop, RGB in 0..1, channels first",
    "float-nchw-normalised": "pictures after resize and crop, RGB less the mean and divided by the "
    "deviation, channels first",
    "uint8-any-size": "pictures of any size as decoded, RGB in 0..255; the graph resizes and crops",
}
"""By `ModelCard.input`."""


def inspect_command(
    file: Path = typer.Argument(help="Checkpoint (.pt), ONNX, TorchScript or pt2 file."),
    markdown: bool = typer.Option(
        False, "--markdown", help="Write a model card for people, in Markdown."
    ),
    card: Path | None = card_option(),
    as_json: Json = False,
) -> None:
    """Show a file's card, inputs and outputs, size and SHA-256."""
    if markdown and as_json:
        raise UsageError("give either --markdown or --json")
    if markdown and card is not None:
        raise ContradictionError("--markdown shows the card that is in a file; leave --card out")
    found = _describe(file, card)
    screen = Screen(as_json)
    if as_json:
        screen.json(_json(found))
    elif markdown:
        from ..inference.markdown_card import markdown_card

        screen.text(markdown_card(found))
    else:
        _show(found, screen)


def _describe(file: Path, card: Path | None) -> "FileDescription":
    from ..inference import inspection
    from ..inference.card_file import read_card_file

    if file.is_dir():
        raise ModelFileError(f"{file} is a folder; give a file in it, such as {file / 'best.pt'}")
    if not inspection.is_zip(file):
        given = None if card is None else read_card_file(card)
        return inspection.describe_onnx(file, given)
    if card is not None:
        raise ContradictionError(f"{file} is no ONNX file; --card goes with one")
    if inspection.archive_kind(file) != "checkpoint":
        return inspection.describe_archive(file)
    require_extra("train", "inspect, for a checkpoint,")
    return _describe_checkpoint(file)


def _describe_checkpoint(file: Path) -> "FileDescription":
    from ..inference.inspection import describe
    from ..inference.session import INPUT, TensorSpec
    from ..training.checkpoint import load_checkpoint

    card = load_checkpoint(file).card
    side = card.preprocessing.crop
    images = TensorSpec(INPUT, "uint8", ("N", side, side, 3))
    logits = TensorSpec("logits", "float32", ("N", len(card.labels)))
    return describe(file, "checkpoint", card, (images,), (logits,))


def _json(found: "FileDescription") -> dict[str, object]:
    from ..inference.card_json import card_to_json

    return {**asdict(found), "path": str(found.path), "card": json.loads(card_to_json(found.card))}


def _show(found: "FileDescription", screen: Screen) -> None:
    screen.row(f"{found.path}: {found.kind}, {found.size / 1e6:.1f} MB", style="bold")
    opset = [] if found.opset is None else [("opset", str(found.opset))]
    rows = [
        ("SHA-256", found.sha256),
        *opset,
        *(("input", _spec(spec)) for spec in found.inputs),
        *(("output", _spec(spec)) for spec in found.outputs),
        *_card_rows(found.card),
    ]
    width = max(len(name) for name, _ in rows) + 1  # a name may end in a number
    for name, value in rows:
        screen.row(f"{name:<{width}} {value}")


def _spec(spec: "TensorSpec") -> str:
    return f"{spec.name}: {spec.dtype} [{', '.join(map(str, spec.shape))}]"


def _card_rows(card: "ModelCard") -> list[tuple[str, str]]:
    from ..inference.card import NORMALISED

    rule, origin = card.preprocessing, card.provenance
    where = "before the graph" if card.input == NORMALISED else "in the graph"
    rows = [
        ("takes", _TAKEN[card.input]),
        ("task", card.task),
        ("labels", f"{len(card.labels)}: {', '.join(card.labels)}"),
        (
            "preprocessing",
            f"decode rule {rule.decode}, EXIF {rule.exif}, {rule.colour}, short side to "
            f"{rule.resize_side} ({rule.resize_filter}), centre crop {rule.crop}; {where}: "
            f"mean {list(rule.mean)}, std {list(rule.std)}",
        ),
        ("temperature", f"{card.temperature:g}"),
        *_threshold_rows(card),
        *_origin_rows(origin),
    ]
    return rows + _result_rows(card)


def _origin_rows(origin: "Provenance") -> list[tuple[str, str]]:
    from ..inference.card_file import UNKNOWN

    network = f"{origin.architecture} from weights {origin.weights}" + (
        f" (SHA-256 {origin.weights_sha256})" if origin.weights_sha256 else ""
    )
    if origin.tlx == UNKNOWN:
        return [("trained", "elsewhere; of the network nothing is known but its card")]
    if origin.adopted:
        by = f"{origin.date} by tlx {origin.tlx}, which did not train it"
        return [("adopted", by), ("network", network)]
    return [
        ("trained", f"{origin.date} by tlx {origin.tlx}, torch {origin.torch}, seed {origin.seed}"),
        ("network", f"{network}, frozen: {origin.freeze}"),
        ("pictures", f"fingerprint {origin.data_fingerprint}"),
    ]


def _threshold_rows(card: "ModelCard") -> list[tuple[str, str]]:
    if card.decision_thresholds is None:
        return []
    if card.thresholds is None:
        return [("thresholds", f"{card.decision_thresholds[0]:g} for every label, not tuned")]
    pairs = zip(card.labels, card.thresholds, strict=True)
    return [("thresholds", ", ".join(f"{label} {value:.4g}" for label, value in pairs))]


def _result_rows(card: "ModelCard") -> list[tuple[str, str]]:
    rows = [(row.metric, _result(row)) for row in card.results]
    if card.quantization:
        rows.append(("quantized", _quantization(card.quantization)))
    if card.verification:
        rows += _verification_rows(card.verification, card.task)
    return rows


def _verification_rows(seen: "VerificationSummary", task: str) -> list[tuple[str, str]]:
    limit = "" if seen.limit is None else f" (limit {seen.limit:.2e})"
    text = (
        f"on {seen.pictures} pictures ({seen.source}): largest difference in probability "
        f"{seen.max_probability_difference:.2e}{limit}, "
        f"same {'labels' if task == 'multi-label' else 'label'} {seen.agreement:.2%}"
    )
    if seen.score is None or seen.checkpoint_score is None:
        return [("verified", text)]
    scores = (
        f"{seen.metric} {seen.score:.4f} on those with a known truth, the checkpoint's "
        f"{seen.checkpoint_score:.4f}"
    )
    return [("verified", text), ("", scores + _between(seen.score_interval))]


def _quantization(made: "Quantization") -> str:
    faster = ""
    if made.speedup is not None:
        faster = f"; {made.speedup:.2f} times as fast on {made.measured_on}"
    return (
        f"{made.kind}, {made.recipe}; {made.metric} drops by {made.drop:.4f}"
        f"{_between(made.drop_interval)} on {made.pictures} pictures, "
        f"{made.agreement:.2%} decided alike{faster}"
    )


def _between(interval: tuple[float, float] | None) -> str:
    return f" (95%: {interval[0]:+.4f} to {interval[1]:+.4f})" if interval else ""


def _result(row: "MeasuredResult") -> str:
    text = f"{row.value:.4f}"
    if row.interval:
        text += f" (95%: {row.interval[0]:.4f} to {row.interval[1]:.4f})"
    text += f" on {row.pictures} {row.split} pictures"
    return f"{text}, which chose the epoch" if row.used_for_selection else text
