"""What a file's rule for unknown pictures refuses among known ones."""

from collections.abc import Sequence
from typing import TypedDict

from .intervals import Interval
from .metrics import wilson_interval
from .scored_picture import ScoredPicture


class Refusals(TypedDict, total=False):
    """Those of a report's numbers that only a file with a rule has."""

    refused: float
    refused_interval: Interval
    accuracy_with_refusals: float
    accuracy_with_refusals_interval: Interval


def measure_refusals(rows: Sequence[ScoredPicture]) -> Refusals:
    """Measure what the file's rule refuses, of one picture or more."""
    if any(row.unknown is None for row in rows):
        return {}
    kept = [row.correct for row in rows if not row.unknown]
    refused, right = len(rows) - len(kept), sum(kept)
    found: Refusals = {
        "refused": refused / len(rows),
        "refused_interval": wilson_interval(refused, len(rows)),
    }
    if kept:
        found["accuracy_with_refusals"] = right / len(kept)
        found["accuracy_with_refusals_interval"] = wilson_interval(right, len(kept))
    return found
