"""Whenever a training is killed, it goes on as if it had never stopped, and nothing is torn."""

import csv
import os
import random
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from commands import Starter, wait_for
from whole_files import assert_whole

from tlx.training.checkpoint import load_checkpoint

pytestmark = pytest.mark.slow

PREPARE = """
import time

import tlx.training.stage_cache

tlx.training.stage_cache.BATCH = 2
add = tlx.training.stage_cache.StageStore.add


def add_slowly(*row):
    time.sleep(0.05)
    add(*row)


tlx.training.stage_cache.StageStore.add = add_slowly
"""
"""Stores the outputs of a frozen stage slowly, so that a kill comes in between."""


@pytest.fixture(scope="module")
def starter(tmp_path_factory) -> Iterator[Starter]:
    made = Starter(tmp_path_factory.mktemp("starter"), PREPARE)
    yield made
    made.close()


def _options(*more: object) -> list[object]:
    return ["--imgsz", 32, "--batch", 8, "--seed", 4, "--amp", "none", *more]


def _train_under_fire(starter: Starter, run: Path, start: list[object], kills: int, seed: int):
    """Kill at seeded times, a third of them before the first checkpoint; then let it finish.

    Gives how many kills came before the first checkpoint, and how many after.
    """
    chance = random.Random(seed)
    early = late = 0
    longest = 1.5
    while early + late < kills:
        arguments, epoch = _next(run, start)
        workers = (0, 2)[(early + late) % 2]
        process = starter.start("train", *arguments, "--workers", workers)
        if epoch:
            time.sleep(chance.uniform(0.05, longest))
        elif early < kills // 3:
            _wait_for_early_work(run, "backbone" in start, chance)
        else:
            wait_for((run / "last.pt").exists)
            time.sleep(chance.uniform(0, 0.5))
        with suppress(ProcessLookupError):  # it was faster
            os.kill(process, signal.SIGKILL)
        code = starter.ended()
        assert_whole(run)
        if code != -signal.SIGKILL:
            break
        early, late = early + (epoch == 0), late + (epoch > 0)
        # The more often in a row it dies before its next epoch, the longer it may live.
        longest = longest * 1.3 if _next(run, start)[1] == epoch else 1.5
    else:
        code = starter.run("train", *_next(run, start)[0])
    # Killed between its last checkpoint and its end, it has nothing to go on with.
    assert code == 0 or "is finished" in starter.err.read_text(), starter.err.read_text()
    return early, late


def _wait_for_early_work(run: Path, stores: bool, chance: random.Random) -> None:
    """Wait for a moment before the first checkpoint: while outputs are computed, if there are."""
    if not stores:
        time.sleep(chance.uniform(0.05, 1))
        return
    before = _stored(run)
    wait_for(lambda: _stored(run) > before)
    time.sleep(chance.uniform(0, 0.1))


def _stored(run: Path) -> int:
    """Count the stored outputs of a frozen stage."""
    return sum(len(path.read_bytes()) for path in run.glob("features/*/rows.txt")) // 65


def _next(run: Path, start: list[object]) -> tuple[list[object], int]:
    """Give how to go on with a run that was killed, and how many epochs it has finished."""
    if not (run / "last.pt").exists():
        return [*start, "--out", run, "--overwrite"], 0
    return ["--resume", run], load_checkpoint(run / "last.pt").epoch


