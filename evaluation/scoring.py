"""A model file asked about labelled pictures, and scored."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from ..inference.classifier import Classifier
from ..inference.prediction import Outcome
from ..samples.sample import Sample
from .multi_label_report import MultiLabelReport, score_multi_label
from .picture_sizes import read_sizes
from .refusals import expected_refusals
from .report import Report, require_known_labels, score
from .slices import Facts, Values


@dataclass(frozen=True)
class EvaluationProgress:
    """How many of the pictures have been answered."""

    done: int
    total: int


def evaluate(
    classifier: Classifier,
    samples: Sequence[Sample],
    columns: Mapping[str, Values] | None = None,
    topk: int = 5,
) -> Generator[EvaluationProgress, None, Report | MultiLabelReport]:
    """Classify samples and score the answers.

    Args:
        classifier: an opened model file.
        samples: pictures with their truth.
        columns: of a CSV, by name, to slice by: what they say of the pictures.
        topk: labels that may be named for `topk_accuracy`.

    Yields:
        An `EvaluationProgress` a picture.

    Returns:
        The report of the card's task.

    Raises:
        DataError: a label that the card does not know, or no picture that can be read.
    """
    card = classifier.card
    require_known_labels(samples, card.labels, card.task)
    outcomes: list[Outcome] = []
    start = perf_counter()
    for outcome in classifier.classify_files(sample.path for sample in samples):
        outcomes.append(outcome)
        yield EvaluationProgress(len(outcomes), len(samples))
    seconds = perf_counter() - start
    model, thresholds = classifier.session.path.name, card.decision_thresholds
    facts = Facts(read_sizes(sample.path for sample in samples), columns or {})
    if thresholds is None:
        report = score(model, card.labels, samples, outcomes, seconds, facts, topk)
        return replace(report, **expected_refusals(report.refused, report.pictures, card.refusal))
    return score_multi_label(model, card.labels, thresholds, samples, outcomes, seconds, facts)
