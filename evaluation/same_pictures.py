"""What comparisons of two model files on the same pictures have in common, whatever the task."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from .paired import Counts, PairedDifference, Right, compare_accuracy, count_right, mcnemar_p


class _OfLabel(Protocol):
    @property
    def value(self) -> float: ...


class _OfPicture(Protocol):
    @property
    def right(self) -> str: ...


OfLabel = TypeVar("OfLabel", bound=_OfLabel)
OfPicture = TypeVar("OfPicture", bound=_OfPicture)


@dataclass(frozen=True)
class RightPictures:
    """Which pictures two files get right.

    Attributes:
        counts: how many which of them gets right.
        difference: the share of the second less that of the first (it is `difference.first`).
        p_value: of McNemar's exact test.
    """

    counts: Counts
    difference: PairedDifference
    p_value: float


def compare_right(first: Right, second: Right) -> RightPictures:
    """Compare two files' right answers to the same N pictures, bool `[N]` each; N >= 1."""
    counts = count_right(first, second)
    p_value = mcnemar_p(counts.only_first, counts.only_second)
    return RightPictures(counts, compare_accuracy(second, first), p_value)


def largest_first(rows: Mapping[str, OfLabel]) -> dict[str, OfLabel]:
    """Sort differences by label: the largest first, whichever file it favours."""
    return dict(sorted(rows.items(), key=lambda row: -abs(row[1].value)))


def lost_first(
    rows: Iterable[OfPicture], apart: Callable[[OfPicture], float]
) -> tuple[OfPicture, ...]:
    """Sort pictures on which two files differ.

    Those that the first alone gets right stand first, then those of the second, then the others;
    in each part those with the largest `apart`.
    """
    parts = ("first", "second", "neither")
    return tuple(sorted(rows, key=lambda row: (parts.index(row.right), -apart(row))))
