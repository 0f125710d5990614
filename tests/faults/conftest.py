"""Starting `tlx` again and again, and telling whether what it has written is whole."""

from collections.abc import Callable, Iterator
from pathlib import Path

import commands
import pytest
import whole_files
from commands import Ran, Starter, run_here

PREPARE = """
import onnx
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

import tlx.training.resnet


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
"""
"""Builds narrow networks."""


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Give what starts commands."""
    made = Starter(tmp_path_factory.mktemp("starter"), PREPARE)
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


def _run_safely(*arguments: object, codes: tuple[int, ...]) -> Ran:
    """Run a command in this process; an end with another code, or a traceback, fails the test."""
    ran = run_here(*arguments)
    assert ran.code in codes, ran
    assert "Traceback" not in ran.err, ran
    assert ran.code == 0 or ran.err.count("\n") == 1, ran
    return ran


@pytest.fixture(scope="session")
def run_safely(narrow_networks: None) -> Callable[..., Ran]:
    """Give the function that runs a command as a user does and holds it to an exit code."""
    return _run_safely


@pytest.fixture(scope="session")
def assert_whole() -> Callable[[Path], int]:
    """Give the function that reads every finished file below a folder, and counts them."""
    return whole_files.assert_whole


def _left(folder: Path) -> list[str]:
    """List what is not under a final name."""
    return [path.name for path in folder.rglob(".*")]


@pytest.fixture(scope="session")
def unfinished_files() -> Callable[[Path], list[str]]:
    """Give the function that lists the hidden files below a folder."""
    return _left


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Give the function that waits until something has happened."""
    return commands.wait_for
