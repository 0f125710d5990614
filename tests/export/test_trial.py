"""What is said of a loss that the pictures do not tell from the gate."""

import numpy as np
import pytest

from tlx.evaluation.paired import PairedDifference, compare_accuracy
from tlx.export.quantized_score import QuantizedScore
from tlx.export.trial import Gates, Trial, not_told_text


def trial(difference: PairedDifference, limit: float) -> Trial:
    score = QuantizedScore(
        difference=difference,
        agreement=1.0,
        clear_pictures=1,
        clear_agreement=1.0,
        mean_probability_difference=0.0,
        max_probability_difference=0.0,
    )
    return Trial("int8", "a recipe", (), 1, 4, score, None, Gates(limit, faster=False))


def compared(only_first: int, only_second: int) -> PairedDifference:
    """Compare two models on 3000 pictures, of which so many are answered right by one alone."""
    first, second = np.arange(3000) < 2000, np.arange(3000) < 2000
    first[2000 : 2000 + only_first] = True
    second[2500 : 2500 + only_second] = True
    return compare_accuracy(first, second)


@pytest.mark.parametrize(
    ("counts", "limit", "said"),
    [
        ((10, 10), 0.0, "within 0 points; no number would, if the true loss is as measured"),
        ((15, 0), 0.005, "within 0.5 points; no number would, if the true loss is as measured"),
        ((16, 2), 0.005, "within 0.5 points; about 222,"),
        ((0, 2), 0.0, "within 0 points; about "),
    ],
)
def test_the_number_of_pictures_that_would_tell_is_said_or_that_none_would(counts, limit, said):
    one = trial(compared(*counts), limit)
    assert one.passed
    assert not one.told
    text = not_told_text(one)
    assert text.startswith(f"3000 validation pictures do not tell whether the true loss is {said}")


def test_without_an_interval_there_is_no_number():
    one = trial(PairedDifference("mean average precision", 5, 0.5, 0.5, None), 0.01)
    assert not one.told
    assert not_told_text(one).endswith("1 points: no interval can be computed from them")
