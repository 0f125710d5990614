"""Commands run on bad input: what they may do, and that the user's files stay as they are."""

import hashlib
import os
import stat
from pathlib import Path
from time import perf_counter

import pytest
from catalogue.models import model
from catalogue.pictures import encoded
from commands import Ran, run_here

from tlx.inference.cores import available_cores

SECONDS = 10
"""The longest that a command may take on one kind of bad input."""


def _in_time(took: float, seconds: float) -> bool:
    """Tell whether something was done in good time, on a machine that others may be using."""
    busy = os.getloadavg()[0] / available_cores() if hasattr(os, "getloadavg") else 1
    return took < seconds * max(1, busy)


def _run(
    *arguments: object,
    codes: tuple[int, ...] = (0, 1, 2),
    seconds: int = SECONDS,
    stdin: bytes = b"",
    begun: bool = False,
) -> Ran:
    """Run a command as a user does; any end but a documented one in good time fails the test.

    An error is one line; where the work has `begun`, it is the last one.
    """
    start = perf_counter()
    ran = run_here(*arguments, stdin=stdin)
    took = perf_counter() - start
    assert ran.code in codes, ran
    assert "Traceback" not in ran.err, ran
    assert "unexpected" not in ran.err, ran
    assert _in_time(took, seconds), f"{arguments} took {took:.0f} s"
    if ran.code == 2:
        *before, last = ran.err.splitlines()
        assert last.startswith("tlx: "), ran
        assert begun or not before, ran
    return ran


@pytest.fixture(scope="session")
def run_safely():
    """Give the function that runs a command and holds it to the promises."""
    return _run


@pytest.fixture(scope="session")
def in_time():
    """Give the function that tells whether something was done in good time."""
    return _in_time


def _fingerprint(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = str(stat.S_IFMT(status.st_mode))
        if stat.S_ISLNK(status.st_mode):
            content = os.fspath(path.readlink())
        elif stat.S_ISREG(status.st_mode) and status.st_size < 1_000_000_000:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[os.fspath(path)] = f"{content} {status.st_size} {status.st_mtime_ns}"
    return found


@pytest.fixture(scope="session")
def fingerprint():
    """Give the function that sums up all files below a folder."""
    return _fingerprint


@pytest.fixture(scope="session")
def colour_model(tmp_path_factory) -> Path:
    """A model file of three colours that answers in milliseconds."""
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    path.write_bytes(model().SerializeToString())
    return path


@pytest.fixture(scope="session")
def good_picture() -> bytes:
    """A JPEG that every command can read."""
    return encoded("JPEG", (40, 40))
