"""What a model file costs before and beside its answers: load time, cold start, memory."""

import json
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ..errors import ModelFileError
from ..inference.session import ModelSession
from ..inference.timing import Measuring, Times, Work, alternating, take_turns, timed
from . import fresh_process

FEWEST_LOADS = 6
LOAD_SHARE = 0.5
"""Of a measurement's time."""
COLD_STARTS = 5
"""Processes that are measured, after one that is not: it brings the files into memory."""
MANY = 32
"""Pictures of the command whose peak memory stands for that of a folder: four batches."""


@dataclass(frozen=True)
class FreshRun:
    """One run of a command in a process of its own; memory None where it cannot be known."""

    seconds: float
    peak_bytes: int | None


@dataclass(frozen=True)
class ColdStart:
    """`tlx classify FILE PICTURE` as a process of its own, in milliseconds from start to end."""

    median_ms: float
    least_ms: float
    most_ms: float
    repeats: int


@dataclass(frozen=True)
class Memory:
    """The largest resident memory of `tlx classify`, in bytes; None where it cannot be known.

    Attributes:
        one_bytes: with one picture.
        many_bytes: with several at once, which go in batches.
        many: how many those are.
    """

    one_bytes: int | None
    many_bytes: int | None
    many: int


@dataclass(frozen=True)
class FreshFigures:
    """What was measured in fresh processes."""

    cold_start: ColdStart
    memory: Memory


def time_loading(
    models: Sequence[Path], threads: int | None, seconds: float
) -> Generator[Measuring, None, list[Times]]:
    """Time opening each file from the system's file cache until it can answer."""
    works = [_loading(model, threads) for model in models]
    return (yield from take_turns("load time", works, LOAD_SHARE * seconds, FEWEST_LOADS))


def _loading(model: Path, threads: int | None) -> Work:
    def work(_number: int) -> Sequence[float]:
        return (timed(lambda: ModelSession(model, threads)),)

    return work


def measure_fresh_processes(
    models: Sequence[Path], pictures: Sequence[Path]
) -> Generator[Measuring, None, list[FreshFigures]]:
    """Run the command for each file in turns, then once with several pictures.

    Raises:
        ModelFileError: the command failed.
    """
    runs: list[list[FreshRun]] = [[] for _ in models]
    for number in range(COLD_STARTS + 1):
        for index in alternating(len(models), number):
            runs[index].append(classify_freshly(models[index], pictures[:1]))
        yield Measuring("cold start", number + 1, COLD_STARTS + 2)
    many = pictures[:MANY]
    figures = [
        FreshFigures(
            _cold_start([run.seconds for run in rows[1:]]),
            Memory(_largest(rows), classify_freshly(model, many).peak_bytes, len(many)),
        )
        for model, rows in zip(models, runs, strict=True)
    ]
    yield Measuring("cold start", COLD_STARTS + 2, COLD_STARTS + 2)
    return figures


def classify_freshly(model: Path, pictures: Sequence[Path]) -> FreshRun:
    """Run `tlx classify` on good pictures in a process of its own.

    Raises:
        ModelFileError: it failed.
    """
    command = [sys.executable, "-m", "tlx", "classify", "--", str(model), *map(str, pictures)]
    # -I -S: the process between, which does the measuring, must be small.
    starter = [sys.executable, "-I", "-S", fresh_process.__file__, *command]
    done = subprocess.run(starter, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if found["code"] != 0:
        raise ModelFileError(
            f"{model}: tlx classify ended with {found['code']} in a process of its own: "
            f"{found['errors'].strip()}"
        )
    return FreshRun(found["seconds"], found["peak_bytes"])


def _cold_start(seconds: Sequence[float]) -> ColdStart:
    taken = [1000 * value for value in seconds]
    return ColdStart(median(taken), min(taken), max(taken), len(taken))


def _largest(runs: Sequence[FreshRun]) -> int | None:
    return max((run.peak_bytes for run in runs if run.peak_bytes is not None), default=None)
