"""Two models on the same pictures: the difference of their scores, and what it can tell.

Answers to the same pictures are paired: only the pictures that one model gets right and the other
does not say anything about a difference, and they are few, so the usual intervals of two shares
would be far too wide, and the simplest paired one (Wald) collapses where none differ.
"""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from .bootstrap import mean_average_precision_difference_interval
from .multi_label_metrics import MultiHot, Scores, mean_average_precision

Right = NDArray[np.bool_]

Z = float(norm.ppf(0.975))
"""Of a two-sided interval of 95 %."""
POWER = float(norm.ppf(0.8))
"""Of a test that finds a difference which is there four times out of five."""
_EDGE = 1e-12


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

    def pictures_to_tell(self, difference: float) -> int | None:
        """Compute on how many pictures a true difference of this size would be told from none.

        Told at the level of 5 %, two-sided, with a power of 80 %, if as large a share of pictures
        as here is answered right by one model alone (Connor, 1987,
        https://doi.org/10.2307/2531961); half a picture is added to each count (Agresti and Min,
        2005). For mean average precision from the width of the interval, which falls with the
        square root of the number.

        Args:
            difference: in 0..1, above 0.

        Returns:
            At least 1; None where there is no interval to reckon from.
        """
        if self.only_first is not None and self.only_second is not None:
            share = (self.only_first + self.only_second + 1) / (self.pictures + 2)
            return pictures_to_tell(difference, share)
        if self.interval is None:
            return None
        half = (self.interval[1] - self.interval[0]) / 2
        needed = half / Z * (Z + POWER) / difference
        return max(1, math.ceil(self.pictures * needed**2))


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


def tango_interval(only_first: int, only_second: int, pictures: int) -> tuple[float, float]:
    """Compute the 95 % score interval of the difference of two paired shares.

    Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17, 1998. It keeps its coverage with few or no
    pictures on which the two differ.

    Args:
        only_first: pictures that the first alone gets right.
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


def pictures_to_tell(difference: float, differing: float) -> int:
    """Compute how many pictures tell a true difference of two paired shares from none.

    Connor, "Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43, 1987: level 5 %, two-sided, power 80 %.

    Args:
        difference: of the shares, 0..1, above 0.
        differing: share of pictures that one model alone gets right, 0..1; at least `difference`
            is taken, for no smaller one is possible.
    """
    share = max(differing, difference)
    root = Z * math.sqrt(share) + POWER * math.sqrt(share - difference**2)
    return max(1, math.ceil((root / difference) ** 2))


def _tango_statistic(b: int, c: int, n: int, difference: float) -> float:
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
