"""How work is timed: turns, repeats, and what is made of the times."""

import time

import numpy as np
import pytest

from tlx.inference.events import finish
from tlx.inference.timing import (
    WARM_UP,
    Measuring,
    rate_ratio,
    speed_ratio,
    take_turns,
    timed,
    timing,
)


def recorded(calls: list, name: str):
    """Make a work that writes down its calls; each takes its number's seconds."""

    def work(number: int) -> tuple[float, float]:
        calls.append((name, number))
        return float(number), 2.0 * number

    return work


def test_works_take_turns_on_the_same_numbers_and_the_order_alternates():
    calls: list = []
    works = [recorded(calls, "a"), recorded(calls, "b")]
    found = finish(take_turns("figure", works, 0, fewest=6))
    warm_up = [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    first = [("a", n) for n in (0, 0, 1, 2)] + [("b", n) for n in (0, 0, 1, 2)]
    second = [("b", n) for n in (3, 3, 4, 5)] + [("a", n) for n in (3, 3, 4, 5)]
    assert calls == warm_up + first + second
    for times in found:  # the first run of a turn does not count
        assert times.tolist() == [[[0, 0], [1, 2], [2, 4]], [[3, 6], [4, 8], [5, 10]]]


def test_events_count_the_repeats_up_to_the_planned_ones():
    events: list = []
    finish(take_turns("figure", [lambda _: (1.0,)], 0, fewest=9), events.append)
    assert events == [Measuring("figure", done, 9) for done in (3, 6, 9)]


def test_more_time_gives_more_repeats_and_short_turns():
    def work(_number: int) -> tuple[float]:
        return (timed(lambda: time.sleep(0.001)),)

    (few,) = finish(take_turns("figure", [work], 0, fewest=3))
    (many,) = finish(take_turns("figure", [work], 0.4, fewest=3))
    assert few.size == 3
    assert many.size > 6
    assert len(many) > 1


@pytest.mark.parametrize(("seconds", "runs"), [(0, 2), (100, WARM_UP)])
def test_slow_work_is_warmed_up_less_and_never_not(seconds, runs, monkeypatch):
    calls: list = []

    def ten_seconds(action) -> float:
        action()
        return 10.0

    monkeypatch.setattr("tlx.inference.timing.timed", ten_seconds)
    next(take_turns("figure", [recorded(calls, "a")], seconds, fewest=3))
    assert [number for _, number in calls][:runs] == list(range(runs))
    assert [number for _, number in calls][runs : runs + 2] == [0, 0]


def test_percentiles_are_times_that_were_measured():
    times = np.random.default_rng(0).permutation(np.arange(1, 101)).reshape(10, 10, 1) / 1000
    found = timing(times)
    assert (found.p50_ms, found.p95_ms, found.p99_ms) == pytest.approx((50, 95, 99))
    assert found.repeats == 100


def test_p99_of_fewer_than_a_hundred_is_the_longest_and_parts_stay_apart():
    times = np.zeros((3, 11, 2))
    times[..., 1].flat = np.arange(1, 34) / 1000
    assert timing(times, 0).p99_ms == 0
    assert timing(times, 1).p99_ms == pytest.approx(33)
    assert timing(times, 1).p50_ms == pytest.approx(17)


def test_the_ratio_is_of_the_medians_and_its_range_round_by_round():
    first = np.array([[[4.0], [4.0], [9.0]], [[6.0], [6.0], [6.0]], [[8.0], [8.0], [8.0]]])
    other = np.full((3, 3, 1), 2.0)
    found = speed_ratio(first, other)
    assert found.ratio == 3
    assert (found.low, found.high) == pytest.approx((2.1, 3.9))  # of 2, 3 and 4


def test_the_ratio_of_rates_is_of_the_means_as_pictures_a_second_are():
    first = np.array([[[4.0], [4.0], [10.0]], [[6.0], [6.0], [6.0]]])
    other = np.full((2, 3, 1), 2.0)
    found = rate_ratio(first, other)
    assert found.ratio == 3
    assert (found.low, found.high) == (3, 3)


def test_a_work_against_itself_is_as_fast():
    times = np.random.default_rng(0).uniform(1, 2, (10, 5, 1))
    for found in (speed_ratio(times, times), rate_ratio(times, times)):
        assert (found.ratio, found.low, found.high) == (1, 1, 1)
