"""How busy other programs keep the processor while something is measured."""

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

BUSY = 0.25
"""Share of the cores that others use: from here on measured times are not to be relied on."""
_STAT = Path("/proc/stat")
_WORKING = (0, 1, 2, 5, 6, 7)
"""Its columns of time in which a core worked: user, nice, system, irq, softirq, steal."""


@dataclass(frozen=True)
class CoreTimes:
    """Seconds so far, to be subtracted from later ones.

    Attributes:
        now: of the clock.
        all: that the cores which this process may run on have worked, for any program.
        own: that this process has, on all of its threads.
    """

    now: float
    all: float
    own: float

    def others(self, later: "CoreTimes") -> float:
        """Compute how many cores other programs kept busy between the two, on average."""
        others = (later.all - self.all) - (later.own - self.own)
        return max(others, 0.0) / max(later.now - self.now, 1e-9)


def read_core_times(stat: Path = _STAT) -> CoreTimes | None:
    """Read them; None where the system does not tell: only Linux does, proc(5)."""
    try:
        rows = [line.split() for line in stat.read_text().splitlines()]
        allowed = {f"cpu{core}" for core in os.sched_getaffinity(0)}
        ticks = sum(int(row[1 + i]) for row in rows if row and row[0] in allowed for i in _WORKING)
        seconds = ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return None
    own = os.times()
    return CoreTimes(perf_counter(), seconds, own.user + own.system)
