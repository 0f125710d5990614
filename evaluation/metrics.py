"""Numbers from logits and truth. What scikit-learn or SciPy has is taken from there."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    recall_score,
)

Logits = NDArray[np.floating]
Probabilities = NDArray[np.floating]
Truth = NDArray[np.intp]


def accuracy(logits: Logits, truth: Truth) -> float:
    """Share of rows whose largest logit is the truth's; `[N, C]` and `[N]`, N >= 1."""
    return float(accuracy_score(truth, logits.argmax(axis=1)))


def balanced_accuracy(logits: Logits, truth: Truth) -> float:
    """Mean over the labels with pictures of the share that is right; `[N, C]`, `[N]`, N >= 1."""
    # scikit-learn's balanced_accuracy_score warns when a label without pictures is predicted.
    return float(
        recall_score(truth, logits.argmax(axis=1), labels=np.unique(truth), average="macro")
    )


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Compute the 95 % interval of a share (Wilson, 1927); trials >= 1."""
    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def losses(logits: Logits, truth: Truth) -> NDArray[np.float64]:
    """Compute each row's cross-entropy in nats, at temperature 1, unweighted, in float64."""
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    return -log_probabilities[np.arange(len(truth)), truth]


_LEAST = float(np.finfo(np.float32).tiny)


def calibrated_losses(probabilities: Probabilities, truth: Truth) -> NDArray[np.float64]:
    """Compute each row's cross-entropy in nats of the probabilities as a file gives them.

    A probability that float32 cannot tell from 0 counts as the least that it can, 1.2e-38.
    """
    of_truth = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return -np.log(np.maximum(of_truth, _LEAST))


def one_hot(truth: Truth, labels: int) -> NDArray[np.bool_]:
    """Write N truths as bool `[N, C]`."""
    return truth[:, None] == np.arange(labels)


def in_first(logits: Logits, truth: Truth, count: int) -> NDArray[np.bool_]:
    """Tell of each row whether the truth is among the first `count` labels, `[N]`."""
    # Equal logits rank in the card's order, as in a prediction; scikit-learn ranks them backwards,
    # which would put a picture's first label outside its first five.
    first = np.argsort(-logits, axis=1, kind="stable")[:, :count]
    return (first == truth[:, None]).any(axis=1)


def topk_accuracy(logits: Logits, truth: Truth, count: int) -> float | None:
    """Share of rows with the truth among the first `count` labels; None if there are no others."""
    if logits.shape[1] <= count:
        return None
    return float(in_first(logits, truth, count).mean())


def top5_accuracy(logits: Logits, truth: Truth) -> float | None:
    """Share of rows with the truth among the first five; None with five labels or fewer."""
    return topk_accuracy(logits, truth, 5)


def confusion(logits: Logits, truth: Truth) -> NDArray[np.int64]:
    """Count pairs: int64 `[C, C]`, a row a truth, a column a predicted label."""
    labels = np.arange(logits.shape[1])
    return np.asarray(confusion_matrix(truth, logits.argmax(axis=1), labels=labels))


def per_label(logits: Logits, truth: Truth) -> NDArray[np.float64]:
    """Compute `[C, 4]`: precision, recall, F1 and support; 0 where undefined."""
    columns = precision_recall_fscore_support(
        truth,
        logits.argmax(axis=1),
        labels=np.arange(logits.shape[1]),
        zero_division=0.0,  # pyright: ignore[reportArgumentType] - documented, typed as str
    )
    return np.array(columns, dtype=np.float64).T
