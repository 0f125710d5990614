"""What is known of the pictures, as arrays: a hundred thousand answers must not weigh much."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ..inference.label_text import parted
from .filtering import (
    ANSWERED,
    NONE,
    NOT_SURE,
    SEVERAL,
    UNREADABLE,
    UNSURE_BELOW,
    WAITING,
    Indices,
    Mask,
)
from .protocol import Ranked, Row

TOP = 5
"""Labels that are kept of an answer: as many as are asked for."""

_COLUMNS: dict[str, tuple[Any, float, tuple[int, ...]]] = {
    "state": (np.uint8, WAITING, ()),
    "label": (np.int32, NONE, ()),
    "truth": (np.int32, NONE, ()),
    "reviewed": (np.int32, NONE, ()),
    "probability": (np.float64, np.nan, ()),
    "margin": (np.float64, np.nan, ()),
    "unknown": (np.int8, NONE, ()),
    "unknown_score": (np.float64, np.nan, ()),
    "ranked": (np.int32, NONE, (TOP,)),
    "ranked_probability": (np.float64, np.nan, (TOP,)),
}
_GIVEN = ("truth", "reviewed")
"""Columns that are no part of an answer."""


class Results:
    """The pictures of a session, by number in the order in which they came.

    Each column is an array with one value a picture: `state` uint8, `label`, `truth` and
    `reviewed` int32 numbers of labels or `NONE`, `probability` of the first label and `margin` to
    the second float64 in 0..1, NaN before there is an answer; `unknown` int8, 0 or 1, `NONE`
    where the model has no rule for that.

    Attributes:
        several: whether a picture may have several labels; no folder is its truth then.
        paths: of the pictures.
        names: of the files, in small letters.
        unsure_below: an answer less probable than this is called unsure.
    """

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self.paths: list[str] = []
        self.names: list[str] = []
        self.unsure_below = UNSURE_BELOW
        self._indices: dict[str, int] = {}
        self._ranks: NDArray[np.int64] | None = None
        self._errors: dict[int, str] = {}
        self._chosen: dict[int, tuple[str, ...]] = {}
        self._said: dict[int, tuple[str, ...]] = {}
        self._columns: dict[str, NDArray[Any]] = {
            name: np.full((256, *tail), empty, kind)
            for name, (kind, empty, tail) in _COLUMNS.items()
        }
        self.set_labels(labels)

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def state(self) -> NDArray[np.uint8]:
        """`WAITING`, `ANSWERED` or `UNREADABLE`."""
        return self._columns["state"][: len(self)]

    @property
    def label(self) -> NDArray[np.int32]:
        """The first label of the answer."""
        return self._columns["label"][: len(self)]

    @property
    def truth(self) -> NDArray[np.int32]:
        """The label that the picture's folder is named after."""
        return self._columns["truth"][: len(self)]

    @property
    def reviewed(self) -> NDArray[np.int32]:
        """The label that a person gave, `NOT_SURE`, or `SEVERAL`: see `said`."""
        return self._columns["reviewed"][: len(self)]

    @property
    def probability(self) -> NDArray[np.float64]:
        """Of `label`."""
        return self._columns["probability"][: len(self)]

    @property
    def margin(self) -> NDArray[np.float64]:
        """How far the second label's probability is below the first's."""
        return self._columns["margin"][: len(self)]

    @property
    def unknown(self) -> NDArray[np.int8]:
        """Whether the picture is none of the labels."""
        return self._columns["unknown"][: len(self)]

    @property
    def name_ranks(self) -> NDArray[np.int64]:
        """The place of each picture among all, sorted by the file's name."""
        if self._ranks is None:
            order = sorted(range(len(self)), key=self.names.__getitem__)
            self._ranks = np.empty(len(self), np.int64)
            self._ranks[order] = np.arange(len(self))
        return self._ranks

    @property
    def rows(self) -> "Rows":
        """The answers as the worker gave them, None for a picture that waits for its own."""
        return Rows(self)

    def set_labels(self, labels: Sequence[str], several: bool = False) -> None:
        """Take another model's labels: all answers and reviews are forgotten, the pictures stay."""
        self.labels, self.several = tuple(labels), several
        self._said.clear()
        self._numbers = {label: number for number, label in enumerate(self.labels)}
        self._columns["reviewed"][:] = NONE
        self.forget_answers()
        self._columns["truth"][: len(self)] = [self._truth(path) for path in self.paths]

    def number(self, label: str | None) -> int:
        """Give a label's number, `NONE` for one that the model does not have."""
        return self._numbers.get(label, NONE) if label is not None else NONE

    def index_of(self, path: str) -> int | None:
        """Give a picture's number, None if it is not there."""
        return self._indices.get(path)

    def add(self, paths: Iterable[str]) -> range:
        """Append pictures that are not there yet; gives their numbers."""
        first = len(self)
        added = [path for path in dict.fromkeys(paths) if path not in self._indices]
        if not added:
            return range(first, first)
        self.paths.extend(added)
        self._indices.update(zip(added, range(first, len(self)), strict=True))
        self.names.extend(path.rpartition(os.sep)[2].casefold() for path in added)
        self._ranks = None
        self._grow()
        self._columns["truth"][first : len(self)] = [self._truth(path) for path in added]
        return range(first, len(self))

    def answer(self, index: int, row: Row) -> None:
        """Take the answer for a picture."""
        columns = self._columns
        columns["state"][index] = UNREADABLE if row.error is not None else ANSWERED
        if row.error is not None:
            self._errors[index] = row.error
        if row.labels is not None:
            self._chosen[index] = row.labels
        if row.unknown is not None:
            columns["unknown"][index] = row.unknown
        if row.unknown_score is not None:
            columns["unknown_score"][index] = row.unknown_score
        if row.predictions:
            self._rank(index, row.predictions[:TOP])

    def forget_answers(self) -> None:
        """Put all pictures back to waiting; reviews stay."""
        for name, (_, empty, _tail) in _COLUMNS.items():
            if name not in _GIVEN:
                self._columns[name][:] = empty
        self._errors.clear()
        self._chosen.clear()

    def review(self, index: int, label: str | None, sure: bool = True) -> None:
        """Note the label that a person gave, that they are not sure, or None to take it back.

        Where there may be several, `label` is those that apply, joined.
        """
        self._said.pop(index, None)
        if sure and self.several and label is not None:
            self._said[index] = parted(label)
            self._columns["reviewed"][index] = SEVERAL
        else:
            self._columns["reviewed"][index] = self.number(label) if sure else NOT_SURE

    def waiting(self) -> Indices:
        """Give the numbers of the pictures without an answer."""
        return np.flatnonzero(self.state == WAITING)

    def chosen(self, index: int) -> tuple[str, ...] | None:
        """Give the labels that apply, for the multi-label task; None for the other."""
        return self._chosen.get(index)

    def said(self, index: int) -> tuple[str, ...] | None:
        """Give the labels that a person said to apply, for the multi-label task; else None."""
        return self._said.get(index)

    def answered_with(self, label: int) -> Mask:
        """Tell of each picture whether the answer is a label, or has it among its several."""
        if not self.several:
            return self.label == label
        name, found = self.labels[label], np.zeros(len(self), np.bool_)
        found[[index for index, chosen in self._chosen.items() if name in chosen]] = True
        return found

    def times_chosen(self) -> list[int]:
        """Count for each label the answers that have it among their several."""
        counted = Counter(chain.from_iterable(self._chosen.values()))
        return [counted[label] for label in self.labels]

    def corrected(self) -> Mask:
        """Tell of each picture whether a person said that other labels apply than answered."""
        found = np.zeros(len(self), np.bool_)
        for index, said in self._said.items():
            found[index] = set(said) != set(self._chosen.get(index, ()))
        return found

    def row(self, index: int) -> Row | None:
        """Give a picture's answer, to the last digit as it came."""
        columns, path = self._columns, self.paths[index]
        if columns["state"][index] == WAITING:
            return None
        numbers = columns["ranked"][index].tolist()
        probabilities = columns["ranked_probability"][index].tolist()
        ranked = tuple(
            Ranked(self.labels[number], probability)
            for number, probability in zip(numbers, probabilities, strict=True)
            if number != NONE
        )
        unknown, score = int(columns["unknown"][index]), float(columns["unknown_score"][index])
        return Row(
            path,
            ranked,
            self._errors.get(index),
            None if unknown == NONE else bool(unknown),
            None if np.isnan(score) else score,
            self._chosen.get(index),
        )

    def _rank(self, index: int, ranked: tuple[Ranked, ...]) -> None:
        columns, count = self._columns, len(ranked)
        columns["ranked"][index, :count] = [self.number(one.label) for one in ranked]
        columns["ranked_probability"][index, :count] = [one.probability for one in ranked]
        second = ranked[1].probability if count > 1 else 0.0
        columns["label"][index] = columns["ranked"][index, 0]
        columns["probability"][index] = ranked[0].probability
        columns["margin"][index] = ranked[0].probability - second

    def _truth(self, path: str) -> int:
        return (
            NONE if self.several else self.number(path.rpartition(os.sep)[0].rpartition(os.sep)[2])
        )

    def _grow(self) -> None:
        have = len(self._columns["state"])
        if len(self) <= have:
            return
        for name, (kind, empty, tail) in _COLUMNS.items():
            more = np.full((max(have, len(self)), *tail), empty, kind)
            self._columns[name] = np.concatenate([self._columns[name], more])


class Rows(Sequence[Row | None]):
    """The answers of all pictures, made when they are looked at."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[Row | None]:
        return map(self._results.row, range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Row | None: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row | None]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row | None] | None:
        if isinstance(index, slice):
            return [self._results.row(one) for one in range(len(self))[index]]
        return self._results.row(range(len(self))[index])
