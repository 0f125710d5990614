"""Calibration: whether of the answers given with 80 % about 80 % are right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .metrics import wilson_interval

BINS = 15
"""Of equal width over 0..1, as in Guo et al."""

Confidence = NDArray[np.floating]
Right = NDArray[np.bool_]


@dataclass(frozen=True)
class ReliabilityBin:
    """The answers whose confidence is above `low` and not above `high`.

    Attributes:
        low: 0..1.
        high: 0..1.
        count: how many answers there are, at least one.
        confidence: their mean, 0..1.
        accuracy: share of them that is right, 0..1.
        interval: of `accuracy`, 95 %, Wilson.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """How far confidence and accuracy are apart.

    In the single-label task an answer is the most probable label, its confidence the probability
    of it. In the multi-label task an answer is each label of each picture, its confidence the
    label's probability, and it is "right" if the picture has the label.

    Attributes:
        expected_calibration_error: mean distance of the two over the bins, weighted by their
            answers, 0..1 (Guo et al., "On calibration of modern neural networks", ICML 2017,
            arXiv:1706.04599); 15 bins of equal width.
        bins: the reliability curve; bins without an answer are left out.
    """

    expected_calibration_error: float
    bins: tuple[ReliabilityBin, ...]


def calibrate(confidence: Confidence, right: Right) -> Calibration:
    """Hold M confidences against what was right; both `[M]`, M >= 1."""
    exact = confidence.astype(np.float64)
    edges = np.linspace(0, 1, BINS + 1)
    place = bin_of(exact)
    counts = np.bincount(place, minlength=BINS)
    sums = np.bincount(place, exact, BINS)
    hits = np.bincount(place, right, BINS)
    bins = tuple(
        ReliabilityBin(
            float(edges[index]),
            float(edges[index + 1]),
            int(counts[index]),
            float(sums[index] / counts[index]),
            float(hits[index] / counts[index]),
            wilson_interval(int(hits[index]), int(counts[index])),
        )
        for index in np.flatnonzero(counts)
    )
    return Calibration(float(np.abs(sums - hits).sum() / len(exact)), bins)


def bin_of(confidence: NDArray[np.float64]) -> NDArray[np.intp]:
    """Give the bin of each confidence, 0..14, in the same shape."""
    # A bin holds its upper edge; 0 itself belongs to the first.
    found = np.searchsorted(np.linspace(0, 1, BINS + 1), confidence, side="left") - 1
    return np.clip(found, 0, BINS - 1)


def brier_scores(
    probabilities: NDArray[np.floating], truth: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Compute each picture's sum over the labels of (probability - truth)^2; both `[N, C]`, `[N]`.

    0..2 where the probabilities sum to 1 (Brier, 1950). scikit-learn before 1.8 has it for two
    labels only, and halved.
    """
    return ((probabilities.astype(np.float64) - truth) ** 2).sum(axis=1)
