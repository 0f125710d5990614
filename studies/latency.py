"""How long a model file takes to answer."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from ..inference.cores import available_cores
from ..inference.session import ModelSession

WARM_UP = 5
"""Runs that are not measured: the first ones set up memory."""
FEWEST, MOST = 5, 500
SECONDS = 1.0


@dataclass(frozen=True)
class Latency:
    """A measurement.

    Attributes:
        milliseconds: the median from pixels to logits, one picture at a time.
        runs: how many it is the median of.
        threads: of the processor.
    """

    milliseconds: float
    runs: int
    threads: int


def measure_latency(model: Path, seconds: float = SECONDS) -> Latency:
    """Measure a model file on the processor, with all its cores, for about so many seconds.

    Raises:
        ModelFileError: the file cannot be used.
    """
    threads = available_cores()
    session = ModelSession(model, threads)
    side = session.card.preprocessing.crop
    picture = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), dtype=np.uint8)
    for _ in range(WARM_UP):
        session.scores(picture)
    times: list[float] = []
    while len(times) < FEWEST or (sum(times) < seconds and len(times) < MOST):
        start = perf_counter()
        session.scores(picture)
        times.append(perf_counter() - start)
    return Latency(1000 * median(times), len(times), threads)
