"""A model card for people, in Markdown: what a file says about itself, in words.

After "Model Cards for Model Reporting" (Mitchell et al., 2019, arXiv:1810.03993). A section is a
function from the description to Markdown, empty where it has nothing to say; the card is the list
of them.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .card import REFUSED, MeasuredResult, ModelCard, Provenance
from .markdown import bullets, code_span, escape, table
from .markdown_call import call_text, function_of, preprocessing_text, tensors_text

if TYPE_CHECKING:
    from .inspection import FileDescription

SHOWN_LABELS = 100
"""More are counted, not listed."""

FORMATS = {
    "onnx": "ONNX",
    "torchscript": "TorchScript",
    "pt2": "pt2 (torch.export)",
    "checkpoint": "checkpoint of tlx, for training and export",
}
_ORIGINS = {
    "none": "nothing: its weights were random",
    "imagenet-v1": "torchvision's ImageNet weights, V1",
    "imagenet-v2": "torchvision's ImageNet weights, V2",
}
_FROZEN = {
    "none": "nothing: all of it was trained",
    "layer4": "all but the head",
    "gradual": "all but the head at first, then stage by stage less",
}
_SOURCES = {
    "validation": "validation pictures of its run",
    "validation and training": "validation and training pictures of its run",
    "run and sample": "pictures of its run, and sample pictures that have nothing to do with its "
    "task, for want of more",
    "folder": "pictures of a folder that was given",
    "folder and sample": "pictures of a folder that was given, and sample pictures that have "
    "nothing to do with its task, for want of more",
    "sample": "sample pictures that have nothing to do with its task, for want of others",
}


def markdown_card(found: "FileDescription") -> str:
    """Write the card of a file."""
    parts = [f"# {escape(found.path.name)}", _summary(found.card)]
    for title, section in SECTIONS:
        if text := section(found):
            parts += [f"## {title}", text]
    return "\n\n".join(parts) + "\n"


def _summary(card: ModelCard) -> str:
    count = len(card.labels)
    if card.task == "multi-label":
        return (
            f"A classifier of pictures: it says which of {count} labels a picture has, any number "
            "of them or none."
        )
    return (
        f"A classifier of pictures: it says which one of {count} labels a picture has, and how "
        "probable each is."
    )


def _training(found: "FileDescription") -> str:
    card, origin = found.card, found.card.provenance
    header = ("network", f"{escape(origin.architecture)} of torchvision")
    rows = _adopted_rows(origin) if origin.adopted else _trained_rows(origin)
    return table(header, [("task", card.task), *rows])


def _adopted_rows(origin: Provenance) -> list[tuple[str, str]]:
    return [
        ("trained", "elsewhere, on pictures that this file does not know"),
        ("adopted", f"{escape(origin.date)}, by tlx {escape(origin.tlx)}"),
        ("weights", _weights_text(origin)),
    ]


def _trained_rows(origin: Provenance) -> list[tuple[str, str]]:
    up_to = f"everything up to {escape(origin.freeze)}"
    by = f"tlx {escape(origin.tlx)} and torch {escape(origin.torch)}, seed {origin.seed}"
    return [
        ("trained", f"{escape(origin.date)}, by {by}"),
        ("started from", _weights_text(origin)),
        ("kept as it was", _FROZEN.get(origin.freeze, up_to)),
        ("pictures", f"known by their fingerprint alone: {code_span(origin.data_fingerprint)}"),
    ]


def _weights_text(origin: Provenance) -> str:
    text = _ORIGINS.get(origin.weights, escape(origin.weights))
    return f"{text}, SHA-256 {code_span(origin.weights_sha256)}" if origin.weights_sha256 else text


def _labels(found: "FileDescription") -> str:
    card = found.card
    rows = [[str(index), escape(label)] for index, label in enumerate(card.labels)]
    header = ["output", "label"]
    if card.decision_thresholds is not None:
        header.append("chosen from")
        rows = [[*row, f"{t:.4g}"] for row, t in zip(rows, card.decision_thresholds, strict=True)]
    text = table(header, rows[:SHOWN_LABELS])
    if len(rows) <= SHOWN_LABELS:
        return text
    more = f"and {len(rows) - SHOWN_LABELS} more; `tlx inspect --json` lists them all."
    return f"{text}\n\n{more}"


def _results(found: "FileDescription") -> str:
    results = found.card.results
    if not results:
        return "None were measured: how often it is right, this file does not know."
    header = ("measured", "value", "95% interval", "pictures", "chose the epoch")
    parts = [table(header, [_result_row(row) for row in results])]
    if any(row.used_for_selection for row in results):
        tuned = ", and the thresholds were tuned on them" if found.card.thresholds else ""
        parts.append(
            "Pictures that chose the epoch flatter: of all epochs the one was kept that did best "
            f"on them{tuned}. `tlx eval` scores the file on pictures that it has never seen."
        )
    if any(row.interval for row in results):
        parts.append(
            "An interval covers the chance of which pictures were drawn. It says nothing about "
            "pictures of another kind."
        )
    return "\n\n".join(parts)


def _result_row(row: MeasuredResult) -> tuple[str, ...]:
    unit = " nats" if row.metric == "loss" else ""
    interval = f"{row.interval[0]:.4f} to {row.interval[1]:.4f}" if row.interval else "not computed"
    pictures = f"{row.pictures} of {escape(row.split)}"
    selected = "yes" if row.used_for_selection else "no"
    return escape(row.metric), f"{row.value:.4f}{unit}", interval, pictures, selected


def _verification(found: "FileDescription") -> str:
    seen = found.card.verification
    if seen is None:
        if found.kind == "checkpoint":
            return "A checkpoint is what model files are compared with; it is not compared itself."
        return "It was not compared with the checkpoint that it was made from."
    same = "labels" if found.card.task == "multi-label" else "first label"
    rows = [
        ("pictures, from the file's bytes to the label", str(seen.pictures)),
        ("they are", escape(_SOURCES.get(seen.source, seen.source))),
        ("largest difference in probability", f"{seen.max_probability_difference:.2e}"),
        ("allowed", "none set" if seen.limit is None else f"{seen.limit:.2e}"),
        (f"same {same}, outside ties", f"{seen.agreement:.2%}"),
        ("the checkpoint's own distance, fp32 from fp64", f"{seen.eager_distance:.2e}"),
    ]
    if seen.metric and seen.score is not None and seen.checkpoint_score is not None:
        rows.append((f"{escape(seen.metric)} of the file", f"{seen.score:.4f}"))
        rows.append((f"{escape(seen.metric)} of the checkpoint", f"{seen.checkpoint_score:.4f}"))
    if seen.score_interval:
        low, high = seen.score_interval
        rows.append(("difference, 95% interval", f"{low:+.4f} to {high:+.4f}"))
    text = "Before it was published, the file was asked and compared with its checkpoint."
    return f"{text}\n\n{table(('compared', ''), rows)}"


def _quantization(found: "FileDescription") -> str:
    made = found.card.quantization
    if made is None:
        return ""
    interval, counts = made.drop_interval, made.kind != "fp16"  # fp16 has no ranges nor a speed
    ranges = ("training pictures that set its ranges", str(made.calibration_pictures))
    faster = f"{made.speedup:.2f}" if made.speedup else "not measured on its device"
    rows = [
        ("kind", escape(made.kind)),
        ("how", escape(made.recipe)),
        *([ranges] if counts else []),
        ("validation pictures that measured the loss", str(made.pictures)),
        (f"loss of {escape(made.metric)} against the float file", f"{made.drop:+.4f}"),
        ("95% interval", f"{interval[0]:+.4f} to {interval[1]:+.4f}" if interval else "none"),
        ("allowed", f"{made.max_drop:.4f}"),
        ("says the same as the float file", f"{made.agreement:.2%}"),
        *([("faster by", faster)] if counts else []),
    ]
    if made.measured_on:
        rows.append(("measured on", escape(made.measured_on)))
    return table(("made smaller", ""), rows)


def _answers(found: "FileDescription") -> str:
    card = found.card
    parts = [_temperature_text(card)]
    if card.task == "multi-label":
        tuned = "as tuned on validation pictures" if card.thresholds else "not tuned"
        parts.append(
            "A label is chosen if its probability is at or over its threshold in the table of "
            f"labels ({tuned})."
        )
    if card.unknown_threshold is not None:
        parts.append(
            f"A picture whose {code_span('unknown_score')} is above {card.unknown_threshold:g} is "
            "none of the labels."
        )
    return "\n\n".join(parts)


def _temperature_text(card: ModelCard) -> str:
    function = function_of(card)
    if card.temperature == 1:
        return f"Probabilities are the {function} of the logits; the temperature is 1."
    return (
        f"Probabilities are the {function} of the logits divided by the temperature, "
        f"{card.temperature:g}."
    )


def _limits(found: "FileDescription") -> str:
    return bullets(_limits_of(found.card))


def _limits_of(card: ModelCard) -> Iterator[str]:
    if card.unknown_threshold is None and card.task == "single-label":
        yield "It knows no labels but these: one of them is its answer whatever a picture shows."
    else:
        yield "It knows no labels but these, and names no other."
    yield (
        "On pictures unlike those it learned from (another camera, light, background or place) it "
        "may be wrong more often, and nothing in its answer need show it."
    )
    if card.provenance.adopted:
        yield "It was trained elsewhere: on what, and how well it did there, is not known here."
    yield _accuracy_limit(card)
    if card.temperature == 1:
        yield (
            "Its probabilities are not calibrated: of answers given with 0.9 more or fewer than "
            "nine in ten may be right."
        )
    else:
        yield "Its probabilities are calibrated for pictures like those of validation alone."
    yield _sight_limit(card)
    if card.verification:
        yield (
            "That the file answers as its checkpoint does says that nothing was lost on the way, "
            "not that the answers are right."
        )


def _accuracy_limit(card: ModelCard) -> str:
    scores = [row for row in card.results if row.metric != REFUSED]
    if not scores:
        return "How often it is right was not measured."
    counts = dict.fromkeys((row.pictures, row.split) for row in scores)
    shown = " and ".join(f"{pictures} {escape(split)} pictures" for pictures, split in counts)
    return f"How often it is right was measured on {shown}, and on no others."


def _sight_limit(card: ModelCard) -> str:
    rule = card.preprocessing
    return (
        f"It sees the centre square of a picture at {rule.crop} x {rule.crop} pixels: what lies "
        "outside, or is too small to be seen at that size, has no part in the answer."
    )


def _file(found: "FileDescription") -> str:
    rows = [
        ("format", FORMATS.get(found.kind, found.kind)),
        ("size", f"{found.size:,} bytes ({found.size / 1e6:.1f} MB)"),
        ("SHA-256", code_span(found.sha256)),
    ]
    if found.opset is not None:
        rows.insert(1, ("opset", str(found.opset)))
    return table(("file", escape(found.path.name)), rows)


Section = Callable[["FileDescription"], str]
SECTIONS: tuple[tuple[str, Section], ...] = (
    ("What it is", _training),
    ("Labels", _labels),
    ("Results", _results),
    ("Verification", _verification),
    ("Quantization", _quantization),
    ("How it decides", _answers),
    ("Limits", _limits),
    ("How to call it", call_text),
    ("From a file to the input", preprocessing_text),
    ("Inputs and outputs", tensors_text),
    ("File", _file),
)
