"""Thresholds of the multi-label decision, tuned on validation pictures."""

import numpy as np
from numpy.typing import NDArray

from ..inference.card import THRESHOLD

Probabilities = NDArray[np.floating]
MultiHot = NDArray[np.bool_]


def tune_thresholds(probabilities: Probabilities, truth: MultiHot) -> tuple[float, ...]:
    """Choose for each label the threshold with the best F1 on these pictures.

    Each label is tuned alone, over every cut between its probabilities: the strategy SCut of
    Yang, "A study of thresholding strategies for text categorization", SIGIR 2001. A label with
    few positive pictures gets a threshold that fits these pictures better than new ones.

    Args:
        probabilities: `[N, C]`, 0..1, at the card's temperature.
        truth: `[N, C]`.

    Returns:
        A threshold a label, above 0 and at most 1, midway between two neighbouring
        probabilities; of equally good ones the highest. 0.5 where a label has no positive or no
        negative picture, or where all its probabilities are 0. The decision is
        `probability >= threshold`.
    """
    columns = zip(probabilities.T.astype(np.float64), truth.T, strict=True)
    return tuple(_best_threshold(column, positive) for column, positive in columns)


def _best_threshold(probabilities: NDArray[np.float64], positive: MultiHot) -> float:
    """Choose one label's threshold; `[N]` and `[N]`."""
    if positive.all() or not positive.any() or not probabilities.any():
        return THRESHOLD
    values, group = np.unique(probabilities, return_inverse=True)  # ascending
    chosen = _at_or_above(np.bincount(group))
    right = _at_or_above(np.bincount(group[positive], minlength=len(values)))
    f1 = 2 * right / (chosen + positive.sum())  # of the cut just below each value
    f1[values == 0] = -1  # no threshold above 0 chooses a probability of 0
    best = len(f1) - 1 - int(f1[::-1].argmax())
    below = values[best - 1] if best else 0.0
    # Between neighbours of float64 the middle is rounded, and must not fall on the lower one.
    return float(max((below + values[best]) / 2, np.nextafter(below, 1.0)))


def _at_or_above(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    return counts[::-1].cumsum()[::-1]
