"""A model file asked about labelled pictures, and scored."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from time import perf_counter

from ..inference.classifier import Classifier
from ..inference.prediction import Outcome
from ..samples.sample import Sample
from .report import Report, require_known_labels, score


@dataclass(frozen=True)
class EvaluationProgress:
    """How many of the pictures have been answered."""

    done: int
    total: int


def evaluate(
    classifier: Classifier, samples: Sequence[Sample]
) -> Generator[EvaluationProgress, None, Report]:
    """Classify samples and score the answers.

    Yields:
        An `EvaluationProgress` a picture.

    Returns:
        The report.

    Raises:
        DataError: a label that the card does not know, or no picture that can be read.
    """
    labels = classifier.card.labels
    require_known_labels(samples, labels)
    outcomes: list[Outcome] = []
    start = perf_counter()
    for outcome in classifier.classify_files(sample.path for sample in samples):
        outcomes.append(outcome)
        yield EvaluationProgress(len(outcomes), len(samples))
    seconds = perf_counter() - start
    return score(classifier.session.path.name, labels, samples, outcomes, seconds)
