"""What a file's rule for unknown pictures refuses among known ones, and what was to be expected.

The threshold is the k-th smallest of n validation scores. If the m pictures that it is judged on
are like these (exchangeable with them), the share of all such pictures above it is a draw from
Beta(n + 1 - k, k) (Wilks, "Determination of sample sizes for setting tolerance limits", Annals
of Mathematical Statistics 12, 1941), with the mean (n + 1 - k) / (n + 1); so how many of the m are
refused is beta-binomial. A binomial interval counts the m alone. Vovk ("Conditional validity of
inductive conformal predictors", ACML 2012, arXiv:1209.2673) says it of split conformal prediction.
"""

from collections.abc import Sequence
from typing import TypedDict

from scipy.stats import betabinom

from ..inference.card import MeasuredResult
from .intervals import Interval
from .metrics import wilson_interval
from .scored_picture import ScoredPicture


class Refusals(TypedDict, total=False):
    """Those of a report's numbers that only a file with a rule has."""

    refused: float
    refused_interval: Interval
    refused_expected: float
    refused_expected_interval: Interval
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


def expected_refusals(
    refused: float | None, pictures: int, chosen: MeasuredResult | None
) -> Refusals:
    """Compute what is expected of pictures like those that chose the threshold.

    Args:
        refused: the share that is refused; None without a rule.
        pictures: how many there are, at least one.
        chosen: the share above the threshold of the pictures that chose it, and how many these
            were: the card's `refusal`; None of a file before it was recorded.
    """
    if refused is None or chosen is None:
        return {}
    above = round(chosen.value * chosen.pictures)
    likely = betabinom(pictures, above + 1, chosen.pictures - above)
    low, high = (float(likely.ppf(share)) / pictures for share in (0.025, 0.975))
    return {
        "refused_expected": (above + 1) / (chosen.pictures + 1),
        "refused_expected_interval": (low, high),
    }
