"""How much memory and disk a cache may take."""

import os
import shutil
from pathlib import Path

SHARE = 0.25
"""Of what is available now, a cache takes at most this."""
UNKNOWN = 4 << 30
"""Bytes assumed to be available where the system does not tell."""

_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def memory_limit() -> int:
    """Bytes of memory that a cache may take: a quarter of what is available."""
    return int(SHARE * min(_available(), _left_in_container()))


def disk_limit(folder: Path) -> int:
    """Bytes of disk that a cache below `folder` may take: a quarter of what is free there."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return int(SHARE * shutil.disk_usage(existing).free)


def _available() -> int:
    """Read what Linux could give without swapping; elsewhere half of the memory."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):
        if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
            return UNKNOWN
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _reclaimable(used: Path) -> int:
    """Read how much of a container's memory are files that were read: given back when needed."""
    stat = used.parent / "memory.stat"
    lines = stat.read_text(encoding="ascii").splitlines() if stat.exists() else []
    names = ("inactive_file", "total_inactive_file")
    return max([int(line.split()[1]) for line in lines if line.split()[0] in names], default=0)


def _left_in_container() -> int:
    for limit, used in _CGROUPS:
        try:
            most = Path(limit).read_text(encoding="ascii").strip()
            taken = int(Path(used).read_text(encoding="ascii")) - _reclaimable(Path(used))
            return max(0, int(most) - taken)
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return 1 << 62
