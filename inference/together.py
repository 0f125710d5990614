"""Several model files on the same pictures, which are prepared once where the cards allow it."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from ..errors import PictureError
from .card import ModelCard
from .classifier import Classifier, PictureFile, Pixels, read_ahead
from .cores import available_cores
from .graph_input import ANY_SIZE, prepare
from .prediction import Outcome
from .preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing

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
    with ThreadPoolExecutor(available_cores()) as decoders:
        for batch in read_ahead(decoders, partial(_prepare, cards), paths):
            yield from _outcomes(classifiers, batch)


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
) -> Iterator[tuple[Outcome, ...]]:
    good = [row for row in batch if row.error is None]
    answers = [
        iter(one.predict([row.pixels[_rule(one.card)] for row in good]) if good else [])
        for one in classifiers
    ]
    for row in batch:
        yield tuple(
            Outcome(row.path, next(answer) if row.error is None else None, row.error)
            for answer in answers
        )
