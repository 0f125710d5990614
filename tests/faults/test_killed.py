"""Commands that are killed at random: what has its final name is whole, and the work goes on."""

import csv
import json
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tlx.training.checkpoint import load_checkpoint

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

SMALL = ["--weights", "none", "--imgsz", 32, "--batch", 8, "--amp", "none", "-j", 0]
TIMES = re.compile("seconds|_per_second")
"""Columns that the clock decides."""

NAMES = ("classify", "parts", "eval", "export", "train")
LONG = "compare"
"""Takes longest by far, and is killed in the long test alone."""

KILLS = 21
"""Of each command in the long test."""

Command = list[object]


@dataclass(frozen=True)
class Work:
    """A command that is killed and gone on with.

    Attributes:
        begin: its words, given the folder that it writes into.
        go_on: the same after a kill.
        result: what must be the same however often it was killed.
        done: what its output reports as finished; each must be found by `kept`.
        kept: tells whether something that was reported is still there.
    """

    begin: Callable[[Path], Command]
    go_on: Callable[[Path], Command]
    result: Callable[[Path], object]
    done: str
    kept: Callable[[Path, str], bool]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: row[name] for name in row if not TIMES.search(name)} for row in rows]


def _train(data: Path) -> Work:
    options = [*SMALL, "--epochs", 3, "--cache", "disk"]

    def go_on(folder: Path) -> Command:
        if (folder / "run" / "last.pt").exists():
            return ["train", "--resume", folder / "run"]
        return [*begin(folder), "--overwrite"]

    def begin(folder: Path) -> Command:
        return ["train", data, "--out", folder / "run", *options]

    def result(folder: Path) -> object:
        weights = load_checkpoint(folder / "run" / "best.pt").weights
        names = sorted(path.name for path in (folder / "run").iterdir())
        tensors = {name: tensor.numpy().tobytes() for name, tensor in weights.items()}
        return tensors, _rows(folder / "run" / "metrics.csv"), names

    def kept(folder: Path, epoch: str) -> bool:
        return load_checkpoint(folder / "run" / "last.pt").epoch >= int(epoch)

    return Work(begin, go_on, result, r"^(\d+)/3 ", kept)


def _compare(data: Path) -> Work:
    def begin(folder: Path) -> Command:
        vary = ["--vary", "lr=0.01,0.02", "--epochs", 1]
        return ["compare", data, *vary, "--out", folder / "study", *SMALL]

    def result(folder: Path) -> object:
        names = ("cell", "validation_score", "validation_loss", "test_score")
        rows = _rows(folder / "study" / "compare.csv")
        return [[row[name] for name in names] for row in rows]

    def kept(folder: Path, cell: str) -> bool:
        return (folder / "study" / "cells" / cell / "seed-0" / "result.json").exists()

    return Work(begin, begin, result, r"^\d/2 (lr=[\d.]+), seed 0: validation", kept)


def _export(run: Path) -> Work:
    def begin(folder: Path) -> Command:
        formats = ["--legacy-exporter", "--format", "onnx,torchscript"]
        return ["export", run, "--out", folder / "files", *formats]

    def result(folder: Path) -> object:
        record = json.loads((folder / "files" / "verification.json").read_text(encoding="utf-8"))
        return [row["path"] for row in record["files"]]

    def kept(folder: Path, name: str) -> bool:
        return (folder / "files" / name).exists()

    return Work(begin, begin, result, r"files/(model\.\w+) \(", kept)


def _classify(run: Path, data: Path) -> Work:
    def begin(folder: Path) -> Command:
        return ["classify", run / "model.onnx", data, "--csv", folder / "answers.csv"]

    def result(folder: Path) -> object:
        return (folder / "answers.csv").read_text(encoding="utf-8")

    def kept(folder: Path, picture: str) -> bool:
        # Rows are shown before the table is there; once it is, it has all of them.
        return not (folder / "answers.csv").exists() or f"{picture}," in str(result(folder))

    return Work(begin, begin, result, r"^(\S+\.\w+) ", kept)


