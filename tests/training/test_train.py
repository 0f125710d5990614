"""A whole training: from a data folder to a run folder."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import tlx
from tlx.errors import CheckpointError, DataError, TrainingError, UsageError
from tlx.inference.events import finish
from tlx.inference.preprocessing import preprocess
from tlx.samples.loading import ReadingProgress
from tlx.training import fit as fit_module
from tlx.training.checkpoint import load_checkpoint, restore_network
from tlx.training.config import CHOICES, TrainingConfig
from tlx.training.fit import Prepared
from tlx.training.loop import BatchDone
from tlx.training.resnet import build_resnet
from tlx.training.run_folder import EpochDone
from tlx.training.train import resume_events, training_events

FILES = {
    *("best.pt", "last.pt", "config.json", "metrics.csv", "curves.png", "split.csv"),
    "pictures.png",
}

EXPORTED = {"model.onnx", "model.ts", "verification.json"}

pytestmark = pytest.mark.usefixtures("quick_runs")


@pytest.fixture
def finished(model_file) -> Path:
    """The run that all tests share, to be read only: 2 epochs, and exported."""
    return model_file.parent


@pytest.fixture
def small(write_pictures, tmp_path) -> Path:
    """Three labels with 5 pictures for training and 2 for validation each."""
    write_pictures(tmp_path / "small" / "train", 5, 1)
    return write_pictures(tmp_path / "small" / "val", 2, 2).parent


def _config(data: Path, out: Path, **changes) -> TrainingConfig:
    plain = {"weights": "none", "epochs": 1, "imgsz": 32, "batch": 8, "workers": 0, "seed": 1}
    return TrainingConfig(data, out, **(plain | changes))


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_holds_all_its_files_and_nothing_half_written(finished):
    assert _names(finished) == FILES | EXPORTED
    assert all(path.stat().st_size for path in finished.iterdir())
    for name in ("curves.png", "pictures.png"):
        with Image.open(finished / name) as image:
            image.load()
            assert image.format == "PNG"


def test_the_metrics_have_a_row_an_epoch_and_the_best_is_in_best_pt(finished):
    with (finished / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    best = load_checkpoint(finished / "best.pt")
    row = rows[best.epoch - 1]
    assert row["best"] == "True"
    results = {result.metric: result for result in best.card.results}
    assert results["accuracy"].value == float(row["validation_accuracy"])
    assert results["loss"].value == float(row["validation_loss"])
    assert {(r.split, r.pictures, r.used_for_selection) for r in results.values()} == {
        ("validation", 30, True)
    }
    low, high = results["accuracy"].interval
    assert low <= results["accuracy"].value <= high


def test_the_card_says_where_the_model_comes_from_and_no_path(finished):
    card = load_checkpoint(finished / "best.pt").card
    assert card.labels == ("blue", "green", "red")
    assert (card.preprocessing.crop, card.preprocessing.resize_side) == (32, 37)
    source = card.provenance
    assert (source.architecture, source.weights, source.freeze) == ("resnet18", "none", "none")
    assert (source.tlx, source.torch, source.seed) == (tlx.__version__, torch.__version__, 1)
    assert re.fullmatch("[0-9a-f]{64}", source.data_fingerprint)
    assert "/" not in repr(card)
    assert "\\" not in repr(card)


def test_the_split_file_names_every_picture_relative_to_the_data(finished, split_folder):
    with (finished / "split.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    counts = {split: sum(row["split"] == split for row in rows) for split in ("train", "test")}
    assert counts == {"train": 72, "test": 30}
    assert all((split_folder / row["file"]).is_file() for row in rows)


def test_progress_comes_in_the_order_of_the_work(small, tmp_path, full_width):
    events = list(training_events(_config(small, tmp_path / "run")))
    reading = [event for event in events if isinstance(event, ReadingProgress)]
    assert [event.done for event in reading] == list(range(1, 22))
    prepared = events[len(reading)]
    assert isinstance(prepared, Prepared)
    assert prepared.trainable == prepared.parameters > 11_000_000
    assert len(prepared.pictures.train) == 15
    done = [event for event in events if isinstance(event, EpochDone)]
    assert [event.epoch for event in done] == [1]
    assert events[-1] is done[-1]
    phases = [event.phase for event in events if isinstance(event, BatchDone)]
    assert phases == ["training", "training", "validation"]


def test_the_result_says_what_the_files_say_and_nothing_is_printed(small, tmp_path, capfd):
    result = tlx.train(
        small, out=tmp_path / "run", weights="none", epochs=2, imgsz=32, batch=8, workers=0
    )
    assert (result.run, result.labels) == (tmp_path / "run", ("blue", "green", "red"))
    assert [row.epoch for row in result.history] == [1, 2]
    assert result.best.epoch == load_checkpoint(tmp_path / "run" / "best.pt").epoch
    assert result.left_out == ()
    assert capfd.readouterr() == ("", "")


def test_the_same_seed_gives_the_same_weights_bit_for_bit(small, tmp_path):
    for name in ("one", "two"):
        torch.manual_seed(hash(name) % 1000)  # whatever was drawn before
        finish(training_events(_config(small, tmp_path / name)))
    finish(training_events(_config(small, tmp_path / "three", seed=2)))
    one, two, three = (
        load_checkpoint(tmp_path / name / "last.pt").weights for name in ("one", "two", "three")
    )
    assert all(value.equal(two[name]) for name, value in one.items())
    assert not three["conv1.weight"].equal(one["conv1.weight"])


def test_unreadable_pictures_are_left_out_and_listed_and_training_goes_on(small, tmp_path):
    red = small / "train" / "red"
    (red / "000.jpg").write_bytes(b"")
    (red / "001.jpg").write_text("this is no picture")
    whole = (red / "002.jpg").read_bytes()
    (red / "002.jpg").write_bytes(whole[: len(whole) // 2])
    result = finish(training_events(_config(small, tmp_path / "run")))
    assert [row.path.name for row in result.left_out] == ["000.jpg", "001.jpg", "002.jpg"]
    assert all(row.reason and "\n" not in row.reason for row in result.left_out)
    split = (tmp_path / "run" / "split.csv").read_text(encoding="utf-8")
    assert "train/red/000.jpg" not in split
    assert "train/red/003.jpg" in split


def test_a_loss_that_is_not_finite_ends_the_training_with_an_error(small, tmp_path):
    with pytest.raises(TrainingError, match="not finite; try a lower --lr"):
        finish(training_events(_config(small, tmp_path / "run", lr=1e30)))


def test_weights_lost_at_the_only_step_end_the_training_with_an_error(small, tmp_path):
    with pytest.raises(TrainingError, match="validation loss is not finite"):
        finish(training_events(_config(small, tmp_path / "run", lr=1e30, batch=64)))
    assert not (tmp_path / "run" / "best.pt").exists()


def test_a_run_that_exists_is_refused_and_stays_as_it_is(small, light_run):
    before = {path: path.stat().st_mtime_ns for path in light_run.iterdir()}
    with pytest.raises(UsageError, match="--overwrite"):
        finish(training_events(_config(small, light_run)))
    assert {path: path.stat().st_mtime_ns for path in light_run.iterdir()} == before


def test_a_run_is_replaced_when_told_and_the_old_model_files_go(small, exported_run):
    assert (exported_run / "model.onnx").exists()
    finish(training_events(_config(small, exported_run, overwrite=True)))
    assert _names(exported_run) == FILES
    assert load_checkpoint(exported_run / "last.pt").epoch == 1


def test_a_run_is_not_removed_for_a_training_that_cannot_begin(light_run, tmp_path):
    before = _names(light_run)
    with pytest.raises(DataError):
        finish(training_events(_config(tmp_path / "gone", light_run, overwrite=True)))
    assert _names(light_run) == before


def test_the_default_run_folder_stands_below_runs_and_knows_its_pictures(
    small, tmp_path, monkeypatch
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = finish(training_events(replace(_config(Path("../small"), tmp_path), out=None)))
    assert result.run.parent == Path("runs")
    assert result.run.name.endswith("-small")
    assert _names(result.run) == FILES
    content = json.loads((result.run / "config.json").read_text(encoding="utf-8"))
    assert content["data"] == str(small.resolve())


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "give a lower --batch or --imgsz"),
        (RuntimeError("DataLoader worker (pid 3) is killed by signal"), "give fewer --workers"),
    ],
)
def test_the_failures_that_every_trainer_meets_come_with_advice(
    small, tmp_path, monkeypatch, error, advice
):
    def fail(*_arguments: object):
        raise error

    monkeypatch.setattr(fit_module, "train_epoch", fail)
    with pytest.raises(TrainingError, match=advice):
        finish(training_events(_config(small, tmp_path / "run")))


def test_a_frozen_backbone_stays_the_files_and_only_the_head_learns(small, tmp_path, full_width):
    torch.manual_seed(9)
    state = build_resnet("resnet18", 5).state_dict()
    torch.save(state, tmp_path / "mine.pth")
    config = _config(small, tmp_path / "run", weights=str(tmp_path / "mine.pth"), freeze="backbone")
    events = training_events(config)
    prepared = next(event for event in events if isinstance(event, Prepared))
    assert prepared.trainable == 512 * 3 + 3
    finish(events)
    found = load_checkpoint(tmp_path / "run" / "best.pt")
    assert all(value.equal(state[n]) for n, value in found.weights.items() if n[:3] != "fc.")
    assert found.card.provenance.weights == "mine.pth"
    assert found.card.provenance.freeze == "layer4"
    torch.manual_seed(config.seed)
    assert not build_resnet("resnet18", 3).fc.weight.equal(found.weights["fc.weight"])


def test_a_restored_checkpoint_scores_what_its_card_says(finished, split_folder):
    checkpoint = load_checkpoint(finished / "best.pt")
    model, card = restore_network(checkpoint), checkpoint.card
    paths = sorted((split_folder / "val").glob("*/*.jpg"))
    images = torch.stack([torch.from_numpy(preprocess(p, card.preprocessing)) for p in paths])
    truth = torch.tensor([card.labels.index(path.parent.name) for path in paths])
    with torch.no_grad():
        logits = model(images)
    values = {result.metric: result.value for result in card.results}
    accuracy, loss = values["accuracy"], values["loss"]
    assert (logits.argmax(dim=1) == truth).float().mean().item() == pytest.approx(accuracy)
    assert torch.nn.functional.cross_entropy(logits, truth).item() == pytest.approx(loss, abs=1e-4)


def test_training_stops_early_and_says_so_to_whoever_resumes_it(small, tmp_path):
    # All is frozen, and the head learns next to nothing: no epoch is better than the first.
    torch.save(build_resnet("resnet18", 3).state_dict(), tmp_path / "start.pth")
    still = {"weights": str(tmp_path / "start.pth"), "freeze": "backbone", "lr": 1e-30}
    config = _config(small, tmp_path / "run", epochs=9, patience=2, **still)
    result = finish(training_events(config))
    assert len(result.history) == result.best.epoch + 2 < 9
    assert load_checkpoint(tmp_path / "run" / "last.pt").epoch == len(result.history)
    text = f"is finished: {len(result.history)} of 9 epochs are done, and it stopped early"
    with pytest.raises(CheckpointError, match=text):
        next(resume_events(tmp_path / "run"))


def test_what_is_monitored_chooses_the_best_epoch(small, tmp_path):
    result = finish(
        training_events(_config(small, tmp_path / "run", epochs=4, monitor="loss", lr=3e-3))
    )
    losses = [row.validation_loss for row in result.history]
    assert result.best.validation_loss == min(losses)
    assert {row.monitor for row in result.history} == {"loss"}
    assert [row.monitored for row in result.history] == losses
    marked = [min(losses[: n + 1]) == loss for n, loss in enumerate(losses)]
    assert [row.best for row in result.history] == marked
    assert load_checkpoint(tmp_path / "run" / "best.pt").epoch == losses.index(min(losses)) + 1


@pytest.mark.parametrize(("monitor", "labels"), [("map", None), ("balanced-accuracy", "csv")])
def test_a_monitor_without_meaning_is_refused_before_anything_is_written(
    small, striped, tmp_path, monitor, labels
):
    data, table = striped
    config = _config(small, tmp_path / "run", monitor=monitor)
    if labels:
        config = replace(config, data=data, labels=table)
    with pytest.raises(UsageError, match=f"--monitor {monitor} has no meaning"):
        finish(training_events(config))
    assert not (tmp_path / "run").exists()


RECIPES = [
    {"balance": "weights"},
    {"balance": "sampler"},
    {"optimizer": "sgd"},
    *({"schedule": name} for name in CHOICES["schedule"]),
    *({"policy": name} for name in CHOICES["policy"] if name != "none"),
    {"augment": "mirror", "jitter": 0.3, "erase": 0.5},
    {"mixup": 0.2, "cutmix": 1.0, "label_smoothing": 0.1},
    {"ema": 0.9, "dropout": 0.2, "clip": 1.0, "accumulate": 2, "batch": 4},
    {"amp": "none", "cache": "none"},
    {"amp": "bf16", "cache": "disk"},
]


@pytest.mark.parametrize(
    "options", RECIPES, ids=lambda options: "-".join(map(str, options.items()))
)
def test_every_recipe_trains(small, tmp_path, options):
    result = finish(training_events(_config(small, tmp_path / "run", **options)))
    assert torch.isfinite(torch.tensor([result.best.train_loss, result.best.validation_loss])).all()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        fresh = build_resnet("resnet18", 3).state_dict()
    found = load_checkpoint(tmp_path / "run" / "best.pt").weights
    assert not found["fc.weight"].equal(fresh["fc.weight"])
    assert not found["conv1.weight"].equal(fresh["conv1.weight"])
    assert _names(tmp_path / "run") == FILES


@pytest.fixture
def striped(tmp_path) -> tuple[Path, Path]:
    """Pictures of two colours side by side, or of one or none, and a CSV of what they show."""
    colours = {"blue": (40, 60, 200), "green": (40, 180, 60), "red": (200, 50, 40)}
    chance = np.random.default_rng(5)
    data = tmp_path / "striped"
    data.mkdir()
    rows = ["file,labels"]
    for several in (["blue", "green"], ["blue", "red"], ["green", "red"], ["red"], []):
        for index in range(8):
            stripes = [colours[label] for label in chance.permutation(several)] or [(128,) * 3]
            row = np.repeat(stripes, 48 // len(stripes), axis=0)
            pixels = (row + chance.normal(0, 20, (40, 48, 3))).clip(0, 255).astype(np.uint8)
            name = f"{'-'.join(several) or 'nothing'}-{index}.png"
            Image.fromarray(pixels).save(data / name)
            rows.append(f"{name},{'|'.join(several)}")
    (tmp_path / "truth.csv").write_text("\n".join(rows), encoding="utf-8")
    return data, tmp_path / "truth.csv"


def test_several_labels_a_picture_are_trained_from_a_csv(striped, tmp_path):
    data, table = striped
    out = tmp_path / "run"
    options = {"weights": "none", "imgsz": 32, "batch": 8, "workers": 0}
    result = tlx.train(data, labels=table, out=out, epochs=6, lr=3e-3, seed=1, **options)
    assert result.labels == ("blue", "green", "red")
    assert result.best.monitor == "map"
    assert result.best.monitored > 0.7  # chance is about 0.45
    card = load_checkpoint(out / "best.pt").card
    assert (card.task, card.labels) == ("multi-label", ("blue", "green", "red"))
    assert card.thresholds is not None
    assert len(card.thresholds) == 3
    values = {row.metric: row.value for row in card.results}
    assert values["mean average precision"] == result.best.monitored
    assert values["exact match"] == result.best.validation_accuracy
    assert values["loss"] == result.best.validation_loss


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "asymmetric", "balance": "weights"},
        {"balance": "sampler", "label_smoothing": 0.1},
        {"mixup": 0.2, "cutmix": 1.0},
    ],
)
def test_several_labels_train_by_every_loss(striped, tmp_path, options):
    data, table = striped
    config = _config(data, tmp_path / "run", labels=table, batch=16, **options)
    result = finish(training_events(config))
    assert 0 < result.best.train_loss < 10
    assert 0 <= result.best.monitored <= 1
    assert load_checkpoint(tmp_path / "run" / "best.pt").card.thresholds is not None
