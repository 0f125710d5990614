"""How many times as fast one file is as another."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from scipy.stats import binom

from tlx.export import speed
from tlx.export.speed import measure_speedup, median_interval, name_processor
from tlx.inference import timing
from tlx.inference.other_programs import CoreTimes


class Sleeper:
    """Takes the milliseconds of its name, by a clock of its own; notes who was asked, in order."""

    asked: ClassVar[list[str]] = []
    now: ClassVar[float] = 0.0

    def __init__(self, path: Path, threads: int, provider: str) -> None:
        assert threads >= 1
        self.name = path.name

    def scores(self, _pictures: object) -> None:
        Sleeper.asked.append(self.name)
        Sleeper.now += float(self.name) / 1000


@pytest.fixture
def sleepers(monkeypatch) -> type[Sleeper]:
    monkeypatch.setattr(speed, "ModelSession", Sleeper)
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    monkeypatch.setattr(timing, "perf_counter", lambda: Sleeper.now)
    monkeypatch.setattr(timing, "sleep", lambda _: None)
    monkeypatch.setattr(speed, "read_core_times", lambda: None)  # they count by another clock
    Sleeper.asked = []
    return Sleeper


def test_the_ratio_is_that_of_the_times(sleepers):
    found = measure_speedup(Path("6"), Path("2"), np.zeros((4, 4, 3), np.uint8))
    assert found.ratio == pytest.approx(3)
    assert found.interval[0] <= found.ratio <= found.interval[1]
    assert found.float_ms == pytest.approx(6)
    assert found.quantized_ms == pytest.approx(2)
    assert found.rounds == speed.FEWEST
    assert found.processor == name_processor()
    assert (found.others, found.busy) == (None, False)


def test_what_other_programs_used_meanwhile_is_told(sleepers, monkeypatch):
    times = [CoreTimes(0.0, 50.0, 1.0), CoreTimes(2.0, 53.5, 1.5)]
    monkeypatch.setattr(speed, "available_cores", lambda: 2)
    monkeypatch.setattr(speed, "read_core_times", lambda: times.pop(0))
    found = measure_speedup(Path("1"), Path("1"), np.zeros((4, 4, 3), np.uint8))
    assert (found.others, found.busy) == (1.5, True)


def test_the_files_take_turns_in_alternating_order(sleepers):
    measure_speedup(Path("1"), Path("2"), np.zeros((4, 4, 3), np.uint8))
    turn = timing.SHORTEST_TURN + 1  # and one that does not count
    measured = sleepers.asked[-2 * turn * speed.FEWEST :]
    assert measured[: 4 * turn] == ["1"] * turn + ["2"] * turn * 2 + ["1"] * turn


@pytest.mark.parametrize("count", [15, 20, 100])
def test_the_interval_of_a_median_goes_by_ranks_and_is_no_wider_than_it_must_be(count):
    values = list(np.random.default_rng(0).permutation(count).astype(float))  # a value is its rank
    low, high = median_interval(values)
    assert low + high == count - 1
    # The median lies below the value of rank k if at most k of the values do.
    assert 2 * binom.cdf(low, count, 0.5) <= 0.05 < 2 * binom.cdf(low + 1, count, 0.5)


def test_95_of_100_such_intervals_hold_the_true_median():
    chance = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        low, high = median_interval(list(chance.exponential(size=25)))
        held += low <= np.log(2) <= high
    assert 0.93 <= held / 1000 <= 0.99


def test_a_real_file_is_about_as_fast_as_itself(model_file, monkeypatch):
    monkeypatch.setattr(speed, "SECONDS", 0.5)
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    found = measure_speedup(model_file, model_file, picture)
    assert 0.3 < found.ratio < 3
    assert found.float_ms > 0
