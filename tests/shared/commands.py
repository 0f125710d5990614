"""Running `tlx` in this process, and starting it again and again as a process of its own."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict]:
        """Its stdout, an object a line; anything else there is an error."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> str:
        """Its only line, which says what is wrong with the user's input."""
        assert (self.code, self.out) == (2, ""), self
        return self.failure

    @property
    def failure(self) -> str:
        """Its one line on stderr."""
        assert self.err.startswith("tlx: "), self
        assert self.err.endswith("\n"), self
        assert self.err.count("\n") == 1, self
        return self.err


def run_here(
    *arguments: object, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> Ran:
    """Run a command in this process; `environment` is all that it sees, by default this one's."""
    from tlx.cli.main import main

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
    seen = dict(os.environ) if environment is None else environment
    with (
        patch.object(sys, "argv", ["tlx", *map(str, arguments)]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8")),
        patch.dict(os.environ, seen, clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    return Ran(ended.value.code or 0, *texts)


_SCRIPT = """
import json
import os
import signal
import sys

import matplotlib.figure
import torch

import tlx.cli.main
import tlx.evaluation.plots
import tlx.training.recording
import tlx.training.train

{prepare}
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where nobody can press it
tlx.training.recording.PAUSE = 0  # write at every epoch
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        os.setsid()
        for number, name in ((1, order["out"]), (2, order["err"])):
            os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), number)
        sys.stdin = open(os.devnull)
        sys.argv = ["tlx", *order["arguments"]]
        tlx.cli.main.main()
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Starter:
    """Starts the command, each time as a process of its own that can be stopped.

    Without the seconds that importing torch takes.

    Args:
        folder: for its files.
        prepare: what is run once, before the first command.
    """

    def __init__(self, folder: Path, prepare: str) -> None:
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        script = folder / "starter.py"
        script.write_text(_SCRIPT.replace("{prepare}", prepare))
        # A process with the thread of onnxruntime's telemetry cannot be forked.
        quiet = {"OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **quiet},
        )

    def start(self, *arguments: object) -> int:
        """Begin; give the number of the process."""
        for path in (self.out, self.err):
            path.write_text("")  # not what the one before said
        order = {"arguments": [*map(str, arguments)], "out": str(self.out), "err": str(self.err)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def ended(self) -> int:
        """Wait for its end; give its exit code, or minus the signal that ended it."""
        return int(self._process.stdout.readline())

    def run(self, *arguments: object) -> int:
        """Run a command to its end; give its exit code."""
        self.start(*arguments)
        return self.ended()

    def killed(self, seconds: float, *arguments: object) -> int:
        """Kill a command, and the processes it has started, after so many seconds."""
        process = self.start(*arguments)
        time.sleep(seconds)
        with suppress(ProcessLookupError):  # it was faster
            os.kill(process, signal.SIGKILL)
        return self.ended()

    def close(self) -> None:
        """End."""
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)
