"""The mistakes that a report shows: the worst pictures, and the labels that are confused most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scored_picture import ScoredPicture

WORST = 20
"""Mistakes kept in a report."""
PAIRS = 20
"""Confused pairs kept, likewise."""


@dataclass(frozen=True)
class Mistake:
    """A picture whose first label is not the truth.

    Attributes:
        path: the picture.
        truth: its label by folder or CSV.
        predicted: the label predicted.
        probability: of `predicted`, 0..1.
        truth_probability: of `truth`, 0..1.
    """

    path: str
    truth: str
    predicted: str
    probability: float
    truth_probability: float


@dataclass(frozen=True)
class ConfusedPair:
    """How many pictures of the label `truth` were taken for `predicted`.

    Attributes:
        truth: a label.
        predicted: another.
        pictures: how many, at least one.
        share: of the pictures of `truth`, 0..1.
    """

    truth: str
    predicted: str
    pictures: int
    share: float


def worst_mistakes(rows: Sequence[ScoredPicture]) -> tuple[Mistake, ...]:
    """Give those with the least probability for the truth, the least first; `WORST` at most."""
    mistakes = [
        Mistake(row.path, row.truth, row.predicted, row.probability, row.truth_probability)
        for row in rows
        if not row.correct
    ]
    mistakes.sort(key=lambda mistake: (mistake.truth_probability, -mistake.probability))
    return tuple(mistakes[:WORST])


def confused_pairs(
    confusion: NDArray[np.int64], labels: tuple[str, ...]
) -> tuple[ConfusedPair, ...]:
    """Give the largest cells off the diagonal of `[C, C]`, the largest first; `PAIRS` at most."""
    wrong = confusion - np.diag(confusion.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    places = [divmod(int(place), len(labels)) for place in order]
    return tuple(
        ConfusedPair(labels[row], labels[column], count, count / int(confusion[row].sum()))
        for row, column in places
        if (count := int(wrong[row, column]))
    )
