"""Suspected label errors of a data folder: a model file asked about every picture."""

from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from ..inference.card import ModelCard
from ..inference.classifier import Classifier
from ..inference.prediction import Prediction
from ..inference.wording import noun
from ..samples.findings import Finding
from ..samples.folders import FoundSamples
from ..samples.loading import ReadingProgress
from ..samples.picture_names import place
from ..samples.sample import Sample
from .label_errors import find_label_errors
from .learned_pictures import run_sides

KIND = "suspected-label"
SEEN = {
    "train": "learned with this label, which hides errors",
    "validation": "not learned from, but it chose the epoch",
    "test": "not learned from",
    None: "whether the model learned it is not known",
}
"""What is said of a picture by the split that it had in the model's training."""


@dataclass(frozen=True, eq=False)
class _Answer:
    """A picture that could be read, and what the model says."""

    sample: Sample
    prediction: Prediction
    seen: str


def suspected_label_events(
    classifier: Classifier, found: FoundSamples
) -> Generator[ReadingProgress, None, list[Finding]]:
    """Find labels that the model confidently takes for others.

    Pictures that the model learned and others are judged apart: on the former it is surer, and
    one threshold for both would hide errors among the latter. Which is which says `split.csv`
    beside the model file. In the multi-label task every label is a question of its own, yes or
    no. Pictures that cannot be read are passed over.

    Yields:
        A `ReadingProgress` a picture.

    Raises:
        DataError: a label that the card does not know, or another task.
    """
    samples = found.everything
    card = classifier.card
    require_fitting(found, card)
    sides = run_sides(classifier.session.path, found.root)
    by_seen: dict[str, list[_Answer]] = defaultdict(list)
    outcomes = classifier.classify_files(sample.path for sample in samples)
    for done, (sample, outcome) in enumerate(zip(samples, outcomes, strict=True), 1):
        if outcome.prediction is not None:
            side = sides.get(place(sample.path))
            answer = _Answer(sample, outcome.prediction, SEEN[side])
            by_seen["learned" if side == "train" else "other"].append(answer)
        yield ReadingProgress(done, len(samples))
    judge = _doubted if found.task == "single-label" else _doubted_flags
    return [finding for answers in by_seen.values() for finding in judge(card, answers)]


def require_fitting(found: FoundSamples, card: ModelCard) -> None:
    """Refuse pictures that a model cannot judge; no picture is opened.

    Raises:
        DataError: a label that the card does not know, or another task.
    """
    if found.task != card.task:
        task = f"--model is {card.task}"
        raise DataError(f"{task}, the pictures of {found.root} are not: give another model")
    named = {label for s in found.everything for label in _labels(s, card.task)}
    if unknown := sorted(named - {*card.labels}):
        them = f"{noun(len(unknown), 'label')} {', '.join(unknown[:20])}"
        raise DataError(
            f"--model: the model does not know the {them}; check "
            f"{found.root} without it, or give a model that was trained on these labels"
        )


def _labels(sample: Sample, task: str) -> tuple[str, ...]:
    return sample.labels if task == "multi-label" else (sample.label,)


def _doubted(card: ModelCard, answers: Sequence[_Answer]) -> Iterator[Finding]:
    probabilities = np.stack([answer.prediction.probabilities for answer in answers])
    given = np.array([card.labels.index(answer.sample.label) for answer in answers])
    errors = find_label_errors(probabilities, given)
    for row, label, margin in zip(errors.rows, errors.suggested, errors.margins, strict=True):
        own, other = probabilities[row, given[row]], probabilities[row, label]
        detail = (
            f"labelled {answers[row].sample.label!r} ({own:.1%} by the model), suggested "
            f"{card.labels[label]!r} ({other:.1%}); {answers[row].seen}"
        )
        yield Finding(KIND, (answers[row].sample.path,), detail, float(margin))


def _doubted_flags(card: ModelCard, answers: Sequence[_Answer]) -> Iterator[Finding]:
    together = np.stack([answer.prediction.probabilities for answer in answers])
    for column, label in enumerate(card.labels):
        given = np.array([int(label in answer.sample.labels) for answer in answers])
        probabilities = np.stack((1 - together[:, column], together[:, column]), axis=1)
        errors = find_label_errors(probabilities, given)
        for row, margin in zip(errors.rows, errors.margins, strict=True):
            how = "given" if given[row] else "not given"
            detail = (
                f"{label!r} is {how}, and {together[row, column]:.1%} by the model; "
                f"{answers[row].seen}"
            )
            yield Finding(KIND, (answers[row].sample.path,), detail, float(margin))
