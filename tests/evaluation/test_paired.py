"""Two models on the same pictures: against published intervals and independent computations."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom, binomtest

from tlx.evaluation.multi_label_metrics import mean_average_precision
from tlx.evaluation.paired import (
    Counts,
    Z,
    compare_accuracy,
    compare_mean_average_precision,
    count_right,
    mcnemar_p,
    tango_interval,
    who_is_right,
)


def answers(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Make right and wrong answers with these counts."""
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    other = np.repeat([True, False, True, False], [both, first, second, neither])
    return one, other


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Fagerland, Lydersen and Laake, "Recommended tests and confidence intervals for paired
        # binomial proportions", Statistics in Medicine 33, 2014: hyper-responsive airways.
        ((1, 1, 7, 12), -0.517, -0.026),
        # Agresti and Min, "Simple improved confidence intervals for comparing matched
        # proportions", Statistics in Medicine 24, 2005.
        ((53, 16, 8, 9), -0.020, 0.207),
    ],
)
def test_the_interval_is_the_published_one(counts, low, high):
    found = compare_accuracy(*answers(*counts))
    assert found.interval == pytest.approx((low, high), abs=5e-4)
    assert found.value == pytest.approx((counts[1] - counts[2]) / sum(counts))
    assert (found.only_first, found.only_second) == counts[1:3]
    assert (found.first, found.second) == pytest.approx(
        ((counts[0] + counts[1]) / sum(counts), (counts[0] + counts[2]) / sum(counts))
    )


def score_statistic(b: int, c: int, n: int, difference: float) -> float:
    """Compute it from its definition: the likelihood is maximised by search, not by formula."""

    def loss(share: float) -> float:  # of c; that of b is `difference` more
        shares = np.array([share + difference, share, 1 - 2 * share - difference])
        return -float(np.sum(np.array([b, c, n - b - c]) * np.log(np.maximum(shares, 1e-300))))

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    share = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x
    variance = 2 * share + difference - difference**2
    return (b - c - n * difference) / np.sqrt(n * variance)


@pytest.mark.parametrize(("b", "c", "n"), [(1, 7, 21), (16, 8, 86), (3, 1, 341), (9, 12, 2000)])
def test_at_both_ends_the_score_statistic_is_that_of_95_percent(b, c, n):
    low, high = tango_interval(b, c, n)
    assert score_statistic(b, c, n, low) == pytest.approx(Z, abs=1e-3)
    assert score_statistic(b, c, n, high) == pytest.approx(-Z, abs=1e-3)


def test_equal_answers_still_leave_a_difference_possible():
    low, high = tango_interval(0, 0, 341)
    assert high == -low == pytest.approx(Z**2 / (341 + Z**2), abs=1e-9)


@pytest.mark.parametrize(("b", "c", "n"), [(5, 0, 5), (1, 0, 1), (0, 5, 5), (0, 0, 1)])
def test_few_and_one_sided_pictures_give_an_interval_within_its_range(b, c, n):
    low, high = tango_interval(b, c, n)
    assert -1 <= low <= (b - c) / n <= high <= 1
    assert low < high


def test_changing_the_places_of_the_models_turns_the_interval_round():
    low, high = tango_interval(3, 11, 200)
    assert tango_interval(11, 3, 200) == pytest.approx((-high, -low), abs=1e-9)


def test_about_95_of_100_intervals_hold_the_true_difference():
    chance = np.random.default_rng(0)
    held = 0
    for b, c, _ in chance.multinomial(300, [0.03, 0.02, 0.95], size=400):
        low, high = tango_interval(int(b), int(c), 300)
        held += low <= 0.01 <= high
    assert 0.92 <= held / 400 <= 0.98


def ends_within(b: float, c: float, n: int, limit: float) -> bool:
    """Tell from the definition whether `limit` is above the 95 % interval."""
    return score_statistic(b, c, n, limit) <= -Z


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        ((2700, 16, 2, 282), 0.005),  # just below the limit: the margin decides
        ((250, 2, 2, 87), 0.005),
        ((250, 1, 9, 81), 0.0),
        ((20, 2, 1, 7), 0.1),
        ((900, 20, 35, 1045), 0.01),  # not a loss at all
    ],
)
def test_with_as_large_shares_so_many_pictures_and_no_fewer_stay_within_the_limit(counts, limit):
    found = compare_accuracy(*answers(*counts))
    _, high = found.interval
    needed, n = found.pictures_to_bound(limit), sum(counts)
    b, c = ((count + 0.5) / (n + 2) for count in counts[1:3])
    assert needed > n
    assert ends_within(b * needed, c * needed, needed, limit)
    if needed > n + 1:
        assert high > limit
        assert not ends_within(b * (needed - 1), c * (needed - 1), needed - 1, limit)


def test_close_to_the_limit_many_more_are_needed_than_to_tell_it_from_none():
    found = compare_accuracy(*answers(2700, 16, 2, 282))
    assert found.interval[1] > 0.005
    # Wald: Z standard deviations fit between drop and limit; Tango takes those at the limit.
    share, drop = 19 / 3002, 14 / 3002
    normal = Z**2 * (share - drop**2) / (0.005 - drop) ** 2
    assert found.pictures_to_bound(0.005) == pytest.approx(normal, rel=0.05)


