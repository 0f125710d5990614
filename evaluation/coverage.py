"""Accuracy against coverage: what is gained where the least sure answers are refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .curves import Points, thinned
from .metrics import wilson_interval

COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
ACCURACIES = (0.9, 0.95, 0.98, 0.99, 0.995)


@dataclass(frozen=True)
class CoveragePoint:
    """The accuracy of the surest answers.

    Attributes:
        wanted: the coverage that was asked for, 0..1.
        coverage: share of pictures answered, at least `wanted`: those of one confidence are
            answered or refused together.
        pictures: answered.
        accuracy: of these, 0..1.
        interval: 95 %, Wilson.
        threshold: the least confidence that is answered, 0..1.
    """

    wanted: float
    coverage: float
    pictures: int
    accuracy: float
    interval: tuple[float, float]
    threshold: float


@dataclass(frozen=True)
class AccuracyPoint:
    """How much can be answered at some accuracy; all None where not even the surest have it.

    Attributes:
        accuracy: that was asked for, 0..1.
        coverage: the largest share of pictures whose answers have it on these pictures.
        threshold: the least confidence that is answered then, 0..1.
        interval: of that coverage, 95 %, Wilson, as if the threshold were given.
    """

    accuracy: float
    coverage: float | None
    threshold: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class ThresholdPoint:
    """The accuracy of the answers that have at least some confidence.

    Attributes:
        threshold: the least confidence that is answered, 0..1.
        pictures: answered.
        coverage: their share, 0..1.
        accuracy: of them, 0..1; None where there are none.
        interval: 95 %, Wilson; None likewise.
    """

    threshold: float
    pictures: int
    coverage: float
    accuracy: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Coverage:
    """Accuracy against coverage, by the probability of the most probable label.

    Attributes:
        curve: up to 101 points (coverage, accuracy), the surest first.
        area: under the curve of risk (1 - accuracy) against coverage, 0..1, smaller is better:
            the mean risk over the pictures' coverages (AURC of Geifman et al., ICLR 2019,
            arXiv:1805.08206).
        at_coverage: for the coverages `COVERAGES`.
        at_accuracy: for the accuracies `ACCURACIES`.
    """

    curve: Points
    area: float
    at_coverage: tuple[CoveragePoint, ...]
    at_accuracy: tuple[AccuracyPoint, ...]


def cover(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> Coverage:
    """Refuse step by step the least sure of N answers; both `[N]`, N >= 1."""
    order = np.argsort(-confidence, kind="stable")
    ranked, hits = confidence[order].astype(np.float64), right[order].cumsum()
    # One refuses by a threshold, so answers of one confidence are one step.
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    steps = _Steps(ends + 1, hits[ends], ranked[ends], len(ranked))
    weights = np.diff(steps.answered, prepend=0) / len(ranked)
    return Coverage(
        thinned(steps.answered / len(ranked), steps.accuracy),
        float(((1 - steps.accuracy) * weights).sum()),
        tuple(steps.at_coverage(wanted) for wanted in COVERAGES),
        tuple(steps.at_accuracy(wanted) for wanted in ACCURACIES),
    )


def at_thresholds(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], thresholds: Sequence[float]
) -> tuple[ThresholdPoint, ...]:
    """Refuse what is below each of some thresholds; confidence and right `[N]`, N >= 1."""
    order = np.argsort(confidence, kind="stable")
    ranked = confidence[order].astype(np.float64)
    hits = np.append(right[order][::-1].cumsum()[::-1], 0)  # from each place to the end
    starts = np.searchsorted(ranked, np.asarray(thresholds, np.float64), side="left")
    return tuple(
        _threshold_point(threshold, len(ranked) - int(start), int(hits[start]), len(ranked))
        for threshold, start in zip(thresholds, starts, strict=True)
    )


def _threshold_point(threshold: float, answered: int, hits: int, pictures: int) -> ThresholdPoint:
    return ThresholdPoint(
        threshold,
        answered,
        answered / pictures,
        hits / answered if answered else None,
        wilson_interval(hits, answered) if answered else None,
    )


@dataclass(frozen=True, eq=False)
class _Steps:
    """Of each step, `[S]`: pictures answered, right ones, least confidence; N pictures in all."""

    answered: NDArray[np.intp]
    hits: NDArray[np.intp]
    threshold: NDArray[np.float64]
    pictures: int

    @property
    def accuracy(self) -> NDArray[np.float64]:
        return self.hits / self.answered

    def at_coverage(self, wanted: float) -> CoveragePoint:
        # Less a little: 0.7 * 10 is above 7.
        step = int(np.searchsorted(self.answered, wanted * self.pictures - 1e-9))
        hits, answered = int(self.hits[step]), int(self.answered[step])
        return CoveragePoint(
            wanted,
            answered / self.pictures,
            answered,
            hits / answered,
            wilson_interval(hits, answered),
            float(self.threshold[step]),
        )

    def at_accuracy(self, wanted: float) -> AccuracyPoint:
        good = np.flatnonzero(self.accuracy >= wanted)
        if not good.size:
            return AccuracyPoint(wanted, None, None, None)
        step = good[-1]
        answered = int(self.answered[step])
        return AccuracyPoint(
            wanted,
            answered / self.pictures,
            float(self.threshold[step]),
            wilson_interval(answered, self.pictures),
        )
