"""Two models on the same pictures: the difference of their scores, and what it can tell.

Answers to the same pictures are paired: only the pictures that one model gets right and the other
does not say anything about a difference, and they are few, so the usual intervals of two shares
would be far too wide, and the simplest paired one (Wald) collapses where none differ.
"""

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest, norm

from .bootstrap import mean_average_precision_difference_interval
from .multi_label_metrics import MultiHot, Scores, mean_average_precision

Right = NDArray[np.bool_]

Z = float(norm.ppf(0.975))
"""Of a two-sided interval of 95 %."""
_EDGE = 1e-12
_NEAREST = 1e-6
"""A difference nearer to a limit would take billions of pictures to tell from it."""


@dataclass(frozen=True)
class PairedDifference:
    """A score of two models on the same pictures.

    Attributes:
        metric: "accuracy" or "mean average precision".
        pictures: how many both answered.
        first: the first model's score, 0..1.
        second: the second's.
        interval: 95 % interval of `value`; None where it cannot be computed.
        only_first: pictures that the first alone gets right; None for mean average precision.
        only_second: those that the second alone gets right, likewise.
    """

    metric: str
    pictures: int
    first: float
    second: float
    interval: tuple[float, float] | None
    only_first: int | None = None
    only_second: int | None = None

    @property
    def value(self) -> float:
        """The first's score less the second's, -1..1."""
        if self.only_first is not None and self.only_second is not None:
            return (self.only_first - self.only_second) / self.pictures  # exact for equal scores
        return self.first - self.second

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves out 0: one of the two is better."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    def turned(self) -> "PairedDifference":
        """Give the same with the places of the two models changed."""
        ends = None if self.interval is None else (-self.interval[1], -self.interval[0])
        return replace(
            self,
            first=self.second,
            second=self.first,
            interval=ends,
            only_first=self.only_second,
            only_second=self.only_first,
        )

    def pictures_to_tell(self) -> int | None:
        """Compute on how many pictures this difference would be told from none.

        Returns:
            As `pictures_to_bound`; None where it is told apart already, or where the scores are
            equal, or where there is no interval.
        """
        if self.told_apart:
            return None
        return (self if self.value < 0 else self.turned()).pictures_to_bound(0.0)

    def pictures_to_bound(self, limit: float) -> int | None:
        """Compute on how many pictures the interval would end within a limit.

        For accuracy with as large shares of pictures that one model alone gets right as here; half
        a picture is added to each of the four counts (Agresti and Min, 2005), for where none
        differs yet, some may. For mean average precision the interval's upper half is taken to
        shrink with the square root of the number.

        Args:
            limit: of `value`, -1..1, which `interval` does not stay within yet.

        Returns:
            More than `pictures`; None where no number would do, since `value` is at the limit or
            beyond (nearer than 1e-6 is at it), or where there is no interval to reckon from.
        """
        if self.interval is None or self.value > limit - _NEAREST:
            return None
        if self.only_first is not None and self.only_second is not None:
            added = self.pictures + 2
            first, second = (self.only_first + 0.5) / added, (self.only_second + 0.5) / added
            return _pictures_to_bound(first, second, limit, self.pictures)
        shrunk = (limit - self.value) / (self.interval[1] - self.value)
        return max(self.pictures + 1, math.ceil(self.pictures / shrunk**2))


@dataclass(frozen=True)
class Counts:
    """How many pictures both models get right, one of them alone, or neither."""

    both: int
    only_first: int
    only_second: int
    neither: int


def count_right(first: Right, second: Right) -> Counts:
    """Count two models' right answers to the same N pictures, bool `[N]` each."""
    return Counts(
        both=int((first & second).sum()),
        only_first=int((first & ~second).sum()),
        only_second=int((second & ~first).sum()),
        neither=int((~first & ~second).sum()),
    )


def who_is_right(first: bool, second: bool) -> str:
    """Say who is, of two that differ: "first", "second" or "neither"."""
    return "first" if first else "second" if second else "neither"


