"""Where a file begins to answer differently: the first stage that differs."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..inference.card import ModelCard
from ..inference.preprocessing import Preprocessing
from .answers import Stages
from .causes import (
    decoding_cause,
    labels_cause,
    logits_cause,
    normalisation_cause,
    resize_cause,
    thresholds_cause,
)
from .comparison import RELATIVE_LIMIT, relative_difference
from .files import OpenedFile, file_pixels, file_rgb, network_input
from .reference import Reference, decode_again, prepared_pixels, reference_stages


@dataclass(frozen=True)
class Diagnosis:
    """The first stage that differs, by a name of `answers.STAGES`, and the likely cause.

    The stage is None where none can be told.
    """

    stage: str | None
    cause: str

    def __str__(self) -> str:
        """Say both in words."""
        if self.stage is None:
            return f"no stage can be named: {self.cause}"
        return f"the first stage that differs is {self.stage}: {self.cause}"


def compare_cards(card: ModelCard, expected: ModelCard) -> Diagnosis | None:
    """Hold the file's card against the checkpoint's; None if they say the same."""
    if card.labels != expected.labels:
        return Diagnosis("card", labels_cause(card.labels, expected.labels))
    for part in ("preprocessing", "provenance"):
        ours, theirs = getattr(card, part), getattr(expected, part)
        for field in fields(theirs):
            found, wanted = getattr(ours, field.name), getattr(theirs, field.name)
            if found != wanted:
                return Diagnosis("card", f"its {part} has {field.name} {found}, not {wanted}")
    if card.thresholds != expected.thresholds:
        return Diagnosis("card", thresholds_cause(card, expected))
    for field in fields(expected):
        # The result of the verification is all that an export adds.
        found = getattr(card, field.name)
        if field.name != "verification" and found != getattr(expected, field.name):
            said = "are not the checkpoint's" if field.name == "results" else f"is {found}"
            return Diagnosis("card", f"its {field.name} {said}")
    return None


def diagnose(
    reference: Reference, file: OpenedFile, index: int, limit: float = RELATIVE_LIMIT
) -> Diagnosis:
    """Follow one picture through both sides and name the first stage that differs.

    Args:
        reference: the checkpoint's side.
        file: the other one.
        index: of the picture.
        limit: largest difference of a stage that passes, as a share of its largest magnitude.
    """
    path, card = reference.paths[index], reference.card
    before = _before_network(path, card.preprocessing)
    if before:
        return before
    pixels = prepared_pixels(path, card.preprocessing)
    expected = reference_stages(reference, index)
    found = _file_stages(reference, file, path)
    for stage, value in expected.items():
        if stage in found and not relative_difference(found[stage], value) <= limit:
            return Diagnosis(stage, _cause(stage, found[stage], value, pixels, card))
    return Diagnosis(
        "probabilities",
        "no stage alone is beyond its limit for this picture: small differences add up, or "
        "pictures of one batch influence each other",
    )


def _before_network(path: Path, rule: Preprocessing) -> Diagnosis | None:
    decoded = file_rgb(path, rule)
    expected = np.asarray(decode_again(path, rule.resize_side))
    if not np.array_equal(decoded, expected):
        return Diagnosis("decoding", decoding_cause(decoded, expected))
    pixels = file_pixels(path, rule)
    if not np.array_equal(pixels, prepared_pixels(path, rule)):
        return Diagnosis("resize and crop", resize_cause(pixels, path, rule))
    return None


def _file_stages(reference: Reference, file: OpenedFile, path: Path) -> Stages:
    layers = [getattr(reference.network, f"layer{number}") for number in range(1, 5)]
    # Twice the same picture: a BatchNorm that was left in training mode refuses a batch of one.
    found = file.stages([network_input(path, file.card)] * 2, [len(layer) for layer in layers])
    return {stage: value[:1] for stage, value in found.items()}


def _cause(
    stage: str,
    found: NDArray[np.floating],
    expected: NDArray[np.floating],
    pixels: NDArray[np.uint8],
    card: ModelCard,
) -> str:
    match stage:
        case "normalisation":
            return normalisation_cause(found[0], pixels, card.preprocessing)
        case "logits":
            return logits_cause(found[0], expected[0], card.labels)
        case _:
            return _CAUSES.get(
                stage, f"weights or BatchNorm statistics of {stage} are not the checkpoint's"
            )


_CAUSES = {
    "probabilities": "temperature, softmax or sigmoid differs",
    "features": "the pooling differs",
    "activation maps": "they are not the head's weights over the last stage",
    "unknown score": "its means, covariance or weight are not those that were fitted",
}
