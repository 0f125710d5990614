"""How many processor cores there are to use."""

import os

MOST_THREADS = 1024
"""That may be asked for: the system takes minutes over more, or ends what asks for them."""


def available_cores() -> int:
    """Count the cores this process may run on: a container or taskset may allow fewer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
