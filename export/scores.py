"""How well both sides of a verification score on pictures whose truth is known."""

import numpy as np

from ..evaluation.multi_label_metrics import multi_hot
from ..evaluation.paired import (
    PairedDifference,
    compare_accuracy,
    compare_mean_average_precision,
)
from .answers import Answers
from .pictures import VerificationPictures
from .reference import Reference


def score_both(
    reference: Reference, answers: Answers, labels: tuple[str, ...], chosen: VerificationPictures
) -> PairedDifference | None:
    """Score the checkpoint (first) and a file (second); None where no truth is known.

    Args:
        reference: the checkpoint's answers.
        answers: the file's, to the same pictures.
        labels: of the file's card, in its order.
        chosen: the pictures; those whose truth is known are scored.
    """
    known = chosen.samples[: chosen.labelled]
    if not known:
        return None
    ours = reference.card.labels
    found = answers.logits[: len(known), [labels.index(label) for label in ours]]
    expected = reference.answers.logits[: len(known)]
    if reference.card.task == "multi-label":
        truth = multi_hot(known, ours)
        return compare_mean_average_precision(expected, found, truth)
    wanted = np.array([ours.index(sample.label) for sample in known])
    return compare_accuracy(expected.argmax(axis=1) == wanted, found.argmax(axis=1) == wanted)
