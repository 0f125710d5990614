"""The most memory that a command and its children hold at a time."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

EVERY = 0.05
"""Seconds between two looks."""


def peak_mib(command: Sequence[str], environment: dict[str, str]) -> float:
    """Run a command to its end; the most that its process tree held, in MiB.

    Memory that several processes share counts once: proportional set sizes are added
    (Linux, /proc/PID/smaps_rollup), for DataLoader's workers share much with their parent.
    """
    most = 0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            most = max(most, sum(proportional_kib(number) for number in tree(process.pid)))
            time.sleep(EVERY)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return most / 1024


def tree(number: int) -> Iterator[int]:
    """Name a process and all below it."""
    yield number
    for listed in Path(f"/proc/{number}/task").glob("*/children"):
        for child in read(listed).split():
            yield from tree(int(child))


def proportional_kib(number: int) -> int:
    """Give the proportional set size; 0 for a process that has just ended."""
    return kib(Path(f"/proc/{number}/smaps_rollup"), "Pss:")


def resident_kib(number: int) -> int:
    """Give the resident memory, likewise; what several processes share counts in each."""
    return kib(Path(f"/proc/{number}/status"), "VmRSS:")


def kib(file: Path, name: str) -> int:
    """Look up a size in a file of /proc; 0 where it is not there."""
    return sum(int(line.split()[1]) for line in read(file).splitlines() if line.startswith(name))


def read(file: Path) -> str:
    """Read a file of /proc; "" where its process is gone."""
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
