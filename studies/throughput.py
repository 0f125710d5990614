"""Which threads and batch size let a model file answer soonest, and most pictures a second."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..inference.session import ModelSession
from ..inference.timing import Measuring, Times, take_turns
from .latency import answering

BATCHES = (1, 4, 8, 16, 32)
GAIN = 1.03
"""A larger batch is tried only if the last one gave some file so much more than it had."""
SEARCH_SHARE = 0.2
"""Of a measurement's time: what each setting gets in the search."""
FEWEST_TRIED, FEWEST_LATENCY, FEWEST_THROUGHPUT = 3, 30, 9


@dataclass(frozen=True)
class Setting:
    """How a model file is run: threads of the processor, pictures a run, and what that gave."""

    threads: int
    batch: int
    pictures_per_second: float


@dataclass(frozen=True, eq=False)
class BestAnswers:
    """A model file at its best, from pixels to scores.

    Attributes:
        tried: every setting of the search.
        latency_threads: that answer one picture soonest.
        latency_times: of one picture, measured again with them.
        throughput: the setting that gives most, with the rate of a second measurement.
        throughput_times: of that measurement, by picture.
    """

    tried: tuple[Setting, ...]
    latency_threads: int
    latency_times: Times
    throughput: Setting
    throughput_times: Times


def thread_counts(cores: int) -> list[int]:
    """List the thread counts worth a try: powers of two, half of the cores, all of them."""
    powers = (2**power for power in range(cores.bit_length()))
    return sorted({*powers, max(1, cores // 2), cores})


def find_best_answers(
    models: Sequence[Path], threads: Sequence[int], seconds: float
) -> Generator[Measuring, None, list[BestAnswers]]:
    """Search threads and batch size for each file, and measure the best again.

    The best of several noisy figures flatters, so the search's own are not reported as results.

    Raises:
        ModelFileError: a file cannot be used.
    """
    tried = yield from _search(models, threads, seconds)
    soonest = [_best([row for row in rows if row.batch == 1]) for rows in tried]
    most = [_best(rows) for rows in tried]
    latency = yield from _measure("latency", models, soonest, seconds, FEWEST_LATENCY)
    throughput = yield from _measure("throughput", models, most, seconds, FEWEST_THROUGHPUT)
    return [
        BestAnswers(
            tried=tuple(tried[index]),
            latency_threads=soonest[index].threads,
            latency_times=latency[index],
            throughput=_again(most[index], throughput[index]),
            throughput_times=throughput[index],
        )
        for index in range(len(models))
    ]


def _search(
    models: Sequence[Path], threads: Sequence[int], seconds: float
) -> Generator[Measuring, None, list[list[Setting]]]:
    tried: list[list[Setting]] = [[] for _ in models]
    for count in threads:
        sessions = [ModelSession(model, count) for model in models]
        best = [0.0 for _ in models]
        for batch in BATCHES:
            works = [answering(session, batch) for session in sessions]
            figure = f"threads {count}, batch {batch}"
            found = yield from take_turns(figure, works, SEARCH_SHARE * seconds, FEWEST_TRIED)
            rates = [_rate(times / batch) for times in found]
            for rows, rate in zip(tried, rates, strict=True):
                rows.append(Setting(count, batch, rate))
            if not any(rate > GAIN * old for rate, old in zip(rates, best, strict=True)):
                break
            best = [max(pair) for pair in zip(rates, best, strict=True)]
    return tried


def _measure(
    figure: str, models: Sequence[Path], settings: Sequence[Setting], seconds: float, fewest: int
) -> Generator[Measuring, None, list[Times]]:
    """Measure each file with its own setting; the times are those of a picture."""
    works = [
        answering(ModelSession(model, setting.threads), setting.batch)
        for model, setting in zip(models, settings, strict=True)
    ]
    found = yield from take_turns(figure, works, seconds, fewest)
    return [times / setting.batch for times, setting in zip(found, settings, strict=True)]


def _best(settings: Sequence[Setting]) -> Setting:
    return max(settings, key=lambda setting: setting.pictures_per_second)


def _again(setting: Setting, times: Times) -> Setting:
    return Setting(setting.threads, setting.batch, _rate(times))


def _rate(times: Times) -> float:
    return float(1 / times.mean())
