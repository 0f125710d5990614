"""One picture of a report: what was true, what was said, and how wrong that is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..inference.prediction import Prediction
from ..samples.sample import Sample
from . import metrics, multi_label_metrics
from .multi_label_metrics import MultiHot

Size = tuple[int, int]
"""Width and height in pixels as the file says them, before its orientation is applied."""


@dataclass(frozen=True)
class ScoredPicture:
    """A picture of the single-label task that was scored.

    Attributes:
        path: the picture, as it was given.
        truth: its label by folder or CSV.
        predicted: the most probable label.
        probability: of `predicted`, 0..1, as the file gives it.
        truth_probability: of `truth`, likewise.
        loss: cross-entropy in nats at temperature 1.
        size: width and height in pixels; None if they are not known.
        unknown: whether the file says that it is none of the labels; None without such a rule.
        unknown_score: larger is stranger; None likewise.
    """

    path: str
    truth: str
    predicted: str
    probability: float
    truth_probability: float
    loss: float
    size: Size | None = None
    unknown: bool | None = None
    unknown_score: float | None = None

    @property
    def correct(self) -> bool:
        """Whether the most probable label is the truth."""
        return self.predicted == self.truth


@dataclass(frozen=True)
class ScoredLabels:
    """A picture of the multi-label task that was scored.

    Attributes:
        path: the picture, as it was given.
        truth: its labels by the CSV, in the card's order.
        predicted: the labels chosen, in the card's order.
        label: the label most wrong: missed if it stands in `truth`, else added. Where all are
            right, the one with the greatest loss.
        probability: of `label`, 0..1, as the file gives it.
        label_loss: binary cross-entropy of `label` in nats at temperature 1.
        loss: its mean over all labels.
        size: width and height in pixels; None if they are not known.
    """

    path: str
    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    label: str
    probability: float
    label_loss: float
    loss: float
    size: Size | None = None

    @property
    def correct(self) -> bool:
        """Whether all labels are right and complete."""
        return self.predicted == self.truth


def scored_pictures(
    answered: Sequence[tuple[Sample, Prediction]],
    logits: NDArray[np.float32],
    truth: NDArray[np.intp],
    sizes: Mapping[Path, Size],
) -> Iterator[ScoredPicture]:
    """Give the rows of N pictures in their order; logits `[N, C]`, truth `[N]`."""
    losses = metrics.losses(logits, truth).tolist()
    for (sample, prediction), label, loss in zip(answered, truth.tolist(), losses, strict=True):
        of_truth = float(prediction.probabilities[label])
        yield ScoredPicture(
            str(sample.path),
            sample.label,
            prediction.label,
            prediction.probability,
            of_truth,
            loss,
            sizes.get(sample.path),
            prediction.unknown,
            prediction.unknown_score,
        )


def scored_labels(
    answered: Sequence[tuple[Sample, Prediction]],
    logits: NDArray[np.float32],
    decisions: MultiHot,
    truth: MultiHot,
    sizes: Mapping[Path, Size],
) -> Iterator[ScoredLabels]:
    """Give the rows of N pictures in their order; logits, decisions and truth are `[N, C]`."""
    # By the loss: probabilities near 0 and 1 are equal in float32 where logits still differ.
    losses = multi_label_metrics.binary_losses(logits, truth)
    wrong = decisions != truth
    among = np.where(wrong | ~wrong.any(axis=1, keepdims=True), losses, -1.0).argmax(axis=1)
    means = losses.mean(axis=1).tolist()
    for row, (sample, prediction) in enumerate(answered):
        label = int(among[row])
        yield ScoredLabels(
            str(sample.path),
            _named(prediction.labels, truth[row]),
            _named(prediction.labels, decisions[row]),
            prediction.labels[label],
            float(prediction.probabilities[label]),
            float(losses[row, label]),
            means[row],
            sizes.get(sample.path),
        )


def _named(labels: tuple[str, ...], columns: MultiHot) -> tuple[str, ...]:
    return tuple(labels[index] for index in np.flatnonzero(columns))
