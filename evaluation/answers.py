"""The answers of the single-label task as arrays, scored label by label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..inference.prediction import Prediction
from ..samples.sample import Sample
from . import metrics
from .calibration import brier_scores
from .curves import Curves, draw_up
from .intervals import Intervals, bootstrap_intervals
from .label_scores import LabelScores, MacroScores, label_scores, label_table, macro_scores


@dataclass(frozen=True, eq=False)
class Answers:
    """What is scored: float32 `[N, C]` of logits and probabilities, and `[N]` of truth."""

    labels: tuple[str, ...]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    truth: NDArray[np.intp]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the first label is the truth, `[N]`."""
        return self.truth == self.logits.argmax(axis=1)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """The probability of the first label, `[N]`."""
        return self.probabilities[np.arange(len(self.truth)), self.logits.argmax(axis=1)]


def gather(labels: tuple[str, ...], answered: list[tuple[Sample, Prediction]]) -> Answers:
    """Gather the answers to N pictures, N >= 1; their labels are among `labels`."""
    index = {label: place for place, label in enumerate(labels)}
    return Answers(
        labels,
        np.stack([prediction.logits for _, prediction in answered]),
        np.stack([prediction.probabilities for _, prediction in answered]),
        np.array([index[sample.label] for sample, _ in answered]),
    )


@dataclass(frozen=True, eq=False)
class Measured:
    """What is computed label by label, or drawn.

    Attributes:
        means: of the loss, the calibrated loss and the Brier score, by name.
        intervals: of these, of the labels' scores, and of their means.
        per_label: in the order of the labels.
        macro: means over the labels with a picture.
        curves: each label against the rest.
        loss_change: each picture's calibrated loss less its loss, `[N]`.
    """

    means: dict[str, float]
    intervals: Intervals
    per_label: list[LabelScores]
    macro: MacroScores
    curves: Curves
    loss_change: NDArray[np.float64]


def measure(answers: Answers) -> Measured:
    """Score each label against the rest."""
    labels, logits, probabilities = answers.labels, answers.logits, answers.probabilities
    decisions, wanted = (
        metrics.one_hot(one, len(labels)) for one in (logits.argmax(axis=1), answers.truth)
    )
    quantities = {
        "loss": metrics.losses(logits, answers.truth),
        "calibrated_loss": metrics.calibrated_losses(probabilities, answers.truth),
        "brier_score": brier_scores(probabilities, wanted),
    }
    intervals = bootstrap_intervals(probabilities, decisions, wanted, quantities)
    table = label_table(probabilities, decisions, wanted)
    return Measured(
        {name: float(values.mean()) for name, values in quantities.items()},
        intervals,
        label_scores(table, decisions, wanted, intervals),
        macro_scores(table, intervals),
        draw_up(labels, probabilities, wanted, table.average_precision),
        quantities["calibrated_loss"] - quantities["loss"],
    )
