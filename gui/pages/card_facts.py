"""A card in names and values, for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from ..opened_model import Model
from ..protocol import Loaded
from ..wording import data_size

if TYPE_CHECKING:
    from ...inference.card import MeasuredResult, ModelCard

Fact = tuple[str, str]


def _tr(text: str) -> str:
    return QCoreApplication.translate("card", text)


def headline(model: Model) -> str:
    """Say in a line what kind of file it is."""
    card, parts = model.card, [model.card.provenance.architecture]
    if card.quantization:
        parts.append(card.quantization.kind.upper())
    parts.append(_tr("{0} labels").format(len(card.labels)))
    side = card.preprocessing.crop
    parts.append(f"{side} × {side} px")
    parts.append(data_size(model.loaded.size))
    return "   ·   ".join(parts)


def origin(card: "ModelCard") -> list[Fact]:
    """Say where the network is from."""
    made = card.provenance
    if made.adopted:
        return [
            (
                _tr("Adopted"),
                _tr("{0} by tlx {1}, which did not train it").format(made.date, made.tlx),
            ),
            (_tr("Weights"), made.weights),
        ]
    return [
        (_tr("Date"), made.date),
        (_tr("By"), f"tlx {made.tlx}, torch {made.torch}"),
        (_tr("Started from"), made.weights),
        (_tr("Frozen"), made.freeze),
        (_tr("Seed"), str(made.seed)),
        (_tr("Pictures"), _tr("fingerprint {0}…").format(made.data_fingerprint[:12])),
    ]


def takes(card: "ModelCard") -> list[Fact]:
    """Say what becomes of a picture before the network sees it."""
    rule = card.preprocessing
    several = _tr("several labels a picture") if card.task == "multi-label" else ""
    return [
        (_tr("Task"), several or _tr("one label a picture")),
        (
            _tr("Resize"),
            _tr("short side to {0} px, {1}").format(rule.resize_side, rule.resize_filter),
        ),
        (_tr("Crop"), _tr("{0} × {0} px from the centre").format(rule.crop)),
        (_tr("Orientation"), _tr("turned upright by EXIF")),
        (_tr("Normalised"), _normalised(rule.mean, rule.std)),
        (_tr("Temperature"), f"{card.temperature:g}"),
        (_tr("Unknown"), _unknown(card.unknown_threshold)),
    ]


def results(card: "ModelCard") -> list[Fact]:
    """Say what was measured, with its interval and on which pictures."""
    on = {(row.split, row.pictures, row.used_for_selection) for row in card.results}
    rows = [(row.metric.capitalize(), _result(row, alone=len(on) > 1)) for row in card.results]
    if len(on) == 1:  # it is said once
        rows.insert(0, (_tr("Pictures"), _measured_on(card.results[0], _tr("{0} ({1})"))))
    made = card.quantization
    if made is not None:
        text = _tr("{0} drops by {1:.4f} on {2} pictures, {3:.2%} decided alike")
        value = text.format(made.metric, made.drop, made.pictures, made.agreement)
        rows.append((made.kind.upper(), value))
    return rows or [(_tr("Result"), _tr("nothing was measured"))]


def verified(card: "ModelCard") -> list[Fact]:
    """Say how far the file's answers were from the checkpoint's."""
    seen = card.verification
    if seen is None:
        return [(_tr("Result"), _tr("this file was never verified against its checkpoint"))]
    limit = "" if seen.limit is None else _tr(" (limit {0:.1e})").format(seen.limit)
    score = "" if seen.score is None else f"{seen.score:.4f}"
    of_checkpoint = "" if seen.checkpoint_score is None else f"{seen.checkpoint_score:.4f}"
    return [
        (_tr("Pictures"), f"{seen.pictures} ({seen.source})"),
        (_tr("Largest difference"), f"{seen.max_probability_difference:.2e}{limit}"),
        (_tr("Same answer"), f"{seen.agreement:.2%}"),
        ((seen.metric or "").capitalize(), score),
        (_tr("{0}, checkpoint").format((seen.metric or "").capitalize()), of_checkpoint),
    ]


def file_facts(loaded: Loaded) -> list[Fact]:
    """Say which file it is and who computes."""
    computes = loaded.provider.removesuffix("ExecutionProvider")
    maps = _tr("yes") if loaded.explains else _tr("no (exported with --no-explain)")
    return [
        (_tr("Path"), loaded.path),
        ("SHA-256", loaded.sha256),
        (_tr("Opset"), "" if loaded.opset is None else str(loaded.opset)),
        (_tr("Heat maps"), maps),
        (_tr("Computed by"), _tr("{0}, {1} threads").format(computes, loaded.threads)),
    ]


def _normalised(mean: Sequence[float], std: Sequence[float]) -> str:
    values = (" ".join(f"{value:g}" for value in part) for part in (mean, std))
    return _tr("mean {0}, std {1}").format(*values)


def _unknown(threshold: float | None) -> str:
    no_rule = _tr("no rule")
    return no_rule if threshold is None else _tr("score above {0:.4g}").format(threshold)


def _result(row: "MeasuredResult", alone: bool) -> str:
    value = f"{row.value:.4f}"
    if row.interval:
        low, high = row.interval
        value += _tr(" (95% interval {0:.4f} to {1:.4f})").format(low, high)
    return value + (_measured_on(row, _tr(", {0} {1} pictures")) if alone else "")


def _measured_on(row: "MeasuredResult", form: str) -> str:
    text = form.format(row.pictures, row.split)
    return text + (_tr(", which chose the epoch") if row.used_for_selection else "")
