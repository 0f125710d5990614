"""Why a file answers differently: the first stage that differs, and what usually causes it."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..inference import picture, preprocessing
from ..inference.card import ModelCard
from .answers import Stages
from .comparison import RELATIVE_LIMIT, relative_difference
from .files import OpenedFile
from .reference import Reference, decode_again, prepared_pixels, reference_stages


@dataclass(frozen=True)
class Diagnosis:
    """The first stage that differs, by a name of `answers.STAGES`, and the likely cause."""

    stage: str
    cause: str


def compare_cards(card: ModelCard, expected: ModelCard) -> Diagnosis | None:
    """Hold the file's card against the checkpoint's; None if they say the same."""
    if card.labels != expected.labels:
        return Diagnosis("card", _labels_cause(card.labels, expected.labels))
    for name in ("task", "temperature", "thresholds", "unknown_threshold"):
        if getattr(card, name) != getattr(expected, name):
            return Diagnosis("card", f"its {name} is {getattr(card, name)}")
    for field in fields(expected.preprocessing):
        found = getattr(card.preprocessing, field.name)
        if found != getattr(expected.preprocessing, field.name):
            return Diagnosis("card", f"its preprocessing has {field.name} {found}")
    return None


def diagnose(reference: Reference, file: OpenedFile, index: int) -> Diagnosis:
    """Follow one picture through both sides and name the first stage that differs."""
    path = reference.paths[index]
    before = _before_network(path, file.card)
    if before:
        return before
    pixels = prepared_pixels(path, reference.card.preprocessing)[None]
    expected = reference_stages(reference, index)
    layers = [getattr(reference.network, f"layer{number}") for number in range(1, 5)]
    found = file.stages(pixels, [len(layer) for layer in layers])
    for stage, value in expected.items():
        if not relative_difference(found[stage], value) <= RELATIVE_LIMIT:
            return Diagnosis(stage, _cause(stage, found, expected, pixels, reference.card))
    return Diagnosis(
        "probabilities", "differs over a batch only: pictures of one batch influence each other"
    )


def _before_network(path: Path, card: ModelCard) -> Diagnosis | None:
    rule = card.preprocessing
    decoded = np.asarray(picture.decode(path, rule.resize_side))
    if not np.array_equal(decoded, np.asarray(decode_again(path, rule.resize_side))):
        return Diagnosis("decoding", "EXIF orientation, alpha, bit depth or DCT scale differs")
    if not np.array_equal(preprocessing.preprocess(path, rule), prepared_pixels(path, rule)):
        return Diagnosis(
            "resize and crop",
            "the resize has no antialiasing or another filter or size, or the crop is shifted",
        )
    return None


def _cause(
    stage: str, found: Stages, expected: Stages, pixels: NDArray[np.uint8], card: ModelCard
) -> str:
    if stage == "normalisation":
        return _normalisation_cause(found[stage], pixels, card)
    if stage == "logits":
        return _logits_cause(found[stage][0], expected[stage][0], card.labels)
    if stage == "probabilities":
        return "temperature, softmax or sigmoid differs"
    if stage == "features":
        return "the pooling differs"
    return f"weights or BatchNorm statistics of {stage} are not the checkpoint's"


def _normalisation_cause(
    found: NDArray[np.floating], pixels: NDArray[np.uint8], card: ModelCard
) -> str:
    """Fit each channel as (x / 255 - mean) / std and say what the file uses."""
    rule = card.preprocessing
    share = pixels[0].astype(np.float64) / 255  # [S, S, 3]
    for order, name in (((0, 1, 2), "RGB"), ((2, 1, 0), "BGR")):
        fits = [
            np.polyfit(share[..., source].ravel(), found[0, channel].ravel().astype(float), 1)
            for channel, source in enumerate(order)
        ]
        predicted = [
            fit[0] * share[..., source] + fit[1] for fit, source in zip(fits, order, strict=True)
        ]
        if np.abs(np.stack(predicted) - found[0]).max() < 1e-3:
            mean = [round(float(-fit[1] / fit[0]), 4) for fit in fits]
            std = [round(float(1 / fit[0]), 4) for fit in fits]
            if name == "BGR":
                return "the channels are in BGR order"
            return f"it uses mean {mean} and std {std}, not {list(rule.mean)} and {list(rule.std)}"
    return "mean, std or the order of channels or axes differs"


def _logits_cause(
    found: NDArray[np.floating], expected: NDArray[np.floating], labels: tuple[str, ...]
) -> str:
    near = np.abs(found[:, None] - expected[None, :]) <= 1e-4 * np.abs(expected).max()
    moved = [index for index in range(len(labels)) if not near[index, index]]
    if moved and all(near[index, moved].any() for index in moved):
        names = ", ".join(repr(labels[index]) for index in moved)
        return f"outputs have changed places: {names}"
    return "the head's weights or bias are not the checkpoint's"


def _labels_cause(found: tuple[str, ...], expected: tuple[str, ...]) -> str:
    if sorted(found) != sorted(expected):
        odd = sorted(set(found) ^ set(expected))
        return f"its labels are not the checkpoint's: {', '.join(map(repr, odd))}"
    moved = [label for label, other in zip(expected, found, strict=True) if label != other]
    return f"its labels have changed places: {', '.join(map(repr, moved))}"
