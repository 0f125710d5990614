"""An export that is killed leaves nothing under a final name that is not whole and recorded."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

import tlx
from tlx.export import pictures

NAMES = ("model.onnx", "model.ts")


def _assert_whole(run: Path) -> int:
    """Hold every file under a final name against the record; give how many there are."""
    record = run / "verification.json"
    rows = json.loads(record.read_text(encoding="utf-8"))["files"] if record.exists() else []
    hashes = {row["path"]: row["sha256"] for row in rows}
    found = [run / name for name in NAMES if (run / name).exists()]
    for path in found:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == hashes[path.name], path
    return len(found)


def _start(run: Path) -> subprocess.Popen[bytes]:
    """Start a real export, and wait until it begins to write."""
    process = subprocess.Popen([sys.executable, "-m", "tlx", "export", run, "--legacy-exporter"])
    work = run / f".export.{process.pid}.partial"
    _wait(work.exists, process)
    return process


def _wait(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and not happened():
        time.sleep(0.0005)


def _is_new(path: Path, before: dict[str, int]) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_ino != before.get(path.name)
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_an_export_that_is_killed_at_random_leaves_nothing_that_is_not_whole(light_run):
    process, began = _start(light_run), time.monotonic()
    assert process.wait() == 0
    seconds = time.monotonic() - began
    chance = random.Random(7)
    moments = [*(chance.uniform(0, seconds) for _ in range(4)), "model.onnx", "verification.json"]
    chance.shuffle(moments)
    left: list[int] = []
    for moment in moments:
        before = {path.name: path.stat().st_ino for path in light_run.iterdir()}
        process = _start(light_run)
        if isinstance(moment, float):
            time.sleep(moment)
        else:  # as soon as a new one has its name
            _wait(partial(_is_new, light_run / moment, before), process)
        process.kill()  # SIGKILL
        assert process.wait() in (-signal.SIGKILL, 0)
        left.append(_assert_whole(light_run))
    assert {*left} & {0, 1}  # some kill came between an earlier file's end and the new one's name
    assert _start(light_run).wait() == 0
    assert _assert_whole(light_run) == 2
    assert not [path.name for path in light_run.iterdir() if path.name.startswith(".")]


@pytest.fixture
def _quick(monkeypatch, plant_graph) -> None:
    monkeypatch.setattr(pictures, "FEWEST", 10)
    plant_graph()


def _folder_of(run: Path, number: object) -> Path:
    left = run / f".export.{number}.partial"
    left.mkdir()
    (left / "model.onnx").write_bytes(b"half")
    return left


@pytest.mark.usefixtures("_quick")
def test_what_dead_processes_left_is_removed_and_what_others_do_is_not(light_run):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = _folder_of(light_run, gone.pid)
    same_number = _folder_of(light_run, os.getpid())  # of a container before this one
    alive = _folder_of(light_run, os.getppid())
    foreign = _folder_of(light_run, "mine")
    (light_run / ".verification.json.1.partial").write_text("{")
    tlx.export(light_run)
    assert not dead.exists()
    assert not same_number.exists()
    assert alive.exists()
    assert foreign.exists()
    assert not (light_run / ".verification.json.1.partial").exists()
