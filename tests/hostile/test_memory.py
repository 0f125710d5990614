"""The largest pictures that are allowed, in a process of their own: its memory is measured."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from catalogue.bombs import BOMBS

GIGABYTE = 1_000_000_000


WATCHED = """
import atexit, sys
from pathlib import Path
from tlx.cli.main import main
def tell():
    rows = Path("/proc/self/status").read_text().splitlines()
    sys.stderr.write("\\n" + next(row for row in rows if row.startswith("VmHWM:")))
atexit.register(tell)
main()
"""


def _peak(*arguments: object) -> int:
    """Give the most memory that a command had, in bytes."""
    command = [sys.executable, "-c", WATCHED, *map(os.fspath, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return int(done.stderr.split()[-2]) * 1024


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/self/status")
@pytest.mark.parametrize("command", ["classify", "check"])
def test_bombs_take_at_most_a_gigabyte_more(command, tmp_path, colour_model, good_picture):
    for label in ("blue", "red"):
        (tmp_path / "good" / label).mkdir(parents=True)
        for index in range(30):
            (tmp_path / "good" / label / f"{index}.jpg").write_bytes(good_picture)
    for kind in BOMBS:
        (tmp_path / "bad" / kind.name).mkdir(parents=True)
        kind.write(tmp_path / "bad" / kind.name)
    first = (colour_model,) if command == "classify" else ()
    good, bad = (_peak(command, *first, Path(tmp_path, name)) for name in ("good", "bad"))
    assert bad < good + GIGABYTE
