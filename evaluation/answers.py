"""The answers of the single-label task as arrays, and what of its report comes of them."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ..inference.prediction import Prediction
from ..samples.sample import Sample
from . import metrics
from .calibration import brier_scores
from .coverage import Coverage, cover
from .curves import Curves, draw_up
from .intervals import Interval, Means, bootstrap_intervals, means_of
from .label_scores import LabelScores, MacroScores, label_scores, label_table, macro_scores
from .temperature_effect import Trusted, trusted


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


class Hits(TypedDict):
    """How often the truth comes first, or among the first labels, by `Report`'s names."""

    accuracy: float
    accuracy_interval: Interval
    balanced_accuracy: float
    top5_accuracy: float | None
    top5_accuracy_interval: Interval | None
    topk: int
    topk_accuracy: float | None
    topk_accuracy_interval: Interval | None


def hits(answers: Answers, topk: int) -> Hits:
    """Count how often the truth comes first, or among the first `topk` labels."""
    logits, truth = answers.logits, answers.truth
    accuracy = metrics.accuracy(logits, truth)
    top5 = metrics.top5_accuracy(logits, truth)
    top = metrics.topk_accuracy(logits, truth, topk)
    return {
        "accuracy": accuracy,
        "accuracy_interval": _share_interval(accuracy, len(truth)),
        "balanced_accuracy": metrics.balanced_accuracy(logits, truth),
        "top5_accuracy": top5,
        "top5_accuracy_interval": None if top5 is None else _share_interval(top5, len(truth)),
        "topk": topk,
        "topk_accuracy": top,
        "topk_accuracy_interval": None if top is None else _share_interval(top, len(truth)),
    }


def _share_interval(share: float, pictures: int) -> Interval:
    return metrics.wilson_interval(round(share * pictures), pictures)


class Measured(Means, Trusted):
    """The numbers of labels, rankings and confidence, and all intervals that are drawn."""

    balanced_accuracy_interval: Interval | None
    per_label: dict[str, LabelScores]
    macro: MacroScores
    curves: Curves
    coverage: Coverage


def measured(answers: Answers) -> Measured:
    """Score each label against the rest and the confidence, and draw the intervals."""
    labels, logits, probabilities = answers.labels, answers.logits, answers.probabilities
    confidence, right = answers.confidence, answers.right
    decisions, wanted = (
        metrics.one_hot(one, len(labels)) for one in (logits.argmax(axis=1), answers.truth)
    )
    quantities = {
        "loss": metrics.losses(logits, answers.truth),
        "calibrated_loss": metrics.calibrated_losses(probabilities, answers.truth),
        "brier_score": brier_scores(probabilities, wanted),
    }
    loss_change = quantities["calibrated_loss"] - quantities["loss"]
    intervals = bootstrap_intervals(probabilities, decisions, wanted, quantities)
    table = label_table(probabilities, decisions, wanted)
    plain = softmax(logits.astype(np.float64), axis=1).max(axis=1)
    return {
        "balanced_accuracy_interval": intervals.macro["recall"],
        "per_label": dict(
            zip(labels, label_scores(table, decisions, wanted, intervals), strict=True)
        ),
        "macro": macro_scores(table, intervals),
        "curves": draw_up(labels, probabilities, wanted, table.average_precision),
        "coverage": cover(confidence, right),
        **means_of(quantities, intervals),
        **trusted(plain[:, None], confidence[:, None], right[:, None], loss_change),
    }
