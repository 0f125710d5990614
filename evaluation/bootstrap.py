"""The interval of the mean average precision, which no formula gives: by bootstrap."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .multi_label_metrics import MultiHot, Scores

RESAMPLES = (200, 1000)
"""Fewest, for very many pictures and labels, and usual number of draws."""
_WORK = 1_000_000_000
"""Pictures times labels times draws up to which the usual number is drawn: seconds."""
_SEED = 0
_CELLS = 4_000_000
"""Pictures times resamples held in memory at a time."""

Counts = NDArray[np.int32]


def mean_average_precision_interval(
    scores: Scores, truth: MultiHot, resamples: int | None = None
) -> tuple[float, float] | None:
    """Compute the 95 % interval by the percentile bootstrap (Efron and Tibshirani, 1993).

    As many pictures as there are are drawn with replacement, and their mean average precision
    is computed over the labels that have a positive picture among them. The draws are seeded:
    equal answers have equal intervals. Where every ranking is perfect the interval is (1, 1),
    since no draw can find a mistake.

    Args:
        scores: `[N, C]`, as for `mean_average_precision`.
        truth: `[N, C]`.
        resamples: how often is drawn, by default `RESAMPLES`.

    Returns:
        (low, high), or None with a single picture or without any positive one.
    """
    if len(truth) < 2 or not truth.any():
        return None
    rankings = _rank(scores, truth)
    means = [_means(rankings, drawn) for drawn in _draws(len(truth), _count(truth, resamples))]
    return _middle(np.concatenate(means))


def mean_average_precision_difference_interval(
    first: Scores, second: Scores, truth: MultiHot, resamples: int | None = None
) -> tuple[float, float] | None:
    """Compute the 95 % interval of the first model's mean average precision less the second's.

    By the paired bootstrap: both models are scored on the same draws of pictures.

    Args:
        first: `[N, C]`, as for `mean_average_precision`.
        second: the second model's, for the same pictures.
        truth: `[N, C]`.
        resamples: how often is drawn, by default `RESAMPLES`.

    Returns:
        (low, high), or None with a single picture or without any positive one.
    """
    if len(truth) < 2 or not truth.any():
        return None
    ours, theirs = _rank(first, truth), _rank(second, truth)
    draws = _draws(len(truth), _count(truth, resamples))
    return _middle(np.concatenate([_means(ours, one) - _means(theirs, one) for one in draws]))


def _rank(scores: Scores, truth: MultiHot) -> list["_Ranking"]:
    counted = np.flatnonzero(truth.any(axis=0))
    return [_Ranking(scores[:, label], truth[:, label]) for label in counted]


def _count(truth: MultiHot, resamples: int | None) -> int:
    return resamples or int(np.clip(_WORK // truth.size, *RESAMPLES))


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def _draws(pictures: int, resamples: int) -> Iterator[Counts]:
    """Draw: how often each picture stands in each resample, `[N, B]`, a part of B at a time."""
    chance = np.random.default_rng(_SEED)
    part = max(1, _CELLS // pictures)
    for start in range(0, resamples, part):
        drawn = [
            np.bincount(chance.integers(0, pictures, pictures), minlength=pictures)
            for _ in range(min(part, resamples - start))
        ]
        yield np.array(drawn, np.int32).T.copy()


def _means(rankings: list["_Ranking"], drawn: Counts) -> NDArray[np.float64]:
    """Compute each resample's mean over its labels, `[B]`; NaN if it has no positive picture."""
    values = np.array([ranking.average_precisions(drawn) for ranking in rankings])
    counted = ~np.isnan(values)
    sums = np.where(counted, values, 0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return sums / counted.sum(axis=0)


class _Ranking:
    """One label's pictures, ranked once for all resamples."""

    def __init__(self, scores: Scores, positive: MultiHot) -> None:
        self.order = np.argsort(-scores, kind="stable")
        ranked = scores[self.order]
        self.hits = np.flatnonzero(positive[self.order])
        # Pictures of one score are one step of the curve: each counts up to the last of them.
        ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
        self.ends = ends[np.searchsorted(ends, self.hits)]
        self.last_hits = np.searchsorted(self.hits, self.ends, side="right") - 1

    def average_precisions(self, drawn: Counts) -> NDArray[np.float64]:
        """Compute scikit-learn's average precision of each resample, `[B]`; NaN if undefined."""
        ranked = drawn[self.order]
        hits = ranked[self.hits]
        seen = ranked.cumsum(axis=0, dtype=np.int32)[self.ends]
        found = hits.cumsum(axis=0, dtype=np.int32)[self.last_hits]
        precision = found / np.maximum(seen, 1)
        with np.errstate(invalid="ignore"):
            return (hits * precision).sum(axis=0) / hits.sum(axis=0)
