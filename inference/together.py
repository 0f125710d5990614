"""Several model files on the same pictures, which are prepared once where the cards allow it."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import PictureError
from .card import ModelCard
from .classifier import BATCH, Classifier, PictureFile, Pixels, predict
from .cores import available_cores
from .graph_input import ANY_SIZE, prepare
from .prediction import Outcome
from .preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from .side_by_side import chunks, in_order

_Rule = tuple[Preprocessing, bool]
"""What a picture's pixels depend on."""


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A picture as each rule wants it, or the reason why there is none for any."""

    path: str
    pixels: Mapping[_Rule, Pixels]
    error: str | None


def classify_together(
    classifiers: Sequence[Classifier], paths: Iterable[PictureFile]
) -> Iterator[tuple[Outcome, ...]]:
    """Classify files with each of some classifiers, in the order given.

    A picture is decoded once for all classifiers that see the same pixels. A few batches are in
    memory, however many pictures there are.

    Yields:
        For each picture the outcome of each classifier; one that cannot be read for one of them
        is a bad row of all.
    """
    cards = {_rule(classifier.card): classifier.card for classifier in classifiers}
    threads = available_cores()
    for classifier in classifiers:
        _ = classifier.shared_session  # opened here, for the threads would open it twice

    def read(batch: Sequence[PictureFile]) -> list[_Prepared]:
        return [_prepare(cards, path) for path in batch]

    def work(batch: Sequence[PictureFile]) -> list[tuple[Outcome, ...]]:
        return _outcomes(classifiers, read(batch))

    batches = chunks(paths, BATCH)
    if all(classifier.provider_check is None for classifier in classifiers):
        answers = in_order(work, batches, threads, 2 * threads)
    else:  # what is no processor answers one batch after another
        prepared = in_order(read, batches, threads, 2 * threads)
        answers = (_outcomes(classifiers, batch) for batch in prepared)
    for outcomes in answers:
        yield from outcomes


def _rule(card: ModelCard) -> _Rule:
    # Mean and deviation are applied inside the graph.
    rule = replace(card.preprocessing, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    return rule, card.input == ANY_SIZE


def _prepare(cards: Mapping[_Rule, ModelCard], path: PictureFile) -> _Prepared:
    name = os.fsdecode(path)
    try:
        pixels = {rule: prepare(os.fspath(path), card) for rule, card in cards.items()}
    except PictureError as error:
        return _Prepared(name, {}, error.reason)
    return _Prepared(name, pixels, None)


def _outcomes(
    classifiers: Sequence[Classifier], batch: Sequence[_Prepared]
) -> list[tuple[Outcome, ...]]:
    good = [row for row in batch if row.error is None]
    answers = [
        iter(predict(one.shared_session, [row.pixels[_rule(one.card)] for row in good]))
        for one in classifiers
        if good
    ]
    return [
        tuple(Outcome(row.path, next(answer), None) for answer in answers)
        if row.error is None
        else (Outcome(row.path, None, row.error),) * len(classifiers)
        for row in batch
    ]
