"""How often two model files give the same label for the same picture."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..inference.classifier import Classifier
from ..inference.prediction import Outcome, Prediction
from ..inference.timing import Measuring


@dataclass(frozen=True)
class Agreement:
    """On how many of the pictures two files chose the same label (multi-label: same labels)."""

    same: int
    pictures: int

    @property
    def share(self) -> float:
        """Of the pictures, 0..1."""
        return self.same / self.pictures


def answer_all(
    classifiers: Sequence[Classifier], pictures: Sequence[Path]
) -> Generator[Measuring, None, list[list[Outcome]]]:
    """Let each file answer all pictures, as `tlx classify` would; one outcome a picture."""
    answers: list[list[Outcome]] = []
    total = len(classifiers) * len(pictures)
    for classifier in classifiers:
        outcomes: list[Outcome] = []
        for outcome in classifier.classify_files(pictures):
            outcomes.append(outcome)
            yield Measuring("labels", len(answers) * len(pictures) + len(outcomes), total)
        answers.append(outcomes)
    return answers


def count_agreement(first: Sequence[Prediction], other: Sequence[Prediction]) -> Agreement | None:
    """Count, by the labels' names; None where the files do not have the same labels and task."""
    if _kind(first[0]) != _kind(other[0]):
        return None
    same = sum(_chosen(a) == _chosen(b) for a, b in zip(first, other, strict=True))
    return Agreement(same, len(first))


def _kind(prediction: Prediction) -> tuple[set[str], bool]:
    return set(prediction.labels), prediction.thresholds is None


def _chosen(prediction: Prediction) -> set[str]:
    return {row.label for row in prediction.chosen}
