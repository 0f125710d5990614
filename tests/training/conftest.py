"""Trainings whose subject is not what they draw, and parts of one that are small and quick."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tlx.inference.preprocessing import Preprocessing
from tlx.samples.sample import Sample
from tlx.training import recording
from tlx.training.augmentation import Augmentation
from tlx.training.batches import EpochBatches, LoadedBatches, PictureDataset, truth_of
from tlx.training.config import TrainingConfig
from tlx.training.learner import Learner
from tlx.training.objective import build_objective
from tlx.training.precision import Precision
from tlx.training.resnet import PictureNetwork, build_resnet
from tlx.training.run_folder import EpochDone
from tlx.training.torchrun import ALONE

RULE = Preprocessing(37, 32)
LABELS = ("blue", "green", "red")

MakeBatches = Callable[..., LoadedBatches]
MakeLearner = Callable[..., Learner]


@pytest.fixture(scope="session", autouse=True)
def _quick_networks(narrow_networks: None) -> None:
    """Build narrow networks."""


@pytest.fixture
def quick_runs(monkeypatch) -> None:
    """Save the seconds of drawing and of waiting for the disk; the files are there all the same."""
    monkeypatch.setattr(os, "fsync", lambda _number: None)
    monkeypatch.setattr(recording, "draw_curves", lambda _curves, _best, path: Path(path).touch())
    monkeypatch.setattr(recording, "draw_pictures", lambda _i, _labels, path: Path(path).touch())


@pytest.fixture
def on_the_processor(monkeypatch) -> None:
    """Train there though a GPU is at hand: that bits are the same is promised of it alone."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture(scope="session")
def dozen(split_folder: Path) -> PictureDataset:
    """Twelve pictures, four a label, not augmented."""
    paths = sorted((split_folder / "val").glob("*/00[0-3].jpg"))
    samples = [Sample(path, path.parent.name) for path in paths]
    return PictureDataset(samples, truth_of(samples, LABELS, "single-label"), RULE, Augmentation())


@pytest.fixture(scope="session")
def few_pictures(
    write_pictures: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """21 pictures to train on and 9 for validation: with batches of 8 uneven and odd."""
    folder = tmp_path_factory.mktemp("few") / "data"
    write_pictures(folder / "train", 7, 1)
    return write_pictures(folder / "val", 3, 2).parent


@pytest.fixture(scope="session")
def start_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state dict of a ResNet-18 of three labels, by chance but always the same."""
    path = tmp_path_factory.mktemp("start") / "start.pth"
    torch.manual_seed(3)
    torch.save(build_resnet("resnet18", 3).state_dict(), path)
    return path


@pytest.fixture(scope="session")
def epoch_done() -> EpochDone:
    """The first of two epochs."""
    return EpochDone(
        epoch=1,
        epochs=2,
        train_loss=0.5,
        train_accuracy=0.75,
        validation_loss=0.25,
        validation_accuracy=0.875,
        lr=0.001,
        pictures_per_second=100.0,
        seconds=1.5,
        best=True,
        monitor="balanced-accuracy",
        monitored=0.625,
    )


@pytest.fixture(scope="session")
def make_batches(dozen: PictureDataset) -> MakeBatches:
    """Give the function that makes batches of the dozen; shuffled where a seed is given."""

    def make(batch: int, seed: int | None = None) -> LoadedBatches:
        return LoadedBatches(dozen, EpochBatches(len(dozen), batch, seed), 0)

    return make


@pytest.fixture(scope="session")
def make_learner() -> MakeLearner:
    """Give the function that makes a learner of three labels, the same each time, in fp32."""

    def make(steps: int = 10, precision: str = "none", **options: object) -> Learner:
        plain = {"weights": "none", "lr": 0.01, "schedule": "constant", "warmup": 0.0}
        config = TrainingConfig(Path("pictures"), **(plain | options))
        torch.manual_seed(0)
        model = PictureNetwork(build_resnet(config.model, 3), RULE, config.dropout)
        objective = build_objective(config, "single-label", torch.arange(3))
        return Learner(model, config, objective, Precision(precision, "cpu"), steps, ALONE)

    return make
