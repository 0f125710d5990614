"""Commands run on bad input: what they may do, and that the user's files stay as they are."""

import hashlib
import io
import os
import stat
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

import pytest
from catalogue.models import model
from catalogue.pictures import encoded

from tlx.inference.cores import available_cores

SECONDS = 10
"""The longest that a command may take on one kind of bad input."""


def _in_time(took: float, seconds: float) -> bool:
    """Tell whether something was done in good time, on a machine that others may be using."""
    busy = os.getloadavg()[0] / available_cores() if hasattr(os, "getloadavg") else 1
    return took < seconds * max(1, busy)


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    code: int
    out: str
    err: str


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
    from tlx.cli.main import main

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
    start = perf_counter()
    with (
        patch.object(sys, "argv", ["tlx", *map(os.fspath, arguments)]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8")),
        patch.dict(os.environ),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    took, texts = perf_counter() - start, []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    ran = Ran(ended.value.code or 0, *texts)
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
