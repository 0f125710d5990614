"""95 % intervals of all that has no formula: every number from the same draws of pictures.

By the percentile bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993): as
many pictures as there are are drawn with replacement, again and again, by a fixed seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .bootstrap import draw_count, draws, middle
from .multi_label_metrics import MultiHot, Scores
from .ranking import Counts, Ranking

Interval = tuple[float, float]
Floats = NDArray[np.float64]

MACRO = ("precision", "recall", "f1", "average_precision", "roc_auc")
"""What is averaged over the labels with a picture."""


@dataclass(frozen=True)
class Intervals:
    """What the draws gave; None with one picture, or where a number is undefined.

    Attributes:
        macro: of the means over labels, by the names in `MACRO`.
        per_label: by the same names, an entry a label.
        means: of the means of a quantity over the pictures, by its name.
        micro_f1: of the F1 over all decisions together.
    """

    macro: Mapping[str, Interval | None]
    per_label: Mapping[str, Sequence[Interval | None]]
    means: Mapping[str, Interval | None]
    micro_f1: Interval | None


class Means(TypedDict):
    """The means over the pictures with their intervals, by the names of both reports."""

    loss: float
    loss_interval: Interval | None
    calibrated_loss: float
    calibrated_loss_interval: Interval | None
    brier_score: float
    brier_score_interval: Interval | None


def means_of(quantities: Mapping[str, Floats], intervals: Intervals) -> Means:
    """Average the quantities "loss", "calibrated_loss" and "brier_score", each `[N]`."""
    return {
        "loss": float(quantities["loss"].mean()),
        "loss_interval": intervals.means["loss"],
        "calibrated_loss": float(quantities["calibrated_loss"].mean()),
        "calibrated_loss_interval": intervals.means["calibrated_loss"],
        "brier_score": float(quantities["brier_score"].mean()),
        "brier_score_interval": intervals.means["brier_score"],
    }


def bootstrap_intervals(
    scores: Scores, decisions: MultiHot, truth: MultiHot, quantities: Mapping[str, Floats]
) -> Intervals:
    """Compute the intervals of N pictures and C labels.

    A macro number of a draw is the mean over the labels with a picture in it (for the ROC AUC,
    also one without the label). Where no draw can find a mistake an interval has no width.

    Args:
        scores: `[N, C]`, numbers that rank the pictures of a label.
        decisions: `[N, C]`, whether a picture is said to have a label.
        truth: `[N, C]`.
        quantities: named numbers of the pictures, each `[N]`, such as losses.
    """
    pictures, labels = truth.shape
    if pictures < 2:
        nothing: list[Interval | None] = [None] * labels
        return Intervals(
            dict.fromkeys(MACRO), dict.fromkeys(MACRO, nothing), dict.fromkeys(quantities), None
        )
    values = np.array(list(quantities.values()), np.float64).reshape(len(quantities), pictures)
    rankings = _Rankings(scores, truth)
    decided = _Decided(decisions, truth)
    drawn_labels: list[Floats] = []
    drawn_means: list[Floats] = []
    drawn_micro: list[Floats] = []
    for drawn in draws(pictures, draw_count(truth)):
        drawn_labels.append(np.concatenate([decided.scores(drawn), rankings.areas(drawn)]))
        drawn_means.append(values @ drawn / pictures)
        drawn_micro.append(decided.micro_f1(drawn))
    per_label = np.concatenate(drawn_labels, axis=2)  # [5, C, B]
    means = np.concatenate(drawn_means, axis=1)
    # Of labels without a picture in a draw the recall is NaN, and nothing of them counts.
    counted = np.where(np.isnan(per_label[1]), np.nan, per_label)
    return Intervals(
        dict(zip(MACRO, map(middle, _mean_over_labels(counted)), strict=True)),
        {name: list(map(middle, rows)) for name, rows in zip(MACRO, per_label, strict=True)},
        dict(zip(quantities, map(middle, means), strict=True)),
        middle(np.concatenate(drawn_micro)),
    )


def _mean_over_labels(values: Floats) -> Floats:
    """Average `[M, C, B]` over C without NaN; `[M, B]`, NaN where there is nothing else."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(there, values, 0).sum(axis=1) / there.sum(axis=1)


class _Rankings:
    """The rankings of all labels with a picture."""

    def __init__(self, scores: Scores, truth: MultiHot) -> None:
        self._labels = truth.shape[1]
        self._rankings = {
            int(label): Ranking(scores[:, label], truth[:, label])
            for label in np.flatnonzero(truth.any(axis=0))
        }

    def areas(self, drawn: Counts) -> Floats:
        """Compute average precision and ROC AUC, `[2, C, B]`; NaN where undefined."""
        areas = np.full((2, self._labels, drawn.shape[1]), np.nan)
        for label, ranking in self._rankings.items():
            areas[:, label] = ranking.areas(drawn)
        return areas


class _Decided:
    """Which pictures each label was rightly said of, said of, and true of."""

    def __init__(self, decisions: MultiHot, truth: MultiHot) -> None:
        parts = [decisions & truth, decisions, truth]
        self._sums = csr_matrix(np.concatenate(parts, axis=1).T.astype(np.int32))
        self._totals = np.array([part.sum(axis=1) for part in parts], np.float64)  # [3, N]

    def micro_f1(self, drawn: Counts) -> Floats:
        """Compute the F1 over all decisions together, `[B]`; NaN where nothing is said or true."""
        right, said, true = self._totals @ drawn
        with np.errstate(invalid="ignore"):
            return 2 * right / (said + true)

    def scores(self, drawn: Counts) -> Floats:
        """Compute precision, recall and F1, `[3, C, B]`.

        The recall is NaN for a label without a picture, F1 and precision where it has none and is
        not said of any; a precision of nothing said is 0, as scikit-learn has it.
        """
        right, said, true = np.split(np.asarray(self._sums @ drawn, np.float64), 3)
        nowhere = (said == 0) & (true == 0)
        with np.errstate(invalid="ignore"):
            recall = right / true
            f1 = 2 * right / (said + true)
        precision = np.where(nowhere, np.nan, right / np.maximum(said, 1))
        return np.stack([precision, recall, f1])
