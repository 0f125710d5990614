"""Real processes under torchrun learn as one does; one of them speaks and writes for all."""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tlx.inference.events import finish
from tlx.training.checkpoint import load_checkpoint
from tlx.training.config import TrainingConfig
from tlx.training.train import resume_events, training_events

pytestmark = pytest.mark.slow

TOLERANCE = 2e-6
"""Two processes add up the same gradients in another order; what it comes to is measured below."""


@dataclass(frozen=True)
class Ended:
    """What processes have said, and how they ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """Lines of tlx on stderr; torchrun adds its own."""
        return [line for line in self.err.splitlines() if line.startswith("tlx: ")]


def _together(*command: object, processes: int = 2) -> Ended:
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    done = subprocess.run(
        [*start, str(processes), *map(str, command)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=180,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


FROZEN = {"freeze": "layer4", "augment": "standard", "epochs": 2, "imgsz": 32, "seed": 4}
FROZEN |= {"batch": 4, "accumulate": 2, "clip": 0.5, "label_smoothing": 0.1, "ema": 0.9}
FROZEN |= {"amp": "none", "workers": 0, "balance": "weights"}


@pytest.fixture(scope="module")
def by_one(few_pictures, start_weights, tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("one") / "run"
    finish(training_events(TrainingConfig(few_pictures, run, weights=str(start_weights), **FROZEN)))
    return run


@pytest.fixture(scope="module")
def by_two(few_pictures, start_weights, tmp_path_factory) -> tuple[Path, Ended]:
    run = tmp_path_factory.mktemp("two") / "run"
    given = {**FROZEN, "weights": start_weights, "out": run}
    options = [part for name, value in given.items() for part in (_option(name), value)]
    ended = _together("-m", "tlx", "train", few_pictures, *options)
    assert ended.code == 0, ended.err
    return run, ended


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _metrics(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _distance(one: Path, other: Path) -> float:
    """Give how far the weights of two runs are from each other at most."""
    found, expected = (load_checkpoint(run / "last.pt").weights for run in (one, other))
    assert found.keys() == expected.keys()
    return max((found[n].double() - expected[n].double()).abs().max().item() for n in found)


def test_two_processes_learn_the_weights_of_one(by_one, by_two):
    run, _ = by_two
    distance = _distance(run, by_one)
    print(f"largest distance of a weight: {distance:.2e}")  # noqa: T201
    assert distance < TOLERANCE
    moved = load_checkpoint(run / "last.pt").weights["fc.weight"]
    assert moved.abs().max() > 1000 * TOLERANCE


def test_two_processes_count_every_picture_once(by_one, by_two):
    run, _ = by_two
    for found, expected in zip(_metrics(run), _metrics(by_one), strict=True):
        for name in ("train_loss", "validation_loss", "lr", "monitored"):
            assert float(found[name]) == pytest.approx(float(expected[name]), abs=TOLERANCE)
        for name in ("epoch", "train_accuracy", "validation_accuracy", "best", "monitor"):
            assert found[name] == expected[name]
    for name in ("last.pt", "best.pt"):
        found, expected = load_checkpoint(run / name).card, load_checkpoint(by_one / name).card
        assert {row.pictures for row in found.results} == {9}
        assert found.provenance.data_fingerprint == expected.provenance.data_fingerprint


def test_only_the_first_process_speaks_and_writes(by_one, by_two):
    run, ended = by_two
    for row in ("3 labels; 21 pictures", "epoch   train loss", "1/2 ", "2/2 ", "best: epoch"):
        assert sum(line.startswith(row) for line in ended.out.splitlines()) == 1, row
    assert ended.out.count(", 2 processes") == 1
    assert ended.said == []
    assert {path.name for path in run.iterdir()} == {path.name for path in by_one.iterdir()}
    assert (run / "split.csv").read_bytes() == (by_one / "split.csv").read_bytes()


SCRIPT = """
import hashlib
import json
import sys
from pathlib import Path

import tlx.training.fit
import tlx.training.recording
from tlx.training.config import TrainingConfig
from tlx.training.run_folder import EpochDone
from tlx.training.torchrun import this_process
from tlx.training.train import resume_events, training_events


def sha256(tensors):
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()


order = json.loads(sys.argv[1])
tlx.training.recording.PAUSE = 0
learners = []
make = tlx.training.fit.build_learner
tlx.training.fit.build_learner = lambda *given: learners.append(make(*given)) or learners[-1]
if "resume" in order:
    events = resume_events(Path(order["resume"]))
else:
    events = training_events(TrainingConfig(**order["config"]))
hashes = []
for event in events:
    if isinstance(event, EpochDone):
        (learner,) = learners
        deployed = sha256(learner.deployed.state_dict().values())
        hashes.append([deployed, sha256(learner.model.parameters())])
        if event.epoch == order.get("stop_after"):
            events.close()
            break
