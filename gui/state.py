"""What is known of the pictures: answers as arrays, filtered and sorted to an index array."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .protocol import Row

WAITING, ANSWERED, UNREADABLE = range(3)
NONE = -1
"""In place of a label's number: not answered, no known truth, not reviewed."""

UNSURE_BELOW = 0.5
"""An answer less probable than this is more likely wrong than right, where it is calibrated."""

STATES = ("all", "wrong", "unsure", "reviewed", "unreadable")
ORDERS = ("given", "name", "least probable", "most probable", "margin")

Indices = NDArray[np.intp]

_COLUMNS: dict[str, tuple[Any, float]] = {
    "state": (np.uint8, WAITING),
    "label": (np.int32, NONE),
    "truth": (np.int32, NONE),
    "reviewed": (np.int32, NONE),
    "probability": (np.float64, np.nan),
    "margin": (np.float64, np.nan),
}


@dataclass(frozen=True)
class Filter:
    """Which pictures are shown: those for which all of it holds.

    Attributes:
        label: the number of the first label of the answer.
        low: least probability, 0..1; pictures without an answer pass if the range is whole.
        high: largest, likewise.
        state: one of `STATES`.
        name: a part of the file's name, in any case of letters.
    """

    label: int | None = None
    low: float = 0.0
    high: float = 1.0
    state: str = "all"
    name: str = ""


class Results:
    """The pictures of a session, by number in the order in which they came.

    Each column is an array with one value a picture: `state` uint8, `label`, `truth` and
    `reviewed` int32 numbers of labels or `NONE`, `probability` of the first label and `margin` to
    the second float64 in 0..1, NaN before there is an answer.
    """

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self.paths: list[str] = []
        self.rows: list[Row | None] = []
        self._names: list[str] = []
        self._indices: dict[str, int] = {}
        self._columns: dict[str, NDArray[Any]] = {
            name: np.full(256, empty, kind) for name, (kind, empty) in _COLUMNS.items()
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
        """The label that a person gave."""
        return self._columns["reviewed"][: len(self)]

    @property
    def probability(self) -> NDArray[np.float64]:
        """Of `label`."""
        return self._columns["probability"][: len(self)]

    @property
    def margin(self) -> NDArray[np.float64]:
        """How far the second label's probability is below the first's."""
        return self._columns["margin"][: len(self)]

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take another model's labels: all answers and reviews are forgotten, the pictures stay."""
        self.labels = tuple(labels)
        self._numbers = {label: number for number, label in enumerate(self.labels)}
        for name, (_, empty) in _COLUMNS.items():
            self._columns[name][:] = empty
        self.rows = [None] * len(self)
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
        self.paths.extend(added)
        self._indices.update(zip(added, range(first, len(self)), strict=True))
        self.rows.extend([None] * len(added))
        self._names.extend(PurePath(path).name.casefold() for path in added)
        self._grow()
        self._columns["truth"][first : len(self)] = [self._truth(path) for path in added]
        return range(first, len(self))

    def answer(self, index: int, row: Row) -> None:
        """Take the answer for a picture."""
        self.rows[index] = row
        columns = self._columns
        columns["state"][index] = UNREADABLE if row.error is not None else ANSWERED
        if row.predictions:
            first = row.predictions[0]
            second = row.predictions[1].probability if len(row.predictions) > 1 else 0.0
            columns["label"][index] = self.number(first.label)
            columns["probability"][index] = first.probability
            columns["margin"][index] = first.probability - second

    def forget_answers(self) -> None:
        """Put all pictures back to waiting; reviews stay."""
        for name in ("state", "label", "probability", "margin"):
            self._columns[name][:] = _COLUMNS[name][1]
        self.rows = [None] * len(self)

    def review(self, index: int, label: str | None) -> None:
        """Note the label that a person gave, or None to take it back."""
        self._columns["reviewed"][index] = self.number(label)

    def waiting(self) -> Indices:
        """Give the numbers of the pictures without an answer."""
        return np.flatnonzero(self.state == WAITING)

    def view(self, chosen: Filter, order: str = "given") -> Indices:
        """Give the numbers of the pictures that a filter lets through, sorted.

        Pictures without an answer come last where answers are compared; equal ones stay in the
        order in which they came.
        """
        shown = np.flatnonzero(self._mask(chosen))
        if order == "name":
            return np.array(sorted(shown, key=self._names.__getitem__), np.intp)
        keys = {
            "least probable": self.probability,
            "most probable": -self.probability,
            "margin": self.margin,
        }
        return shown[np.argsort(keys[order][shown], kind="stable")] if order in keys else shown

    def _mask(self, chosen: Filter) -> NDArray[np.bool_]:
        mask = self._mask_of_state(chosen.state)
        if chosen.label is not None:
            mask &= self.label == chosen.label
        if (chosen.low, chosen.high) != (0.0, 1.0):  # NaN, of no answer, is in no range
            mask &= (self.probability >= chosen.low) & (self.probability <= chosen.high)
        if chosen.name:
            part = chosen.name.casefold()
            mask &= np.fromiter((part in name for name in self._names), np.bool_, len(self))
        return mask

    def _mask_of_state(self, state: str) -> NDArray[np.bool_]:
        answered = self.state == ANSWERED
        if state == "wrong":
            known = np.where(self.reviewed != NONE, self.reviewed, self.truth)
            return answered & (known != NONE) & (known != self.label)
        if state == "unsure":
            return answered & (self.probability < UNSURE_BELOW)
        if state == "reviewed":
            return self.reviewed != NONE
        return self.state == UNREADABLE if state == "unreadable" else np.full(len(self), True)

    def _truth(self, path: str) -> int:
        return self.number(PurePath(path).parent.name)

    def _grow(self) -> None:
        have = len(self._columns["state"])
        if len(self) <= have:
            return
        for name, (kind, empty) in _COLUMNS.items():
            more = np.full(max(have, len(self)), empty, kind)
            self._columns[name] = np.concatenate([self._columns[name], more])
