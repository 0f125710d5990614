"""How many times as fast a file answers as another one, on this processor."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from scipy.stats import binom

from ..inference.cores import available_cores
from ..inference.events import finish
from ..inference.graph_input import Pixels
from ..inference.other_programs import BUSY, read_core_times
from ..inference.processor import describe_processor
from ..inference.session import CPU, ModelSession
from ..inference.timing import SHORTEST_TURN, Work, take_turns, timed

FEWEST = 15
"""Rounds; in each, both files have a turn."""
SECONDS = 3.0
"""About how long each file is measured."""


@dataclass(frozen=True)
class Speedup:
    """Two files that took turns, one picture at a time, from pixels to logits.

    Attributes:
        float_ms: median of the float file, in milliseconds.
        quantized_ms: median of the other one.
        ratio: median over the rounds of float / other; above 1 the other one is faster.
        interval: 95 % interval of that median, by its ranks (without any assumption).
        rounds: how many.
        threads: of the processor.
        processor: its name and what it has for small numbers, such as "AMD EPYC (VNNI)"; of
            another provider than the processor its name in onnxruntime.
        others: how many cores other programs kept busy meanwhile; None where the system does not
            tell.
    """

    float_ms: float
    quantized_ms: float
    ratio: float
    interval: tuple[float, float]
    rounds: int
    threads: int
    processor: str
    others: float | None = None

    @property
    def busy(self) -> bool:
        """Whether other programs used so much of the processor that the ratio may be far off."""
        return self.others is not None and self.others >= BUSY * self.threads


def measure_speedup(reference: Path, other: Path, picture: Pixels, provider: str = CPU) -> Speedup:
    """Measure both files in alternating turns, with all cores.

    Args:
        reference: the float file.
        other: the quantized one.
        picture: what both are asked, uint8 `[S, S, 3]`.
        provider: onnxruntime's name of what computes.

    Raises:
        ModelFileError: a file cannot be opened.
    """
    threads = available_cores()
    sessions = [ModelSession(path, threads, provider) for path in (reference, other)]
    works = [_answering(session, picture) for session in sessions]
    before = read_core_times()
    times = finish(take_turns("speed", works, SECONDS, FEWEST * SHORTEST_TURN))
    after = read_core_times()
    first, second = (np.median(found[..., 0], axis=1) for found in times)
    ratios = [float(ratio) for ratio in first / second]
    return Speedup(
        1000 * float(np.median(first)),
        1000 * float(np.median(second)),
        median(ratios),
        median_interval(ratios),
        len(ratios),
        threads,
        name_processor() if provider == CPU else provider,
        before.others(after) if before and after else None,
    )


def name_processor() -> str:
    """Name this processor, with the instructions that INT8 is fast by."""
    processor = describe_processor()
    having = [name for name in ("VNNI", "dot product", "i8mm") if processor.features.get(name)]
    return f"{processor.name} ({', '.join(having)})" if having else processor.name


def median_interval(values: list[float]) -> tuple[float, float]:
    """Compute the 95 % interval of a median by the ranks of its neighbours.

    Conover, "Practical Nonparametric Statistics", 1999, section 3.2. With fewer than 6 values it
    is their whole range, which is less than 95 %.
    """
    ordered = sorted(values)
    rank = max(int(binom.ppf(0.025, len(ordered), 0.5)), 1)
    return ordered[rank - 1], ordered[-rank]


def _answering(session: ModelSession, picture: Pixels) -> Work:
    def work(_number: int) -> Sequence[float]:
        return (timed(lambda: session.scores([picture])),)

    return work