Path(order["hashes"], f"{this_process().rank}.json").write_text(json.dumps(hashes))
"""
"""Trains under torchrun, and writes down what each process's weights are after each epoch."""


@pytest.fixture(scope="module")
def hashed(tmp_path_factory):
    """Give a function that trains with two processes and gives each one's hashes by epoch."""
    folder = tmp_path_factory.mktemp("hashed")
    script = folder / "together.py"
    script.write_text(SCRIPT)

    def train(**order: object) -> list[list[list[str]]]:
        found = [folder / f"{rank}.json" for rank in range(2)]
        for path in found:
            path.unlink(missing_ok=True)
        ended = _together(script, json.dumps({**order, "hashes": str(folder)}))
        assert ended.code == 0, ended.err
        return [json.loads(path.read_text()) for path in found]

    return train


LEARNING = {"weights": "none", "epochs": 3, "imgsz": 32, "batch": 8, "seed": 4, "workers": 0}
LEARNING |= {"ema": 0.9, "dropout": 0.1, "mixup": 0.2, "amp": "none", "device": "cpu"}


@pytest.fixture(scope="module")
def whole(hashed, few_pictures, tmp_path_factory) -> list[list[list[str]]]:
    """A training with BatchNorm that learns too, by two processes, uninterrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return hashed(config={"data": str(few_pictures), "out": str(out), **LEARNING})


def test_the_processes_have_the_same_weights_and_statistics_after_each_epoch(whole):
    one, other = whole
    assert len(one) == 3
    assert one == other
    assert len({deployed for deployed, _ in one}) == 3  # and they move


def test_a_run_begun_by_two_processes_goes_on_with_two_and_with_one(
    hashed, whole, few_pictures, tmp_path
):
    cut = tmp_path / "cut"
    config = {"data": str(few_pictures), "out": str(cut), **LEARNING}
    assert hashed(config=config, stop_after=1)[0] == whole[0][:1]
    shutil.copytree(cut, tmp_path / "copy")
    one, other = hashed(resume=str(cut))
    assert one == other == whole[0][1:]  # bit for bit
    result = finish(resume_events(tmp_path / "copy"))
    assert [row.epoch for row in result.history] == [1, 2, 3]
    assert load_checkpoint(tmp_path / "copy" / "last.pt").epoch == 3


def test_a_wrong_folder_is_one_line_and_no_process_waits(tmp_path):
    ended = _together("-m", "tlx", "train", tmp_path / "none", "--out", tmp_path / "run")
    assert ended.code != 0
    assert len(ended.said) == 1, ended.err
    assert "none" in ended.said[0]
    assert not (tmp_path / "run").exists()


def test_an_existing_run_is_one_line_and_stays(by_two, few_pictures):
    run, _ = by_two
    before = (run / "last.pt").stat().st_mtime_ns
    ended = _together("-m", "tlx", "train", few_pictures, "--weights", "none", "--out", run)
    assert ended.code != 0
    assert len(ended.said) == 1, ended.err
    assert "holds a run" in ended.said[0]
    assert (run / "last.pt").stat().st_mtime_ns == before


@pytest.mark.parametrize("option", [("--epochs", "0"), ("--nonsense", "1"), ("--batch", "2")])
def test_a_wrong_option_is_one_line(few_pictures, tmp_path, option):
    options = ("--weights", "none", "--imgsz", "32", "--out", tmp_path / "run")
    ended = _together("-m", "tlx", "train", few_pictures, *options, *option)
    assert ended.code != 0
    assert len(ended.said) == 1, ended.err
    assert option[0] in ended.said[0]


VANISHING = """
import sys

import tlx.cli.main
import tlx.training.train
from tlx.training.torchrun import this_process

fit = tlx.training.train.fit


def lose_one(job, *rest):
    lost = job.pictures.validation[1].path  # the second process's
    if not this_process().first:
        lost.unlink()
    return fit(job, *rest)


tlx.training.train.fit = lose_one
tlx.cli.main.main()
"""


def test_a_picture_that_vanishes_from_another_process_is_named_and_no_process_waits(
    few_pictures, tmp_path
):
    own = Path(shutil.copytree(few_pictures, tmp_path / "data"))
    script = tmp_path / "vanishing.py"
    script.write_text(VANISHING)
    options = ("--weights", "none", "--imgsz", "32", "--batch", "8", "--workers", "0")
    ended = _together(script, "train", own, *options, "--out", tmp_path / "run")
    assert ended.code != 0
    assert [line for line in ended.said if "no such file" in line], ended.err
    assert "this is a bug" not in ended.err
