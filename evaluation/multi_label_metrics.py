"""Numbers for pictures with several labels each. What scikit-learn has is taken from there.

Truth and decisions are bool `[N, C]`: N pictures, C labels in the card's order.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

from ..samples.sample import Sample

Scores = NDArray[np.floating]
MultiHot = NDArray[np.bool_]


def multi_hot(samples: Sequence[Sample], labels: Sequence[str]) -> MultiHot:
    """Write the labels of N samples as bool `[N, C]`.

    Raises:
        KeyError: a sample has a label that is not among `labels`.
    """
    column = {label: index for index, label in enumerate(labels)}
    truth = np.zeros((len(samples), len(labels)), np.bool_)
    for row, sample in zip(truth, samples, strict=True):
        row[[column[label] for label in sample.labels]] = True
    return truth


def average_precisions(scores: Scores, truth: MultiHot) -> NDArray[np.float64]:
    """Compute each label's average precision, `[C]`; NaN where it has no positive picture.

    Args:
        scores: `[N, C]`, any numbers that rank the pictures of a label, such as logits.
        truth: `[N, C]`, N >= 1.
    """
    columns = zip(truth.T, scores.T, strict=True)
    return np.array(
        [average_precision_score(t, s) if t.any() else np.nan for t, s in columns], np.float64
    )


def roc_aucs(scores: Scores, truth: MultiHot) -> NDArray[np.float64]:
    """Compute each label's area under the ROC curve, `[C]`.

    Args:
        scores: `[N, C]`, any numbers that rank the pictures of a label.
        truth: `[N, C]`, N >= 1.

    Returns:
        NaN where a label has no positive or no negative picture.
    """
    columns = zip(truth.T, scores.T, strict=True)
    return np.array(
        [roc_auc_score(t, s) if t.any() and not t.all() else np.nan for t, s in columns],
        np.float64,
    )


def mean_average_precision(scores: Scores, truth: MultiHot) -> float:
    """Compute the mean over the labels with a positive picture; 0 if there is no such label.

    Args:
        scores: `[N, C]`, any numbers that rank the pictures of a label, such as logits.
        truth: `[N, C]`, N >= 1.
    """
    counted = truth.any(axis=0)
    if not counted.any():
        return 0.0
    return float(average_precisions(scores[:, counted], truth[:, counted]).mean())


def exact_match(decisions: MultiHot, truth: MultiHot) -> float:
    """Share of pictures whose labels are all right and complete (subset accuracy); N >= 1."""
    return float(accuracy_score(truth.astype(np.int8), decisions.astype(np.int8)))


def binary_losses(logits: Scores, truth: MultiHot) -> NDArray[np.float64]:
    """Compute every binary cross-entropy, `[N, C]`, in nats, at temperature 1, in float64."""
    exact = logits.astype(np.float64)
    return np.logaddexp(0.0, np.where(truth, -exact, exact))


def calibrated_losses(probabilities: Scores, truth: MultiHot) -> NDArray[np.float64]:
    """Compute every binary cross-entropy, `[N, C]`, in nats, of probabilities as a file gives them.

    A probability of what is true that float32 cannot tell from 0 counts as the least that it can,
    1.2e-38; near 1 float32 is coarser, and 1 itself may be up to 3e-8 less.
    """
    exact = probabilities.astype(np.float64)
    least = np.where(truth, np.finfo(np.float32).tiny, np.finfo(np.float32).epsneg / 2)
    return -np.log(np.maximum(np.where(truth, exact, 1 - exact), least))


def per_label(decisions: MultiHot, truth: MultiHot) -> NDArray[np.float64]:
    """Compute `[C, 4]`: precision, recall, F1 and support; 0 where undefined."""
    columns = precision_recall_fscore_support(
        truth.astype(np.int8),
        decisions.astype(np.int8),
        zero_division=0.0,  # pyright: ignore[reportArgumentType] - documented, typed as str
    )
    return np.array(columns, dtype=np.float64).T


def micro_f1(decisions: MultiHot, truth: MultiHot) -> float:
    """Compute F1 over all decisions together; 0 where undefined."""
    return float(
        f1_score(
            truth.astype(np.int8),
            decisions.astype(np.int8),
            average="micro",
            zero_division=0.0,  # pyright: ignore[reportArgumentType] - as above
        )
    )


def macro_f1(decisions: MultiHot, truth: MultiHot) -> float:
    """Compute the mean F1 of the labels with a positive picture; 0 if there is no such label."""
    counted = truth.any(axis=0)
    return float(per_label(decisions, truth)[counted, 2].mean()) if counted.any() else 0.0
