"""What the answers amount to: counts of labels, a histogram, coverage and accuracy."""

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .filtering import ANSWERED, NONE, SEVERAL, UNREADABLE, known_labels

if TYPE_CHECKING:
    from .state import Results

BINS = 50
Z95 = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""


@dataclass(frozen=True)
class Quality:
    """What a threshold does: answers below it, and those called unknown, are not given.

    Attributes:
        answered: pictures with an answer.
        given: answers that stand.
        known: of the given, those whose right label is known.
        right: of the known, those that are right.
    """

    answered: int
    given: int
    known: int
    right: int

    @property
    def coverage(self) -> float:
        """The share of answers that stand; 0 without any."""
        return self.given / self.answered if self.answered else 0.0

    @property
    def accuracy(self) -> float:
        """The share of right ones; 0 where nothing is known."""
        return self.right / self.known if self.known else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy (Wilson, 1927); 0 to 1 where nothing is known."""
        n = self.known
        if not n:
            return 0.0, 1.0
        share, spread = self.accuracy, Z95 * Z95 / n
        half = Z95 * sqrt(share * (1 - share) / n + spread / (4 * n))
        middle = share + spread / 2
        return max((middle - half) / (1 + spread), 0.0), min((middle + half) / (1 + spread), 1.0)


def quality(results: "Results", threshold: float) -> Quality:
    """Count what a threshold of the first label's probability lets stand.

    Of several labels an answer is right if all of them are what a person said.
    """
    answered = results.state == ANSWERED
    given = answered & (results.probability >= threshold) & (results.unknown != 1)
    if results.several:
        known = given & (results.reviewed == SEVERAL)
        right = known & ~results.corrected()
    else:
        truth = known_labels(results)
        known = given & (truth != NONE)
        right = known & (truth == results.label)
    return Quality(*(int(np.count_nonzero(one)) for one in (answered, given, known, right)))


def label_counts(results: "Results") -> NDArray[np.int64]:
    """Count the answers by their label, in the model's order; one of several by each of them."""
    if results.several:
        return np.array(results.times_chosen(), np.int64)
    given = results.label[results.label != NONE]
    return np.bincount(given, minlength=len(results.labels))


def histogram(results: "Results") -> NDArray[np.int64]:
    """Count the first labels' probabilities in `BINS` equal steps of 0..1."""
    probability = results.probability[results.state == ANSWERED]
    return np.histogram(probability, BINS, (0.0, 1.0))[0]


def unreadable(results: "Results") -> int:
    """Count the pictures that cannot be read."""
    return int(np.count_nonzero(results.state == UNREADABLE))
