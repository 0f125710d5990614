"""The priority of a process that works behind what the user sees."""

import os
import sys
from contextlib import suppress

NICENESS = 10
"""While more than a batch is classified, the window and whatever else the user does come first.

Not before: somebody waits for the first picture, and on a busy machine a process of that niceness
takes several seconds to start.
"""


def lower_priority() -> None:
    """Lower it for good: an ordinary process may not raise its priority again."""
    if hasattr(os, "setpriority"):
        linux = sys.platform == "linux"  # there each thread has its own
        for one in os.listdir("/proc/self/task") if linux else ["0"]:  # noqa: PTH208
            with suppress(ProcessLookupError):  # it has just ended
                if os.getpriority(os.PRIO_PROCESS, int(one)) < NICENESS:
                    os.setpriority(os.PRIO_PROCESS, int(one), NICENESS)
    elif sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal)
