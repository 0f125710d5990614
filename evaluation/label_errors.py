"""Confident learning: which given labels a model's probabilities speak against.

Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", 2021,
https://arxiv.org/abs/1911.00068. The probabilities should come from a model that has not learned
the pictures: one that has is surer of the given label, and fewer errors show.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.floating]
Given = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """Rows whose label is doubtful, the most doubtful first.

    Attributes:
        rows: intp `[E]`, into the probabilities.
        suggested: the label that is confidently another, intp `[E]`.
        margins: the normalized margin, `[E]`, ascending: probability of the given label less the
            largest of the others, -1..1.
    """

    rows: Given
    suggested: Given
    margins: Probabilities


def confident_thresholds(probabilities: Probabilities, given: Given) -> Probabilities:
    """Compute how sure the model is of a label on the rows that are given it, `[C]`.

    It is the mean of their probability; infinite for a label that no row is given, which nothing
    can then be called confidently.
    """
    labels = np.arange(probabilities.shape[1])
    counts = np.bincount(given, minlength=len(labels))
    own = probabilities[np.arange(len(given)), given]
    sums = np.bincount(given, weights=own, minlength=len(labels))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def confident_labels(probabilities: Probabilities, given: Given) -> Given:
    """Give the label that each row confidently has, or -1 where it has none, `[N]`.

    It is the most probable one of those that reach their threshold.
    """
    reached = probabilities >= confident_thresholds(probabilities, given)
    best = np.where(reached, probabilities, -1.0).argmax(axis=1)
    return np.where(reached.any(axis=1), best, -1)


def confident_joint(probabilities: Probabilities, given: Given) -> NDArray[np.int64]:
    """Count rows by given label and by the label that they confidently have, int64 `[C, C]`."""
    confident = confident_labels(probabilities, given)
    counts = np.zeros((probabilities.shape[1],) * 2, np.int64)
    np.add.at(counts, (given[confident >= 0], confident[confident >= 0]), 1)
    return counts


def find_label_errors(probabilities: Probabilities, given: Given) -> LabelErrors:
    """Find the rows off the diagonal of the confident joint, ranked by normalized margin.

    Args:
        probabilities: `[N, C]`, 0..1.
        given: the labels as they stand, intp `[N]`.
    """
    confident = confident_labels(probabilities, given)
    rows = np.flatnonzero((confident >= 0) & (confident != given))
    others = probabilities[rows].copy()
    own = others[np.arange(len(rows)), given[rows]]
    others[np.arange(len(rows)), given[rows]] = -np.inf
    margins = own - others.max(axis=1, initial=-np.inf)
    order = np.argsort(margins, kind="stable")
    return LabelErrors(rows[order], confident[rows[order]], margins[order])
