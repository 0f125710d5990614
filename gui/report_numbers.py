"""The numbers of a report as the worker sends it: the object of `tlx eval --json`. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..inference.strict_json import UnexpectedJsonError, read
from .scoring_messages import Interval


@dataclass(frozen=True)
class LabelNumbers:
    """A label's scores in 0..1 with their 95 % intervals; None where undefined.

    Attributes:
        label: its name.
        support: pictures that have it.
        precision, recall, f1, average_precision: each with its interval.
    """

    label: str
    support: int
    precision: float
    precision_interval: Interval | None
    recall: float
    recall_interval: Interval | None
    f1: float
    f1_interval: Interval | None
    average_precision: float | None
    average_precision_interval: Interval | None


class ReportNumbers:
    """Reads a documented object by its keys, one inside another.

    Raises:
        UnexpectedJsonError: in each method, for a key that is not there or of another type.
    """

    def __init__(self, content: Mapping[str, object]) -> None:
        self._content = content

    def number(self, *keys: str) -> float | None:
        """Give a number; None where the report says null."""
        return self._read(float | None, keys)

    def interval(self, *keys: str) -> Interval | None:
        """Give the ends of an interval, likewise."""
        return self._read(tuple[float, float] | None, keys)

    def count(self, *keys: str) -> int:
        """Give a whole number."""
        return self._read(int, keys)

    def text(self, *keys: str) -> str:
        """Give a text; empty where the report says null."""
        return self._read(str | None, keys) or ""

    def texts(self, *keys: str) -> tuple[str, ...]:
        """Give a list of texts."""
        return self._read(tuple[str, ...], keys)

    def entries(self, *keys: str) -> "list[ReportNumbers]":
        """Give a list of objects."""
        found = self._find(keys)
        if not isinstance(found, list):
            raise UnexpectedJsonError(f"{'.'.join(keys)} should be a list")
        return [ReportNumbers(entry) for entry in found]

    def has(self, key: str) -> bool:
        """Tell whether a key is there and not null."""
        return self._content.get(key) is not None

    def is_text(self, key: str) -> bool:
        """Tell whether a text stands under a key."""
        return isinstance(self._content.get(key), str)

    def is_list(self, key: str) -> bool:
        """Tell whether a list stands under a key."""
        return isinstance(self._content.get(key), list)

    def per_label(self) -> tuple[LabelNumbers, ...]:
        """Give the scores of all labels, in the card's order."""
        return tuple(self._label(label) for label in self.texts("labels"))

    def _label(self, label: str) -> LabelNumbers:
        def number(name: str) -> float | None:
            return self.number("per_label", label, name)

        def interval(name: str) -> Interval | None:
            return self.interval("per_label", label, f"{name}_interval")

        return LabelNumbers(
            label,
            self.count("per_label", label, "support"),
            *(number("precision") or 0.0, interval("precision")),
            *(number("recall") or 0.0, interval("recall")),
            *(number("f1") or 0.0, interval("f1")),
            *(number("average_precision"), interval("average_precision")),
        )

    def _find(self, keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - plain JSON
        found: Any = self._content
        for key in keys:
            if not isinstance(found, Mapping) or key not in found:
                raise UnexpectedJsonError(f"the report has no {'.'.join(keys)}")
            found = found[key]
        return found

    def _read(self, kind: Any, keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - kind decides
        return read(kind, self._find(keys), ".".join(keys))