def test_so_many_pictures_really_stay_within_the_limit_about_half_the_time():
    """Half, since the drop that is measured on others lies above the true one as often as below."""
    found = compare_accuracy(*answers(900, 30, 30, 40))
    needed = found.pictures_to_bound(0.01)
    chance = np.random.default_rng(2)
    drawn = chance.multinomial(needed, [30.5 / 1002, 30.5 / 1002, 941 / 1002], size=400)
    within = [tango_interval(int(b), int(c), needed)[1] <= 0.01 for b, c, _ in drawn]
    assert np.mean(within) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        ((100, 7, 2, 891), 0.005),  # at the limit
        ((100, 7, 2, 891), 0.004),
        ((300, 0, 0, 41), 0.0),
        ((100, 0, 30, 70), -0.1499),  # -0.15, nearer to 0 with the halves: -0.1485
        ((889, 11, 0, 100), 1.1 / 100),  # a hair above 11 / 1000
    ],
)
def test_no_number_of_pictures_tells_a_difference_from_itself(counts, limit):
    assert compare_accuracy(*answers(*counts)).pictures_to_bound(limit) is None


def test_equal_answers_need_a_number_too():
    found = compare_accuracy(*answers(300, 0, 0, 41))
    assert found.value == 0
    assert found.pictures_to_bound(0.005) > 765  # so many suffice if not one ever differs


def test_the_counts_give_mcnemars_test():
    found = compare_accuracy(*answers(100, 2, 12, 30))
    exact = binomtest(found.only_first, found.only_first + found.only_second).pvalue
    assert exact == pytest.approx(2 * binom.cdf(2, 14, 0.5))


def made(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make the rankings of two models, the second a little worse, and the truth."""
    chance = np.random.default_rng(seed)
    truth = chance.random((rows, 4)) < 0.3
    first = truth + chance.normal(0, 0.8, truth.shape)
    return first, first + chance.normal(0, 0.2, truth.shape), truth


def test_mean_average_precision_has_a_paired_interval_narrower_than_two_single_ones():
    first, second, truth = made(200, 0)
    found = compare_mean_average_precision(first, second, truth)
    assert found.metric == "mean average precision"
    assert found.value == mean_average_precision(first, truth) - mean_average_precision(
        second, truth
    )
    low, high = found.interval
    assert low <= found.value <= high
    assert high - low < 0.08
    shuffled = compare_mean_average_precision(first, made(200, 5)[1][::-1].copy(), truth)
    assert high - low < 0.5 * (shuffled.interval[1] - shuffled.interval[0])


def test_mean_average_precision_needs_four_times_the_pictures_for_half_the_width():
    found = compare_mean_average_precision(*made(200, 0))
    _, high = found.interval
    half = found.value + (high - found.value) / 2
    assert found.pictures_to_bound(half) == pytest.approx(800, abs=1)
    assert found.pictures_to_bound(high - 1e-9) == 201
    assert found.pictures_to_bound(found.value) is None
    # Reckoned from half as many pictures, the same width takes about as many.
    fewer = compare_mean_average_precision(*made(100, 0))
    margin = half - found.value
    assert fewer.pictures_to_bound(fewer.value + margin) == pytest.approx(800, rel=0.6)


def test_equal_rankings_differ_by_nothing():
    first, _, truth = made(50, 1)
    found = compare_mean_average_precision(first, first, truth)
    assert (found.value, found.interval) == (0, (0, 0))


def test_without_a_positive_picture_there_is_no_interval_and_no_number():
    truth = np.zeros((5, 2), bool)
    found = compare_mean_average_precision(np.ones((5, 2)), np.zeros((5, 2)), truth)
    assert found.interval is None
    assert found.pictures_to_bound(0.01) is None


@pytest.mark.parametrize(
    ("only_first", "only_second", "value"),
    [
        # By hand: twice the smaller tail of the binomial distribution of 1/2.
        (0, 5, 2 / 2**5),
        (1, 7, 2 * (1 + 8) / 2**8),  # 0.0703: Fagerland, Lydersen and Laake, 2013, their example
        (2, 2, 1.0),
        (0, 1, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemars_exact_test_is_the_binomial_one(only_first, only_second, value):
    assert mcnemar_p(only_first, only_second) == pytest.approx(value)
    assert mcnemar_p(only_second, only_first) == pytest.approx(value)


def test_pictures_are_counted_by_who_is_right():
    assert count_right(*answers(5, 3, 2, 4)) == Counts(5, 3, 2, 4)
    assert [who_is_right(*row) for row in ((True, False), (False, True), (False, False))] == [
        "first",
        "second",
        "neither",
    ]


def test_turning_a_difference_round_changes_the_places_of_everything():
    found = compare_accuracy(*answers(53, 16, 8, 9))
    other = compare_accuracy(*reversed(answers(53, 16, 8, 9)))
    assert found.turned().interval == pytest.approx(other.interval, abs=1e-9)
    assert replace(found.turned(), interval=None) == replace(other, interval=None)


def test_a_difference_is_told_apart_where_the_interval_leaves_out_0():
    assert not compare_accuracy(*answers(53, 16, 8, 9)).told_apart
    assert compare_accuracy(*answers(53, 20, 5, 9)).told_apart
    assert not compare_accuracy(*answers(9, 0, 0, 0)).told_apart


def test_told_apart_or_more_pictures_is_all_there_is():
    told = compare_accuracy(*answers(53, 20, 5, 9))
    assert told.pictures_to_tell() is None
    for counts in ((53, 16, 8, 9), (53, 8, 16, 9)):
        open_yet = compare_accuracy(*answers(*counts))
        needed = open_yet.pictures_to_tell()
        assert 86 < needed < 200
