"""Which pictures are shown, in which order: an index array, never a proxy model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .state import Results

WAITING, ANSWERED, UNREADABLE = range(3)
"""What became of a picture."""
NONE, NOT_SURE, SEVERAL = -1, -2, -3
"""In place of a label's number: there is none; a person could not tell; said which ones apply."""

UNSURE_BELOW = 0.5
"""An answer less probable than this is more likely wrong than right, where it is calibrated."""

STATES = ("all", "wrong", "unsure", "unknown", "reviewed", "unreadable")
ORDERS = ("given", "name", "least probable", "most probable", "margin")

Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Filter:
    """Which pictures are shown: those for which all of it holds.

    Attributes:
        label: the number of the answer's label, or of one of its several.
        low: least probability, 0..1; pictures without an answer pass if the range is whole.
        high: largest, likewise.
        state: one of `STATES`.
        name: a part of the file's name, in any case of letters.
        only: numbers of the pictures that may be shown; None for all.
    """

    label: int | None = None
    low: float = 0.0
    high: float = 1.0
    state: str = "all"
    name: str = ""
    only: frozenset[int] | None = None


def view(results: "Results", chosen: Filter, order: str = "given") -> Indices:
    """Give the numbers of the pictures that a filter lets through, sorted.

    Pictures without an answer come last where answers are compared; equal ones stay in the order
    in which they came.
    """
    shown = np.flatnonzero(mask(results, chosen))
    if order == "given":
        return shown
    keys = {
        "name": lambda: results.name_ranks,
        "least probable": lambda: results.probability,
        "most probable": lambda: -results.probability,
        "margin": lambda: results.margin,
    }
    return shown[np.argsort(keys[order]()[shown], kind="stable")]


def mask(results: "Results", chosen: Filter) -> Mask:
    """Tell of each picture whether a filter lets it through."""
    passes = _in_state(results, chosen.state)
    if chosen.only is not None:
        among = np.zeros(len(results), np.bool_)
        among[list(chosen.only)] = True
        passes &= among
    if chosen.label is not None:
        passes &= results.answered_with(chosen.label)
    if (chosen.low, chosen.high) != (0.0, 1.0):  # NaN, of no answer, is in no range
        passes &= (results.probability >= chosen.low) & (results.probability <= chosen.high)
    if chosen.name:
        part = chosen.name.casefold()
        named = (part in name for name in results.names)
        passes &= np.fromiter(named, np.bool_, len(results))
    return passes


def known_labels(results: "Results") -> NDArray[np.int32]:
    """Give each picture's right label: a person's word before the folder's; else `NONE`."""
    return np.where(results.reviewed >= 0, results.reviewed, results.truth)


def _in_state(results: "Results", state: str) -> Mask:
    answered = results.state == ANSWERED
    if state == "wrong" and results.several:
        return answered & results.corrected()
    if state == "wrong":
        known = known_labels(results)
        return answered & (known != NONE) & (known != results.label)
    if state == "unsure":
        below = answered & (results.probability < results.unsure_below)
        return below | (results.reviewed == NOT_SURE)
    if state == "unknown":
        return answered & (results.unknown == 1)
    if state == "reviewed":
        return results.reviewed != NONE
    return results.state == UNREADABLE if state == "unreadable" else np.full(len(results), True)