def compare_accuracy(first: Right, second: Right) -> PairedDifference:
    """Compare two models' right and wrong answers to the same N pictures.

    Args:
        first: bool `[N]`, whether the first model is right; N >= 1.
        second: the second model, likewise.
    """
    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    interval = tango_interval(only_first, only_second, len(first))
    shares = float(first.mean()), float(second.mean())
    return PairedDifference("accuracy", len(first), *shares, interval, only_first, only_second)


def compare_mean_average_precision(
    first: Scores, second: Scores, truth: MultiHot
) -> PairedDifference:
    """Compare two models' rankings of the same N pictures of several labels.

    Args:
        first: float `[N, C]`, numbers that rank the pictures of a label, such as logits; N >= 1.
        second: the second model's, likewise.
        truth: bool `[N, C]`.
    """
    interval = mean_average_precision_difference_interval(first, second, truth)
    values = mean_average_precision(first, truth), mean_average_precision(second, truth)
    return PairedDifference("mean average precision", len(truth), *values, interval)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Compute the p-value of McNemar's test (Psychometrika 12, 1947), exact and two-sided.

    Under no difference each picture that only one model gets right is as likely the first's as
    the second's: a binomial test of 1/2. With few such pictures it is conservative: it asks for
    more than the score interval (Fagerland, Lydersen and Laake, BMC Medical Research Methodology
    13, 2013).

    Args:
        only_first: pictures that the first alone gets right.
        only_second: those that the second alone gets right.

    Returns:
        0..1; 1 where there is no such picture.
    """
    differing = only_first + only_second
    return float(binomtest(only_first, differing, 0.5).pvalue) if differing else 1.0


def tango_interval(only_first: float, only_second: float, pictures: int) -> tuple[float, float]:
    """Compute the 95 % score interval of the difference of two paired shares.

    Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17, 1998. It keeps its coverage with few or no
    pictures on which the two differ.

    Args:
        only_first: pictures that the first alone gets right; need not be whole.
        only_second: those that the second alone gets right.
        pictures: all of them, at least 1.

    Returns:
        (low, high) of first less second, in -1..1.
    """
    estimate = (only_first - only_second) / pictures

    def beyond(difference: float, z: float) -> float:
        return _tango_statistic(only_first, only_second, pictures, difference) - z

    # The statistic falls from far above Z to far below -Z, and is 0 at the estimate.
    low, high = -1.0, 1.0
    if estimate > low:
        low = cast(float, brentq(beyond, -1 + _EDGE, estimate, args=(Z,)))
    if estimate < high:
        high = cast(float, brentq(beyond, estimate, 1 - _EDGE, args=(-Z,)))
    return low, high


def _pictures_to_bound(first: float, second: float, limit: float, more_than: int) -> int | None:
    """Find the smallest number of pictures at whose shares Tango's interval ends within a limit."""
    if first - second > limit - _NEAREST:
        return None

    def within(pictures: int) -> bool:
        return tango_interval(first * pictures, second * pictures, pictures)[1] <= limit

    below, enough = more_than, more_than + 1
    while not within(enough):
        below, enough = enough, 2 * enough
    while enough - below > 1:
        middle = (below + enough) // 2
        below, enough = (below, middle) if within(middle) else (middle, enough)
    return enough


def _tango_statistic(b: float, c: float, n: int, difference: float) -> float:
    """Compute the score statistic, standard normal if `difference` is the true one."""
    spread = difference * (1 - difference)
    linear = -b - c + (2 * n - b + c) * difference
    root = math.sqrt(max(linear**2 + 8 * n * c * spread, 0.0))
    # The share of c under that difference, by maximum likelihood.
    share = (root - linear) / (4 * n)
    variance = n * (2 * share + spread)
    excess = b - c - n * difference
    if variance <= 0:  # no picture differs, and none should
        return 0.0 if abs(excess) < _EDGE else math.copysign(math.inf, excess)
    return excess / math.sqrt(variance)
