"""What evaluations and comparisons of `tlx worker` share: their pictures, and how far they are."""

from collections.abc import Generator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from ..gui.protocol import Answer, Compare, Evaluate, Progressed
from .labelled import Labels, read_samples

if TYPE_CHECKING:
    from ..evaluation.page_pictures import Drawn
    from ..evaluation.scoring import EvaluationProgress
    from ..samples.sample import Sample

Result = TypeVar("Result")


def read_data(request: Evaluate | Compare) -> "list[Sample]":
    """Read the labelled pictures that a request names.

    Raises:
        TlxError: there are none, or they cannot be read.
    """
    data, root = Path(request.data), request.root
    of_a_table = root is not None or request.split is not None
    if data.is_dir() or not data.exists():
        return read_samples(data, None, of_a_table)
    table = Labels(data, None if root is None else Path(root), request.split)
    return read_samples(None, table, for_a_table=True)


def watched(
    events: "Generator[EvaluationProgress, None, Result] | Generator[Drawn, None, Result]",
    number: int,
) -> Generator[Answer, None, Result]:
    """Say after each batch, and at the end, how far the work is."""
    from ..inference.classifier import BATCH

    seconds = 0.0
    while True:
        start = perf_counter()
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        seconds += perf_counter() - start
        if event.done % BATCH == 0 or event.done == event.total:
            yield Progressed(number, event.done, event.total, seconds)
