"""How long a model file takes to answer, from pixels to logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..inference.cores import available_cores
from ..inference.events import finish
from ..inference.graph_input import ANY_SIZE
from ..inference.session import ModelSession
from ..inference.timing import Work, take_turns, timed, timing
from .bench_pictures import MADE_SIZE

FEWEST = 6
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


def measure_latency(
    model: Path, seconds: float | None = None, threads: int | None = None
) -> Latency:
    """Measure a model file on the processor.

    Args:
        model: an ONNX file.
        seconds: about how long; by default `SECONDS`.
        threads: of the processor; by default all its cores.

    Raises:
        ModelFileError: the file cannot be used.
    """
    threads = available_cores() if threads is None else threads
    work = answering(ModelSession(model, threads), batch=1)
    budget = SECONDS if seconds is None else seconds
    (times,) = finish(take_turns("latency", [work], budget, FEWEST))
    found = timing(times)
    return Latency(found.p50_ms, found.repeats, threads)


def answering(session: ModelSession, batch: int) -> Work:
    """Make the work of computing the scores of one batch, always the same.

    Its pixels are noise, for the time does not depend on what they show; where the graph resizes,
    it does depend on their size, which is that of a made picture.
    """
    side = session.card.preprocessing.crop
    width, height = MADE_SIZE if session.card.input == ANY_SIZE else (side, side)
    shape = (batch, height, width, 3)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    def work(_number: int) -> Sequence[float]:
        return (timed(lambda: session.scores(images)),)

    return work
