"""Intervals that no formula gives, by the percentile bootstrap (Efron and Tibshirani, 1993)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .multi_label_metrics import MultiHot, Scores
from .ranking import Counts, Ranking

RESAMPLES = (200, 1000)
"""Fewest, for very many pictures and labels, and usual number of draws."""
_WORK = 1_000_000_000
"""Pictures times labels times draws up to which the usual number is drawn: seconds."""
_SEED = 0
_CELLS = 4_000_000
"""Pictures times resamples held in memory at a time."""


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
    means = [_means(rankings, drawn) for drawn in draws(len(truth), draw_count(truth, resamples))]
    return middle(np.concatenate(means))


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
    drawn = draws(len(truth), draw_count(truth, resamples))
    return middle(np.concatenate([_means(ours, one) - _means(theirs, one) for one in drawn]))


def _rank(scores: Scores, truth: MultiHot) -> list[Ranking]:
    counted = np.flatnonzero(truth.any(axis=0))
    return [Ranking(scores[:, label], truth[:, label]) for label in counted]


def draw_count(truth: MultiHot, resamples: int | None = None) -> int:
    """Choose how often is drawn for N pictures with C labels; `truth` is `[N, C]`."""
    return resamples or int(np.clip(_WORK // truth.size, *RESAMPLES))


def middle(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """Take the middle 95 % of what B resamples gave, `[B]`; None where none gave a number."""
    given = values[~np.isnan(values)]
    if not given.size:
        return None
    low, high = np.percentile(given, [2.5, 97.5])
    return float(low), float(high)


def draws(pictures: int, resamples: int) -> Iterator[Counts]:
    """Draw: how often each picture stands in each resample, `[N, B]`, a part of B at a time."""
    chance = np.random.default_rng(_SEED)
    part = max(1, _CELLS // pictures)
    for start in range(0, resamples, part):
        drawn = [
            np.bincount(chance.integers(0, pictures, pictures), minlength=pictures)
            for _ in range(min(part, resamples - start))
        ]
        yield np.array(drawn, np.int32).T.copy()


def _means(rankings: list[Ranking], drawn: Counts) -> NDArray[np.float64]:
    """Compute each resample's mean over its labels, `[B]`; NaN if it has no positive picture."""
    values = np.array([ranking.areas(drawn)[0] for ranking in rankings])
    counted = ~np.isnan(values)
    sums = np.where(counted, values, 0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return sums / counted.sum(axis=0)