def _classify_parts(run: Path, data: Path) -> Work:
    def begin(folder: Path) -> Command:
        out = ["--out", folder / "answers.parquet", "--part-size", 4]
        return ["classify", run / "model.onnx", data, *out]

    def result(folder: Path) -> object:
        return pq.read_table(folder / "answers.parquet").to_pylist()

    def kept(_folder: Path, part: str) -> bool:
        return pq.read_table(part).num_rows > 0

    return Work(begin, begin, result, r"^(\S+\.parquet)  \d", kept)


def _evaluate(run: Path, data: Path) -> Work:
    def begin(folder: Path) -> Command:
        out = ["--out", folder / "scores", "--report", folder / "page.html"]
        return ["eval", run / "model.onnx", data / "test", *out]

    def result(folder: Path) -> object:
        report = json.loads((folder / "scores" / "report.json").read_text(encoding="utf-8"))
        names = sorted(path.name for path in (folder / "scores").iterdir())
        return report["confusion"], report["loss"], names

    def kept(_folder: Path, written: str) -> bool:
        return Path(written.partition(",")[0]).exists()

    return Work(begin, begin, result, r"^written: (.*)", kept)


@pytest.fixture(scope="module")
def works(few_pictures, finished_run) -> dict[str, Work]:
    """Every command that writes."""
    return {
        "train": _train(few_pictures),
        "export": _export(finished_run),
        "classify": _classify(finished_run, few_pictures),
        "parts": _classify_parts(finished_run, few_pictures),
        "eval": _evaluate(finished_run, few_pictures),
        "compare": _compare(few_pictures),
    }


def _assert_kept(work: Work, folder: Path, said: str) -> None:
    for thing in re.findall(work.done, said, re.MULTILINE):
        assert work.kept(folder, thing), thing


def _assert_ended(starter, code: int) -> None:
    # Killed between its last checkpoint and its end, a training has nothing to go on with.
    said = starter.err.read_text()
    assert code == 0 or "is finished" in said, said


def _under_fire(name, works, starter, tmp_path, assert_whole, unfinished_files, times) -> str:
    """Hold a command that is killed at random against one left alone; give the figures."""
    work, whole, shot = works[name], tmp_path / "whole", tmp_path / "shot"
    whole.mkdir()
    shot.mkdir()
    began = time.monotonic()
    assert starter.run(*work.begin(whole)) == 0, starter.err.read_text()
    seconds, expected, files = time.monotonic() - began, work.result(whole), assert_whole(whole)
    assert re.search(work.done, starter.out.read_text(), re.MULTILINE)
    chance, command, kills, ends = random.Random(name), work.begin(shot), 0, 0
    while True:
        if kills < times:
            code = starter.killed(chance.uniform(0, seconds), *command)
        else:
            code = starter.run(*command)
        _assert_kept(work, shot, starter.out.read_text())
        found = assert_whole(shot)
        if code == -signal.SIGKILL:
            kills, command = kills + 1, work.go_on(shot)
            continue
        _assert_ended(starter, code)
        assert (work.result(shot), found) == (expected, files)
        assert unfinished_files(shot) == []
        ends += 1
        if kills == times:
            return f"{name}: {kills} kills, {ends} times to the end"
        shutil.rmtree(shot)  # and from the beginning
        shot.mkdir()
        command = work.begin(shot)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_is_killed_twice_leaves_whole_files_and_ends_as_one_left_alone(
    name, works, starter, tmp_path, assert_whole, unfinished_files
):
    _under_fire(name, works, starter, tmp_path, assert_whole, unfinished_files, 2)


@pytest.mark.soak
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("name", [*NAMES, LONG])
def test_a_command_that_is_killed_many_times(
    name, works, starter, tmp_path, assert_whole, unfinished_files
):
    figures = _under_fire(name, works, starter, tmp_path, assert_whole, unfinished_files, KILLS)
    print(figures)  # noqa: T201
