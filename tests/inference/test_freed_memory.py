"""Freed memory given back to the system."""

import subprocess
import sys

import pytest

from tlx.inference.freed_memory import give_back

FREED_MIB = 64
# Blocks of malloc's heap, for they are not large; the last one keeps the heap from shrinking.
FREES = f"""
import os
from pathlib import Path
from tlx.inference.freed_memory import give_back
def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20
blocks = [bytearray(b"x" * 65536) for _ in range({FREED_MIB} * 16 + 1)]
del blocks[:-1]
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(not give_back(), reason="this system's C library cannot give memory back")
def test_what_was_freed_below_what_is_still_used_goes_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", FREES], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 0.8 * FREED_MIB


def test_where_the_system_cannot_nothing_happens(monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    assert give_back() is False
