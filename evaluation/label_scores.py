"""Scores label by label, each against the rest, and their means."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .intervals import Interval, Intervals
from .metrics import wilson_interval
from .multi_label_metrics import MultiHot, Scores, average_precisions, per_label, roc_aucs


@dataclass(frozen=True)
class LabelScores:
    """How one label was answered, against the rest; intervals of 95 %.

    Attributes:
        precision: 0..1; 0 where undefined, as the next two.
        recall: likewise.
        f1: likewise.
        support: pictures that have the label.
        precision_interval: Wilson; None where the label is never predicted.
        recall_interval: Wilson; None without a picture of the label.
        f1_interval: bootstrap; None with one picture, or where undefined, as all below.
        average_precision: of the ranking by this label's probability; None without a picture of
            the label.
        average_precision_interval: bootstrap.
        roc_auc: of the same ranking; None also where all pictures have the label.
        roc_auc_interval: bootstrap.
    """

    precision: float
    recall: float
    f1: float
    support: int
    precision_interval: Interval | None = None
    recall_interval: Interval | None = None
    f1_interval: Interval | None = None
    average_precision: float | None = None
    average_precision_interval: Interval | None = None
    roc_auc: float | None = None
    roc_auc_interval: Interval | None = None


@dataclass(frozen=True)
class MacroScores:
    """Means over the labels with a picture, each 0..1; None without any such label.

    The ROC AUC is the mean over those that also have a picture without the label. The intervals
    are of 95 %, by bootstrap; None with one picture.
    """

    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None
    average_precision: float | None
    average_precision_interval: Interval | None
    roc_auc: float | None
    roc_auc_interval: Interval | None


@dataclass(frozen=True, eq=False)
class LabelTable:
    """All labels' scores: `[C, 4]` precision, recall, F1 and support, and `[C]` of the areas."""

    decided: NDArray[np.float64]
    average_precision: NDArray[np.float64]
    roc_auc: NDArray[np.float64]


def label_table(scores: Scores, decisions: MultiHot, truth: MultiHot) -> LabelTable:
    """Score N pictures label by label; all `[N, C]`."""
    return LabelTable(
        per_label(decisions, truth), average_precisions(scores, truth), roc_aucs(scores, truth)
    )


def macro_scores(table: LabelTable, intervals: Intervals) -> MacroScores:
    """Average over the labels with a picture."""
    counted = table.decided[:, 3] > 0
    precision, recall, f1 = (mean(table.decided[counted, column]) for column in range(3))
    of = intervals.macro
    return MacroScores(
        precision,
        of["precision"],
        recall,
        of["recall"],
        f1,
        of["f1"],
        mean(table.average_precision),
        of["average_precision"],
        mean(table.roc_auc),
        of["roc_auc"],
    )


def label_scores(
    table: LabelTable, decisions: MultiHot, truth: MultiHot, intervals: Intervals
) -> list[LabelScores]:
    """Give C labels' scores with their intervals."""
    right = (decisions & truth).sum(axis=0)
    said, true = decisions.sum(axis=0), truth.sum(axis=0)
    of = intervals.per_label
    return [
        LabelScores(
            float(table.decided[index, 0]),
            float(table.decided[index, 1]),
            float(table.decided[index, 2]),
            int(true[index]),
            _share(int(right[index]), int(said[index])),
            _share(int(right[index]), int(true[index])),
            of["f1"][index],
            number(table.average_precision[index]),
            of["average_precision"][index],
            number(table.roc_auc[index]),
            of["roc_auc"][index],
        )
        for index in range(truth.shape[1])
    ]


def number(value: float) -> float | None:
    """Give a plain float; None for NaN."""
    return None if np.isnan(value) else float(value)


def mean(values: NDArray[np.float64]) -> float | None:
    """Average what is not NaN; None if there is nothing."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else None


def _share(successes: int, trials: int) -> Interval | None:
    return wilson_interval(successes, trials) if trials else None
