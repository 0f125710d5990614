"""How far probabilities are from shares: the expected calibration error."""

import numpy as np
from numpy.typing import NDArray

from .multi_label_metrics import MultiHot

BINS = 15
"""Of equal width in 0..1, as in Guo et al. (2017)."""

Probabilities = NDArray[np.floating]


def calibration_error(probabilities: Probabilities, truth: NDArray[np.intp] | MultiHot) -> float:
    """Compute the expected calibration error (Guo et al., 2017, arXiv:1706.04599), 0..1.

    The mean over bins, weighted by their size, of how far the mean probability of what was
    predicted is from the share of it that is true. A few pictures alone make it larger than 0.

    Args:
        probabilities: `[N, C]`, N >= 1.
        truth: int `[N]`, then the first label of each picture counts; or, for multi-label, bool
            `[N, C]`, then every label's probability does.
    """
    if truth.ndim == 1:
        confidences, true = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    else:
        confidences, true = probabilities.ravel(), truth.ravel()
    bins = np.minimum((confidences.astype(np.float64) * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=confidences - true, minlength=BINS)
    return float(np.abs(gaps).sum() / len(bins))
