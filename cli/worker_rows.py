"""What `tlx worker` answers about pictures: a row each."""

from collections.abc import Generator
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING

from ..gui.protocol import Answer, Classified, Classify, Done, Ranked, Row

if TYPE_CHECKING:
    from ..inference.classifier import Classifier
    from ..inference.prediction import Outcome


def classify_rows(request: Classify, classifier: "Classifier") -> Generator[Answer, None, Answer]:
    """Classify files, a batch a step."""
    from ..inference.classifier import BATCH

    outcomes, multi_label = classifier.classify_files(request.paths), is_multi(classifier)
    seconds = 0.0
    for first in range(0, len(request.paths), BATCH):
        start = perf_counter()
        batch = list(islice(outcomes, BATCH))
        seconds += perf_counter() - start
        yield Classified(
            request.id, first, tuple(row_of(one, request.topk, multi_label) for one in batch)
        )
    return Done(request.id, len(request.paths), seconds)


def is_multi(classifier: "Classifier") -> bool:
    """Tell the task of a model file."""
    return classifier.card.task == "multi-label"


def row_of(outcome: "Outcome", topk: int, multi_label: bool) -> Row:
    """Write an outcome as `tlx classify --json` does."""
    ranked = outcome.prediction.top(topk) if outcome.prediction else ()
    chosen = outcome.prediction.chosen if outcome.prediction else ()
    return Row(
        outcome.path,
        tuple(Ranked(entry.label, entry.probability) for entry in ranked),
        outcome.error,
        None if outcome.prediction is None else outcome.prediction.unknown,
        None if outcome.prediction is None else outcome.prediction.unknown_score,
        tuple(entry.label for entry in chosen) if multi_label else None,
    )
