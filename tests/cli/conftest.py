"""Running `tlx` as a user does, and a run made by nothing but its commands."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from commands import Ran, run_here

FORCING = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "TLX_TRACEBACK")
"""Variables of whoever runs the tests that would change what a pipe gets."""


RunTlx = Callable[..., Ran]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FORCING}


def _run_here(*arguments: object, stdin: bytes = b"") -> Ran:
    return run_here(*arguments, stdin=stdin, environment=_environment())


def _run_process(*arguments: object, stdout: int = subprocess.PIPE, **options: object) -> Ran:
    command = [sys.executable, "-m", "tlx", *arguments]
    given = {"env": _environment(), **options}
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, check=False, **given)
    return Ran(done.returncode, (done.stdout or b"").decode("utf-8"), done.stderr.decode("utf-8"))


@pytest.fixture(scope="session", autouse=True)
def _quick_networks(narrow_networks: None) -> None:
    """Build narrow networks."""


@pytest.fixture(scope="session")
def run_tlx() -> RunTlx:
    """Give the function that runs a command in this process, with bytes on stdin."""
    return _run_here


@pytest.fixture(scope="session")
def tlx_process() -> RunTlx:
    """Give the function that runs a command in a process of its own."""
    return _run_process


def _write_bad_pictures(folder: Path, good: Path) -> list[Path]:
    """Write a truncated JPEG, an empty file and a text, all named .jpg."""
    contents = {
        "bad-cut.jpg": good.read_bytes()[:600],
        "bad-empty.jpg": b"",
        "bad-text.jpg": b"This is no picture.\n",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


@pytest.fixture(scope="session")
def write_bad_pictures() -> Callable[[Path, Path], list[Path]]:
    """Give the function that writes the three bad pictures, the first one cut from a good."""
    return _write_bad_pictures


@dataclass(frozen=True)
class Journey:
    """A run on data with three bad pictures in train/red and three blue ones in val/red.

    The data has moved between training and export, so `bad` names paths of before.
    """

    data: Path
    bad: list[Path]
    run: Path
    trained: Ran
    exported: Ran


@pytest.fixture(scope="session")
def journey(
    tmp_path_factory: pytest.TempPathFactory, split_folder: Path, write_pictures: Callable
) -> Journey:
    """Train and export by the commands, both with --json."""
    root = tmp_path_factory.mktemp("journey")
    data, run = root / "before", root / "run"
    shutil.copytree(split_folder, data)
    wrong = write_pictures(root / "wrong", 3, seed=9) / "blue"
    for path in wrong.iterdir():
        shutil.copy(path, data / "val" / "red" / f"blue-{path.name}")
    bad = _write_bad_pictures(data / "train" / "red", data / "train" / "red" / "000.jpg")
    options = "--weights none --epochs 2 --imgsz 32 --batch 16 -j 0 --seed 1 --json"
    trained = _run_here("train", data, "--out", run, *options.split())
    data = data.rename(root / "colours")
    formats = "onnx,torchscript,pt2"
    exported = _run_here("export", run, "--data", data, "--format", formats, "--json")
    return Journey(data, bad, run, trained, exported)


@pytest.fixture(scope="session")
def judging_model(journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journey's file with a rule: what is far from the mean of red, as blue is, is unknown."""
    import tlx
    from tlx.evaluation.unknown import UnknownRule
    from tlx.export.writing import complete
    from tlx.inference.card import REFUSED, MeasuredResult

    model = journey.run / "model.onnx"
    session = tlx.Classifier(model).session
    path = tmp_path_factory.mktemp("judging") / "model.onnx"
    images = [np.full((32, 32, 3), colour, np.uint8) for colour in ((200, 50, 40), (40, 60, 200))]
    red, blue = session.run(images).features
    count = len(red)
    one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
    directions = np.zeros((count, 1), np.float32)
    threshold = float(np.linalg.norm(red - blue)) / 2
    rule = UnknownRule(one, np.zeros_like(red), directions, red[None], none, none, threshold)
    path.write_bytes(model.read_bytes())
    refusal = MeasuredResult(REFUSED, 0.05, None, "validation", 100, True)
    card = replace(session.card, unknown_threshold=threshold)
    complete(path, replace(card, results=(*card.results, refusal)), rule)
    return path


class Talk:
    """A worker's two ends: requests are written as lines of JSON, answers read as such."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.hello = self.read()

    def say(self, kind: str, **fields: object) -> None:
        """Send a request."""
        self.write(json.dumps({"kind": kind, **fields}))

    def write(self, line: str) -> None:
        """Send a line."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def read(self) -> dict:
        """Wait for an answer."""
        return json.loads(self.process.stdout.readline())

    def ask(self, kind: str, **fields: object) -> dict:
        """Send a request and wait for one answer."""
        self.say(kind, **fields)
        return self.read()

    def until(self, kind: str) -> list[dict]:
        """Give all answers up to one of a kind."""
        answers = [self.read()]
        while answers[-1]["kind"] != kind:
            answers.append(self.read())
        return answers


@contextmanager
def _start_worker() -> Iterator[Talk]:
    command = [sys.executable, "-m", "tlx", "worker"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes) as process:
        try:
            yield Talk(process)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def start_worker() -> Callable[[], AbstractContextManager[Talk]]:
    """Give the function that starts a worker, which ends with its `with`."""
    return _start_worker
