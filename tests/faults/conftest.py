"""Starting `tlx` again and again, and telling whether what it has written is whole."""

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from tlx.training.checkpoint import load_checkpoint

STARTER = """
import json
import os
import signal
import sys

import matplotlib.figure
import onnx
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

import tlx.cli.main
import tlx.evaluation.plots
import tlx.training.recording
import tlx.training.resnet
import tlx.training.train


def narrow(name, weights, num_classes):
    network = ResNet(BasicBlock, [2, 2, 2, 2])
    network.inplanes = 16
    network.conv1 = nn.Conv2d(3, 16, kernel_size=7, stride=2, padding=3, bias=False)
    network.bn1 = nn.BatchNorm2d(16)
    for number in range(4):
        stage = network._make_layer(BasicBlock, 16 << number, 2, stride=1 + (number > 0))
        setattr(network, f"layer{number + 1}", stage)
    network.fc = nn.Linear(128, num_classes)
    return network


tlx.training.resnet.get_model = narrow  # a 16th of the weights to move about
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
"""Starts `tlx` in a new process each time, without the seconds that importing torch takes."""


class Starter:
    """Starts the command, each time as a process of its own that can be stopped."""

    def __init__(self, folder: Path) -> None:
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        script = folder / "starter.py"
        script.write_text(STARTER)
        # A process with the thread of onnxruntime's telemetry cannot be forked.
        quiet = {"OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
        environment = {**os.environ, **quiet}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
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


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Give what starts commands."""
    made = Starter(tmp_path_factory.mktemp("starter"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def few_pictures(
    write_pictures: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """21 pictures to train on, 9 for validation and 9 to test."""
    folder = tmp_path_factory.mktemp("few") / "data"
    for seed, (split, count) in enumerate({"train": 7, "val": 3, "test": 3}.items()):
        write_pictures(folder / split, count, seed)
    return folder


@pytest.fixture(scope="session")
def finished_run(few_pictures: Path, starter: Starter, tmp_path_factory) -> Path:
    """A run on them, exported to ONNX."""
    run = tmp_path_factory.mktemp("finished") / "run"
    options = ["--weights", "none", "--imgsz", 32, "--epochs", 2, "--batch", 8, "-j", 0]
    assert starter.run("train", few_pictures, "--out", run, *options) == 0, starter.err.read_text()
    assert starter.run("export", run, "--format", "onnx") == 0, starter.err.read_text()
    return run


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    code: int
    out: str
    err: str


def _run_safely(*arguments: object, codes: tuple[int, ...]) -> Ran:
    """Run a command in this process; an end with another code, or a traceback, fails the test."""
    from tlx.cli.main import main

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
    with (
        patch.object(sys, "argv", ["tlx", *map(str, arguments)]),
        patch.dict(os.environ),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    ran = Ran(ended.value.code or 0, *texts)
    assert ran.code in codes, ran
    assert "Traceback" not in ran.err, ran
    assert ran.code == 0 or ran.err.count("\n") == 1, ran
    return ran


@pytest.fixture(scope="session")
def run_safely(narrow_networks: None) -> Callable[..., Ran]:
    """Give the function that runs a command as a user does and holds it to an exit code."""
    return _run_safely


def _read(path: Path) -> None:
    """Read a file as a whole, by its kind."""
    import onnx
    import torch
    from PIL import Image

    if path.suffix == ".pt":
        assert load_checkpoint(path).weights
    elif path.suffix == ".json":
        assert json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows
        assert all(None not in row and None not in row.values() for row in rows)
    elif path.suffix == ".png":
        with Image.open(path) as image:
            image.load()
    elif path.suffix == ".onnx":
        onnx.checker.check_model(path, full_check=True)
    elif path.suffix == ".ts":
        torch.jit.load(path)
    elif path.suffix == ".parquet":
        import pyarrow.parquet as pq

        assert pq.read_table(path).num_rows
    elif path.suffix == ".html":
        assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    else:
        assert path.suffix == ".txt", path
        assert path.read_text(encoding="utf-8").endswith("\n")


def _assert_whole(folder: Path) -> int:
    """Read every file that stands under its final name, and hold exports against their record."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _is_final(path.relative_to(folder))
    ]
    for path in files:
        try:
            _read(path)
        except Exception as error:
            raise AssertionError(f"{path} is not whole") from error
    for record in (path for path in files if path.name == "verification.json"):
        rows = json.loads(record.read_text(encoding="utf-8"))["files"]
        hashes = {row["path"]: row["sha256"] for row in rows}
        for file in (*record.parent.glob("model*.onnx"), *record.parent.glob("model.ts")):
            assert hashlib.sha256(file.read_bytes()).hexdigest() == hashes[file.name], file
    return len(files)


def _is_final(path: Path) -> bool:
    """Tell what a reader takes for finished: not hidden, and no cache that is written anew."""
    hidden = any(part.startswith(".") for part in path.parts)
    return bool(path.suffix) and not (
        hidden or path.name == "pictures.cache" or "features" in path.parts
    )


@pytest.fixture(scope="session")
def assert_whole() -> Callable[[Path], int]:
    """Give the function that reads every finished file below a folder, and counts them."""
    return _assert_whole


def _left(folder: Path) -> list[str]:
    """List what is not under a final name."""
    return [path.name for path in folder.rglob(".*")]


@pytest.fixture(scope="session")
def unfinished_files() -> Callable[[Path], list[str]]:
    """Give the function that lists the hidden files below a folder."""
    return _left


def _wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Give the function that waits until something has happened."""
    return _wait_for
