"""The answers of the multi-label task as arrays, and what of its report comes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..inference.card import THRESHOLD
from ..inference.prediction import Prediction, decide
from ..samples.sample import Sample
from . import multi_label_metrics as metrics
from .calibration import brier_scores
from .curves import Curves, draw_up
from .intervals import Interval, Means, bootstrap_intervals, means_of
from .label_scores import LabelScores, MacroScores, label_scores, label_table, macro_scores
from .metrics import wilson_interval
from .temperature_effect import Trusted, trusted


@dataclass(frozen=True)
class MultiLabelScores(LabelScores):
    """How one label was answered, at its threshold and over all thresholds.

    Attributes:
        threshold: the probability from which on it was chosen.
    """

    threshold: float = THRESHOLD


@dataclass(frozen=True, eq=False)
class MultiLabelAnswers:
    """What is scored, `[N, C]` each; thresholds by label."""

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    decisions: metrics.MultiHot
    truth: metrics.MultiHot


def gather(
    labels: tuple[str, ...],
    thresholds: tuple[float, ...],
    pictures: Sequence[tuple[Sample, Prediction]],
) -> MultiLabelAnswers:
    """Gather the answers to N pictures, N >= 1."""
    probabilities = np.stack([prediction.probabilities for _, prediction in pictures])
    return MultiLabelAnswers(
        labels,
        thresholds,
        np.stack([prediction.logits for _, prediction in pictures]),
        probabilities,
        decide(probabilities, thresholds),
        metrics.multi_hot([sample for sample, _ in pictures], labels),
    )


class Decided(TypedDict):
    """The numbers of what was chosen, by `MultiLabelReport`'s names."""

    labels_counted: int
    exact_match: float
    exact_match_interval: Interval
    micro_f1: float
    macro_f1: float | None


def decided(answers: MultiLabelAnswers) -> Decided:
    """Compare what was chosen with the truth."""
    decisions, truth = answers.decisions, answers.truth
    counted = int(truth.any(axis=0).sum())
    right = int((decisions == truth).all(axis=1).sum())
    return {
        "labels_counted": counted,
        "exact_match": metrics.exact_match(decisions, truth),
        "exact_match_interval": wilson_interval(right, len(truth)),
        "micro_f1": metrics.micro_f1(decisions, truth),
        "macro_f1": metrics.macro_f1(decisions, truth) if counted else None,
    }


class Measured(Means, Trusted):
    """The numbers of labels, rankings and confidence, and all intervals that are drawn."""

    mean_average_precision: float | None
    mean_average_precision_interval: Interval | None
    micro_f1_interval: Interval | None
    macro_f1_interval: Interval | None
    per_label: dict[str, MultiLabelScores]
    macro: MacroScores
    curves: Curves


def measured(answers: MultiLabelAnswers) -> Measured:
    """Score the labels, their rankings and the confidence, and draw the intervals."""
    logits, decisions, truth = answers.logits, answers.decisions, answers.truth
    quantities = _quantities(answers)
    loss_change = quantities["calibrated_loss"] - quantities["loss"]
    intervals = bootstrap_intervals(logits, decisions, truth, quantities)
    table = label_table(logits, decisions, truth)
    plain = expit(logits.astype(np.float64))
    return {
        "mean_average_precision": (
            metrics.mean_average_precision(logits, truth) if truth.any() else None
        ),
        "mean_average_precision_interval": intervals.macro["average_precision"],
        "micro_f1_interval": intervals.micro_f1,
        "macro_f1_interval": intervals.macro["f1"],
        "per_label": _with_thresholds(answers, label_scores(table, decisions, truth, intervals)),
        "macro": macro_scores(table, intervals),
        "curves": draw_up(answers.labels, logits, truth, table.average_precision),
        **means_of(quantities, intervals),
        **trusted(plain, answers.probabilities, truth, loss_change),
    }


def _quantities(answers: MultiLabelAnswers) -> dict[str, NDArray[np.float64]]:
    """Give the numbers of each picture, `[N]`, that are averaged over the pictures."""
    probabilities, truth = answers.probabilities, answers.truth
    return {
        "loss": metrics.binary_losses(answers.logits, truth).mean(axis=1),
        "calibrated_loss": metrics.calibrated_losses(probabilities, truth).mean(axis=1),
        "brier_score": brier_scores(probabilities, truth) / truth.shape[1],
    }


def _with_thresholds(
    answers: MultiLabelAnswers, scores: list[LabelScores]
) -> dict[str, MultiLabelScores]:
    return {
        label: MultiLabelScores(**vars(one), threshold=threshold)
        for label, one, threshold in zip(answers.labels, scores, answers.thresholds, strict=True)
    }
