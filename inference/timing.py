"""Timing work: warmed up, often enough, several works in turns so that noise hits all alike."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from math import ceil
from time import perf_counter, sleep

import numpy as np
from numpy.typing import NDArray

Work = Callable[[int], Sequence[float]]
"""Does the piece of work that a number stands for; gives the seconds that each part of it took."""

Times = NDArray[np.float64]
"""Seconds `[rounds, runs of a turn, parts]`."""

WARM_UP = 5
"""Runs before anything is measured (fewer of slow work): the first ones set up memory."""
TURN_SECONDS = 0.1
"""About how long a work has its turn, so that the works share good and bad moments."""
SHORTEST_TURN = 3
REST = 0.03
"""Seconds before a turn: onnxruntime's threads of the work before stay awake for a while. On two
cores a ResNet-18 in INT8 took twice as long beside those of the float file, which hid that it is
2.5 times as fast: round by round it came out between 0.9 and 4.9 times, with a rest 2.3 to 2.6."""


@dataclass(frozen=True)
class Timing:
    """How long a piece of work took, in milliseconds.

    Attributes:
        p50_ms: the median.
        p95_ms: no more than this in 95 of 100 runs; a time that was measured (nearest rank).
        p99_ms: likewise; of fewer than 100 runs it is the longest.
        repeats: runs that were measured.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    repeats: int


@dataclass(frozen=True)
class SpeedRatio:
    """How many times as fast one work is as another, from measurements that took turns.

    Attributes:
        ratio: over all rounds; above 1 the second is faster.
        low: least ratio of nine tenths of the rounds.
        high: largest of them.
    """

    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Measuring:
    """A figure is being measured: so many of the planned repeats are done."""

    figure: str
    done: int
    total: int


def timed(action: Callable[[], object]) -> float:
    """Run an action and give the seconds it took."""
    start = perf_counter()
    action()
    return perf_counter() - start


def take_turns(
    figure: str, works: Sequence[Work], seconds: float, fewest: int
) -> Generator[Measuring, None, list[Times]]:
    """Time several works, each equally often, on the same numbers, in alternating order.

    A turn begins with a rest, in which the threads of the work before come to rest too, and with a
    run that does not count: that work's data fill the caches.

    Args:
        figure: what is measured, for the events.
        works: called with numbers from 0 on.
        seconds: about how long each of them is measured, on average.
        fewest: repeats that are done even if that takes longer; at least 3.

    Returns:
        The times of each work.
    """
    typical = sum(_warm_up(work, seconds) for work in works) / len(works)
    repeats = max(fewest, int(seconds / typical))
    by_time = min(int(seconds / TURN_SECONDS), repeats // SHORTEST_TURN)
    rounds = max(1, fewest // SHORTEST_TURN, by_time)
    turn = ceil(repeats / rounds)
    taken: list[list[list[Sequence[float]]]] = [[] for _ in works]
    for done in range(rounds):
        numbers = range(done * turn, (done + 1) * turn)
        for index in alternating(len(works), done):
            sleep(REST if len(works) > 1 else 0)
            works[index](numbers[0])
            taken[index].append([works[index](number) for number in numbers])
        yield Measuring(figure, (done + 1) * turn, rounds * turn)
    return [np.array(rows, np.float64) for rows in taken]


def alternating(count: int, number: int) -> Sequence[int]:
    """Order `count` works forwards and backwards in turn: none is always the second."""
    return range(count) if number % 2 == 0 else range(count - 1, -1, -1)


def timing(times: Times, part: int = 0) -> Timing:
    """Sum up the times of a part."""
    chosen = 1000 * times[..., part].ravel()
    ranks = np.percentile(chosen, [50, 95, 99], method="inverted_cdf")
    return Timing(*(float(value) for value in ranks), repeats=chosen.size)


def speed_ratio(first: Times, other: Times, part: int = 0) -> SpeedRatio:
    """Compare the medians of two works that took turns; for the range round by round."""
    one, two = first[..., part], other[..., part]
    return _ratio(float(np.median(one) / np.median(two)), np.median(one, 1) / np.median(two, 1))


def rate_ratio(first: Times, other: Times) -> SpeedRatio:
    """Compare the rates, which follow from the means, of two works that took turns."""
    return _ratio(float(first.mean() / other.mean()), first.mean((1, 2)) / other.mean((1, 2)))


def _ratio(ratio: float, by_round: NDArray[np.float64]) -> SpeedRatio:
    low, high = np.percentile(by_round, [5, 95])
    return SpeedRatio(ratio, float(low), float(high))


def _warm_up(work: Work, seconds: float) -> float:
    """Run a work a few times; give the seconds of its fastest run."""
    times: list[float] = []
    while len(times) < 2 or (len(times) < WARM_UP and sum(times) < seconds / 2):
        times.append(timed(lambda: work(len(times))))
    return min(times)
