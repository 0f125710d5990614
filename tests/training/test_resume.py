"""A run that was cut off goes on as if it had never stopped."""

import csv
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tlx.errors import CheckpointError, TrainingError, UsageError
from tlx.inference.events import finish
from tlx.training import recording
from tlx.training.checkpoint import load_checkpoint, save_checkpoint
from tlx.training.config import TrainingConfig
from tlx.training.resnet import build_resnet
from tlx.training.run_folder import EpochDone
from tlx.training.train import resume_events, training_events

pytestmark = pytest.mark.usefixtures("quick_runs", "on_the_processor")


@pytest.fixture
def small(write_pictures, tmp_path) -> Path:
    """Three labels with 3 pictures for training and 2 for validation each."""
    return _small(write_pictures, tmp_path)


def _small(write_pictures, folder: Path) -> Path:
    write_pictures(folder / "small" / "train", 3, 1)
    return write_pictures(folder / "small" / "val", 2, 2).parent


@pytest.fixture(scope="module")
def whole(write_pictures, tmp_path_factory) -> Path:
    """A run of 2 epochs on the same pictures that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    finish(training_events(_config(_small(write_pictures, folder), folder / "run")))
    return folder / "run"


def _config(data: Path, out: Path, **changes) -> TrainingConfig:
    plain = {"weights": "none", "epochs": 2, "imgsz": 32, "batch": 4, "workers": 0, "seed": 4}
    return TrainingConfig(data, out, **(plain | changes))


def _cut_off(config: TrainingConfig) -> None:
    """Train until the first epoch is done, then stop as a closed program does."""
    events = training_events(config)
    next(event for event in events if isinstance(event, EpochDone))
    events.close()


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)


def _metrics(run: Path) -> list[dict[str, str]]:
    """Read `metrics.csv` without what the clock decides."""
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {n: value for n, value in row.items() if n not in ("seconds", "pictures_per_second")}
        for row in rows
    ]


def _assert_same_end(run: Path, whole: Path) -> None:
    for name in ("last.pt", "best.pt"):
        found, expected = load_checkpoint(run / name), load_checkpoint(whole / name)
        assert (found.card, found.epoch) == (expected.card, expected.epoch)
        assert _same(found.weights, expected.weights)
    assert _metrics(run) == _metrics(whole)


def test_a_resumed_run_ends_bit_for_bit_as_the_uninterrupted_one(small, tmp_path, whole):
    _cut_off(_config(small, tmp_path / "cut"))
    assert load_checkpoint(tmp_path / "cut" / "last.pt").epoch == 1
    torch.manual_seed(99)  # whatever the new process has drawn
    result = finish(resume_events(tmp_path / "cut"))
    _assert_same_end(tmp_path / "cut", whole)
    assert [row.epoch for row in result.history] == [1, 2]
    assert result.best.epoch == load_checkpoint(whole / "best.pt").epoch
    names = {path.name for path in whole.iterdir()}
    assert {path.name for path in (tmp_path / "cut").iterdir()} == names


def test_a_run_cut_off_within_an_epoch_runs_that_epoch_again_even_elsewhere(small, tmp_path, whole):
    events = training_events(_config(small, tmp_path / "cut"))
    next(event for event in events if isinstance(event, EpochDone))
    next(events)  # the first batch of the second epoch
    events.close()
    moved = small.rename(tmp_path / "moved")
    finish(resume_events(tmp_path / "cut", data=moved, workers=2))
    _assert_same_end(tmp_path / "cut", whole)


def test_a_kill_costs_the_epochs_since_the_last_writing_and_they_are_run_again(
    small, tmp_path, monkeypatch
):
    monkeypatch.setattr(recording, "PAUSE", 1000.0)
    finish(training_events(_config(small, tmp_path / "whole", epochs=3)))
    assert load_checkpoint(tmp_path / "whole" / "last.pt").epoch == 3  # the last one always is
    events = training_events(_config(small, tmp_path / "cut", epochs=3))
    first, second = itertools.islice((e for e in events if isinstance(e, EpochDone)), 2)
    events.close()
    assert (first.epoch, second.epoch) == (1, 2)
    assert load_checkpoint(tmp_path / "cut" / "last.pt").epoch == 1
    finish(resume_events(tmp_path / "cut"))
    _assert_same_end(tmp_path / "cut", tmp_path / "whole")


@pytest.mark.parametrize(
    "recipe",
    [
        {"ema": 0.9, "dropout": 0.2, "mixup": 0.2, "cutmix": 1.0, "clip": 1.0},
        {"optimizer": "sgd", "schedule": "one-cycle", "balance": "sampler", "accumulate": 2},
        {"schedule": "plateau", "policy": "randaugment", "jitter": 0.2, "erase": 0.3},
        {"amp": "bf16", "cache": "disk", "schedule": "step"},
    ],
)
def test_every_recipe_resumes_bit_for_bit(small, tmp_path, recipe):
    finish(training_events(_config(small, tmp_path / "whole", **recipe)))
    _cut_off(_config(small, tmp_path / "cut", **recipe))
    torch.manual_seed(99)
    finish(resume_events(tmp_path / "cut"))
    _assert_same_end(tmp_path / "cut", tmp_path / "whole")


def test_a_run_that_thaws_stage_by_stage_resumes_where_it_was(small, tmp_path):
    torch.save(build_resnet("resnet18", 3).state_dict(), tmp_path / "start.pth")
    options = {"weights": str(tmp_path / "start.pth"), "freeze": "gradual"}
    finish(training_events(_config(small, tmp_path / "whole", **options)))
    _cut_off(_config(small, tmp_path / "cut", **options))
    finish(resume_events(tmp_path / "cut"))
    _assert_same_end(tmp_path / "cut", tmp_path / "whole")


def test_a_frozen_run_resumes_frozen(small, tmp_path):
    torch.save(build_resnet("resnet18", 3).state_dict(), tmp_path / "start.pth")
    config = _config(
        small, tmp_path / "cut", weights=str(tmp_path / "start.pth"), freeze="backbone"
    )
    _cut_off(config)
    before = load_checkpoint(tmp_path / "cut" / "last.pt").weights
    (tmp_path / "start.pth").unlink()  # a resumed run needs them no more
    finish(resume_events(tmp_path / "cut"))
    after = load_checkpoint(tmp_path / "cut" / "last.pt").weights
    moved = {name for name in after if not after[name].equal(before[name])}
    assert moved == {"fc.weight", "fc.bias"}


def test_a_run_in_a_precision_that_the_device_lacks_says_where_to_go_on(
    small, tmp_path, monkeypatch
):
    _cut_off(_config(small, tmp_path / "cut"))
    path = tmp_path / "cut" / "last.pt"
    last = load_checkpoint(path)
    save_checkpoint(path, replace(last, progress={**last.progress, "precision": "fp16"}))
    with pytest.raises(UsageError, match=r"begun in fp16, which cpu does not have; .*--weights"):
        finish(resume_events(tmp_path / "cut"))


def test_a_finished_run_is_not_resumed(whole):
    with pytest.raises(CheckpointError, match="is finished: 2 of 2 epochs are done"):
        next(resume_events(whole))


def test_a_run_without_a_finished_epoch_says_what_to_do(light_run):
    with pytest.raises(CheckpointError, match="no finished epoch; train again with --overwrite"):
        next(resume_events(light_run))


def test_a_run_whose_best_checkpoint_is_gone_is_not_resumed(small, tmp_path):
    """An epoch after it need not be better; then there would be none to export."""
    _cut_off(_config(small, tmp_path / "cut"))
    (tmp_path / "cut" / "best.pt").unlink()
    with pytest.raises(CheckpointError, match=r"best\.pt is gone; train again with --overwrite"):
        finish(resume_events(tmp_path / "cut"))


@pytest.mark.parametrize("damage", ["bytes", "weights", "labels", "schedule"])
def test_a_damaged_last_checkpoint_names_the_file_and_the_next_step(small, tmp_path, damage):
    _cut_off(_config(small, tmp_path / "cut"))
    path = tmp_path / "cut" / "last.pt"
    last = load_checkpoint(path)
    first = next(iter(last.weights))
    changes = {
        "weights": {"weights": {**last.weights, first: torch.ones(3)}},
        "labels": {"card": replace(last.card, labels=("blue", "green", "violet"))},
        "schedule": {"progress": {**last.progress, "schedule": {"last_epoch": "x"}}},
    }
    if damage == "bytes":
        path.write_bytes(path.read_bytes()[:-900])
    else:
        save_checkpoint(path, replace(last, **changes[damage]))
    before = path.read_bytes()
    with pytest.raises(CheckpointError) as raised:
        finish(resume_events(tmp_path / "cut"))
    said = str(raised.value)
    assert said.startswith(f"{path} is damaged")
    assert said.endswith(f"another run from --weights {path.with_name('best.pt')}")
    assert "\n" not in said
    assert path.read_bytes() == before


def test_a_folder_that_is_no_run_is_not_resumed(tmp_path):
    with pytest.raises(CheckpointError, match="is no run folder"):
        next(resume_events(tmp_path))


def test_a_run_is_not_resumed_on_other_pictures(small, tmp_path, write_pictures):
    _cut_off(_config(small, tmp_path / "cut"))
    write_pictures(small / "train", 1, seed=77)
    with pytest.raises(CheckpointError, match="have changed since"):
        finish(resume_events(tmp_path / "cut"))


def test_a_run_whose_pictures_moved_resumes_where_they_are_now(small, tmp_path, whole):
    config = _config(small, tmp_path / "run")
    _cut_off(config)
    moved = small.rename(tmp_path / "moved")
    finish(resume_events(config.out, data=moved, workers=0, device="cpu"))
    ended = load_checkpoint(config.out / "last.pt")
    assert _same(ended.weights, load_checkpoint(whole / "last.pt").weights)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "lower --batch"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal"), "fewer --workers"),
    ],
)
def test_the_common_failures_of_training_come_with_advice(
    small, tmp_path, monkeypatch, error, advice
):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("tlx.training.fit.train_epoch", fail)
    with pytest.raises(TrainingError, match=advice):
        finish(training_events(_config(small, tmp_path / "run")))
