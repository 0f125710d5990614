"""What a quantized file answers beside the float file, on pictures with truth."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..evaluation.multi_label_metrics import multi_hot
from ..evaluation.paired import (
    PairedDifference,
    compare_accuracy,
    compare_mean_average_precision,
)
from ..evaluation.report import require_known_labels
from ..inference.card import ModelCard
from ..inference.classifier import Classifier
from ..inference.prediction import Prediction, decide
from ..samples.sample import Sample

CLEAR = 0.1
"""A decision of the float file is clear if no other one is nearer than this in probability."""


@dataclass(frozen=True)
class ScoringProgress:
    """How many of the pictures a file has answered; `file` says which."""

    file: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class FileAnswers:
    """A file's answers to N pictures of C labels.

    Attributes:
        card: the file's.
        logits: float32 `[N, C]`.
        probabilities: float32 `[N, C]`.
    """

    card: ModelCard
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class QuantizedScore:
    """What quantization changed.

    Attributes:
        difference: the float file's score (the first) and the quantized one's; `value` is what
            was lost.
        agreement: share of the pictures on which both say the same label; for multi-label the
            same set of chosen labels.
        clear_pictures: pictures on which the float file's decision is clear (`CLEAR`).
        clear_agreement: `agreement` on those; 1 if there is none.
        mean_probability_difference: over pictures and labels, 0..1.
        max_probability_difference: the largest.
    """

    difference: PairedDifference
    agreement: float
    clear_pictures: int
    clear_agreement: float
    mean_probability_difference: float
    max_probability_difference: float


def answer(
    path: Path, samples: Sequence[Sample], name: str
) -> Generator[ScoringProgress, None, FileAnswers]:
    """Ask a file about pictures, from their bytes on; `name` stands in the events.

    Raises:
        DataError: a picture cannot be read any more, or has a label that the file does not know.
        ModelFileError: the file cannot be used.
    """
    classifier = Classifier(path, many=True)
    card = classifier.card
    require_known_labels(samples, card.labels, card.task)
    found: list[Prediction] = []
    for outcome in classifier.classify_files(sample.path for sample in samples):
        if outcome.prediction is None:
            raise DataError(
                f"{outcome.path} cannot be read any more, and the file is scored on it "
                f"({outcome.error})"
            )
        found.append(outcome.prediction)
        yield ScoringProgress(name, len(found), len(samples))
    logits = np.stack([prediction.logits for prediction in found])
    return FileAnswers(card, logits, np.stack([p.probabilities for p in found]))


def score_quantized(
    reference: FileAnswers, other: FileAnswers, samples: Sequence[Sample]
) -> QuantizedScore:
    """Compare a quantized file's answers with the float file's and with the truth.

    Args:
        reference: the float file's answers.
        other: the quantized file's; both have the same labels in the same order.
        samples: the pictures that both answered, N >= 1.
    """
    margins = _margins(reference)
    same = (_decisions(reference) == _decisions(other)).all(axis=1)
    clear = margins > CLEAR
    distances = np.abs(reference.probabilities - other.probabilities)
    return QuantizedScore(
        difference=_difference(reference, other, samples),
        agreement=float(same.mean()),
        clear_pictures=int(clear.sum()),
        clear_agreement=float(same[clear].mean()) if clear.any() else 1.0,
        mean_probability_difference=float(distances.mean()),
        max_probability_difference=float(distances.max()),
    )


def _difference(
    reference: FileAnswers, other: FileAnswers, samples: Sequence[Sample]
) -> PairedDifference:
    labels = reference.card.labels
    if reference.card.task == "multi-label":
        truth = multi_hot(samples, labels)
        return compare_mean_average_precision(reference.logits, other.logits, truth)
    truth = np.array([labels.index(sample.label) for sample in samples])
    right = [answers.logits.argmax(axis=1) == truth for answers in (reference, other)]
    return compare_accuracy(*right)


def _decisions(answers: FileAnswers) -> NDArray[np.intp] | NDArray[np.bool_]:
    """Give what is decided for each picture: the label `[N, 1]`, or which are chosen `[N, C]`."""
    thresholds = answers.card.decision_thresholds
    if thresholds is None:
        return answers.logits.argmax(axis=1)[:, None]
    return decide(answers.probabilities, thresholds)


def _margins(answers: FileAnswers) -> NDArray[np.floating]:
    """Compute how far in probability each picture's decision is from another one, `[N]`."""
    thresholds = answers.card.decision_thresholds
    if thresholds is not None:
        return np.abs(answers.probabilities - np.asarray(thresholds)).min(axis=1)
    ordered = np.sort(answers.probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]
