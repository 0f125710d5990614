"""Precision-recall and ROC curves of the labels, and their means, with few points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from .multi_label_metrics import MultiHot, Scores

POINTS = 101
"""Most points of a curve."""
MOST_CURVES = 40
"""Labels whose curves are kept: those with the least average precision."""

Points = tuple[tuple[float, float], ...]
Floats = NDArray[np.float64]

_RECALLS = np.linspace(0, 1, POINTS)
_RATES = np.append(0, np.linspace(0, 1, POINTS - 1))


@dataclass(frozen=True)
class LabelCurves:
    """The curves of a label, or of the mean; None where undefined.

    Attributes:
        precision_recall: (recall, precision), the most probable pictures first.
        roc: (false positive rate, true positive rate), likewise.
    """

    precision_recall: Points | None
    roc: Points | None


@dataclass(frozen=True)
class Curves:
    """Curves over all thresholds, each label against the rest, 101 points at most.

    Attributes:
        macro: means over all labels with a picture: of the highest precision at a recall of at
            least r (Everingham et al., 2010), and of the true positive rate at a false positive
            rate of f, for 101 r and f.
        labels: of up to `MOST_CURVES` labels with a picture, those with the least average
            precision first.
    """

    macro: LabelCurves
    labels: dict[str, LabelCurves]


def draw_up(
    labels: tuple[str, ...], scores: Scores, truth: MultiHot, average_precisions: Floats
) -> Curves:
    """Compute the curves of N pictures and C labels.

    Args:
        labels: in the order of the columns.
        scores: `[N, C]`, numbers that rank the pictures of a label.
        truth: `[N, C]`.
        average_precisions: `[C]`, NaN for a label without a picture.
    """
    kept: dict[str, LabelCurves] = {}
    precisions: list[Floats] = []
    rates: list[Floats] = []
    order = [int(index) for index in np.argsort(average_precisions) if truth[:, index].any()]
    for index in order:
        recall, precision = _precision_recall(scores[:, index], truth[:, index])
        precisions.append(_highest_from(recall, precision))
        roc = None
        if not truth[:, index].all():
            false, true, _ = roc_curve(truth[:, index], scores[:, index])
            rates.append(_at_rates(false, true))
            roc = thinned(false, true) if len(kept) < MOST_CURVES else None
        if len(kept) < MOST_CURVES:
            kept[labels[index]] = LabelCurves(thinned(recall, precision), roc)
    return Curves(LabelCurves(_mean(_RECALLS, precisions), _mean(_RATES, rates)), kept)


def thinned(across: Floats, up: Floats) -> Points:
    """Keep up to `POINTS` points of a curve, both ends, evenly spaced along its length."""
    kept = np.arange(len(across))
    if len(across) > POINTS:
        steps = np.abs(np.diff(across)) + np.abs(np.diff(up))
        length = np.append(0, steps.cumsum())
        kept = np.searchsorted(length, np.linspace(0, length[-1], POINTS))
        kept = np.unique(np.minimum(kept, len(across) - 1))
        kept = np.unique(np.append(kept, [0, len(across) - 1])) if len(kept) < POINTS else kept
    return tuple((float(x), float(y)) for x, y in zip(across[kept], up[kept], strict=True))


def _precision_recall(scores: Floats | Scores, positive: MultiHot) -> tuple[Floats, Floats]:
    precision, recall, _ = precision_recall_curve(positive, scores)
    recall, precision = recall[::-1], precision[::-1]
    whole = int(np.argmax(recall == 1)) + 1  # beyond it nothing is found any more
    return recall[:whole], precision[:whole]


def _highest_from(recall: Floats, precision: Floats) -> Floats:
    """Compute the highest precision at a recall of at least r, for `POINTS` r."""
    # scikit-learn's end point of recall 0 and precision 1 belongs to no threshold.
    highest = np.maximum.accumulate(precision[:0:-1])[::-1]
    return highest[np.searchsorted(recall[1:], _RECALLS - 1e-12)]


def _at_rates(false: Floats, true: Floats) -> Floats:
    """Compute the true positive rate at `POINTS` - 1 rates f, behind the curve's start at 0."""
    return np.append(0, np.interp(_RATES[1:], false, true))


def _mean(across: Floats, curves: list[Floats]) -> Points | None:
    return thinned(across, np.mean(curves, axis=0)) if curves else None
