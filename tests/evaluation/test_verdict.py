"""What is said of a difference in plain words."""

import numpy as np
import pytest

from tlx.evaluation.paired import PairedDifference, compare_accuracy, tango_interval
from tlx.evaluation.verdict import round_up, verdict


def difference(both, first, second, neither):
    """The second model's accuracy less the first's, from the counts."""
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    other = np.repeat([True, False, True, False], [both, first, second, neither])
    return compare_accuracy(other, one)


def test_the_better_one_is_named_with_the_interval_turned_to_its_side():
    # Where one of the two counts is 0, Tango's interval is Wilson's of the other: 10 of 100.
    said = "is better by 10.0 points (95% 5.5 to 17.4)"
    assert verdict(difference(80, 0, 10, 10)) == f"B {said}"
    assert verdict(difference(80, 10, 0, 10)) == f"A {said}"
    assert verdict(difference(80, 10, 0, 10), ("old", "new")) == f"old {said}"


def test_what_is_not_told_apart_says_how_many_pictures_would_be_needed():
    found = difference(250, 0, 2, 120)
    assert verdict(found) == (
        "not told apart on 372 pictures: B less A is 0.5 points (95% -0.5 to 1.9); about 1,100 "
        "pictures would be needed for this difference to be told"
    )
    needed = found.pictures_to_tell()
    added = 372 + 2  # half a picture to each of the four counts (Agresti and Min, 2005)
    low, more = (tango_interval(2.5 * n / added, 0.5 * n / added, n) for n in (needed - 1, needed))
    assert low[0] < 0 <= more[0]


def test_equal_scores_have_no_number_of_pictures_and_no_better_one():
    found = difference(30, 2, 2, 6)
    assert found.value == 0
    assert found.pictures_to_tell() is None
    assert verdict(found).startswith("not told apart on 40 pictures: equal accuracy (95% interval")
    assert "needed" not in verdict(found)


def test_one_picture_tells_nothing_even_where_one_is_right():
    assert verdict(difference(0, 0, 1, 0)).startswith(
        "not told apart on 1 picture: B less A is 100.0 points (95% -"
    )


def test_all_pictures_differing_one_way_is_told():
    assert verdict(difference(0, 40, 0, 0)).startswith("A is better by 100.0 points (95% ")


def test_a_mean_average_precision_is_named_and_needs_an_interval():
    found = PairedDifference("mean average precision", 9, 0.913, 0.9, (0.0021, 0.0079))
    assert verdict(found) == (
        "B is better by 1.30 points of mean average precision (95% 0.21 to 0.79)"
    )
    nothing = PairedDifference("mean average precision", 1, 1.0, 0.5, None)
    assert verdict(nothing) == (
        "not told apart on 1 picture: too few for an interval of the difference"
    )


@pytest.mark.parametrize(("count", "about"), [(7, 7), (99, 99), (101, 110), (9034, 9100)])
def test_numbers_of_pictures_are_rounded_up_to_two_digits(count, about):
    assert round_up(count) == about