def _history(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    clock = ("seconds", "pictures_per_second")
    return [{name: value for name, value in row.items() if name not in clock} for row in rows]


def _plain(thing: object) -> object:
    """Write tensors as bytes and leave out what the clock decides, so that == compares bits."""
    if isinstance(thing, torch.Tensor):
        return thing.dtype, tuple(thing.shape), thing.numpy().tobytes()
    if isinstance(thing, dict):
        clock = ("seconds", "pictures_per_second")
        return {name: _plain(value) for name, value in thing.items() if name not in clock}
    return [_plain(part) for part in thing] if isinstance(thing, list | tuple) else thing


def _assert_same_end(run: Path, whole: Path) -> None:
    for name in ("best.pt", "last.pt"):
        found, expected = load_checkpoint(run / name), load_checkpoint(whole / name)
        assert (found.card, found.epoch) == (expected.card, expected.epoch)
        assert _plain(found.weights) == _plain(expected.weights), name
        assert _plain(found.progress) == _plain(expected.progress), name
    assert _history(run) == _history(whole)
    assert {path.name for path in run.iterdir()} == {path.name for path in whole.iterdir()}


AVERAGE = ["--ema", 0.9, "--dropout", 0.2, "--mixup", 0.2, "--schedule", "one-cycle"]
RECIPES = {
    "plain": (10, 6, ["--weights", "none", "--cache", "disk"]),
    "average": (5, 5, ["--weights", "none", *AVERAGE]),
    "frozen": (7, 6, ["--freeze", "backbone"]),
}
"""By name: kills, epochs, options."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_run_that_is_killed_at_random_ends_bit_for_bit_as_one_left_alone(
    starter, few_pictures, start_weights, tmp_path, recipe
):
    kills, epochs, options = RECIPES[recipe]
    if recipe == "frozen":
        options = [*options, "--weights", start_weights]
    start = [few_pictures, *_options("--epochs", epochs, *options)]
    assert starter.run("train", *start, "--out", tmp_path / "whole", "--workers", 0) == 0, (
        starter.err.read_text()
    )
    early, late = _train_under_fire(starter, tmp_path / "run", start, kills, seed=len(recipe))
    print(f"{recipe}: {early} kills before the first checkpoint, {late} after")  # noqa: T201
    assert early + late >= kills // 2
    _assert_same_end(tmp_path / "run", tmp_path / "whole")


def test_a_run_killed_before_its_first_checkpoint_says_to_train_again(
    starter, few_pictures, tmp_path
):
    run = tmp_path / "run"
    start = ["train", few_pictures, *_options("--weights", "none", "--epochs", 2), "--out", run]
    process = starter.start(*start)
    wait_for((run / "pictures.png").exists)
    os.kill(process, signal.SIGKILL)
    assert starter.ended() == -signal.SIGKILL
    assert starter.run("train", "--resume", run) == 2
    (line,) = starter.err.read_text().splitlines()
    assert line == f"tlx: {run} has no finished epoch; train again with --overwrite"
    assert starter.run(*start) == 2
    assert "holds a run; choose another --out, or --overwrite" in starter.err.read_text()
    assert starter.run(*start, "--overwrite") == 0, starter.err.read_text()


def test_an_interrupted_run_says_how_to_go_on_and_goes_on(starter, few_pictures, tmp_path):
    run = tmp_path / "a run"
    start = ["train", few_pictures, *_options("--weights", "none", "--epochs", 200), "--out", run]
    process = starter.start(*start)
    wait_for(lambda: "\n1/200 " in starter.out.read_text())
    os.kill(process, signal.SIGINT)
    assert starter.ended() == 130
    assert starter.err.read_text() == "tlx: interrupted\n"
    command = starter.out.read_text().splitlines()[-1]
    assert command == f"to go on: tlx train --resume '{run}'"
    before = load_checkpoint(run / "last.pt").epoch
    process = starter.start(*shlex.split(command.partition("tlx ")[2]))
    wait_for(lambda: f"\n{before + 2}/200 " in starter.out.read_text())
    os.kill(process, signal.SIGINT)
    assert starter.ended() == 130
    assert starter.out.read_text().count(f"\n{before + 1}/200 ") == 1
    assert load_checkpoint(run / "last.pt").epoch >= before + 1


def test_an_interrupted_run_with_workers_ends_without_a_traceback(starter, few_pictures, tmp_path):
    options = _options("--weights", "none", "--epochs", 200, "--workers", 2)
    process = starter.start("train", few_pictures, *options, "--out", tmp_path / "run")
    wait_for(lambda: "\n2/200 " in starter.out.read_text())
    os.killpg(process, signal.SIGINT)  # as a terminal does: its workers too
    assert starter.ended() == 130
    assert starter.err.read_text() == "tlx: interrupted\n"
    assert_whole(tmp_path / "run")
