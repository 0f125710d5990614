"""Faults are planted in how a format is written; a planted export has to be caught."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import ModelProto
from torch import nn
from torchvision.models.resnet import BasicBlock

import tlx
from tlx.errors import VerificationError
from tlx.export import onnx_file, pictures, publish
from tlx.export.options import ExportOptions
from tlx.export.reference import Reference, compute_reference
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tlx.training.config import TrainingConfig, write_config
from tlx.training.resnet import PictureNetwork, build_resnet

Change = Callable[..., object]

AT_ONCE = ExportOptions(legacy_exporter=True)
"""Without a second attempt by the older exporter."""


@pytest.fixture(scope="session", autouse=True)
def _quick_networks(narrow_networks: None) -> None:
    """Build narrow networks."""


@pytest.fixture(scope="session")
def _references() -> dict[tuple[object, ...], Reference]:
    """The checkpoint's answers so far: many faults are held against the same ones."""
    return {}


@pytest.fixture
def _few_pictures(monkeypatch, _references) -> None:
    """Verify on 10 pictures, and let each checkpoint answer them once for all tests."""

    def remembered(checkpoint: Checkpoint, paths: Sequence[Path]):
        key = (checkpoint.sha256, checkpoint.card, *paths)
        if key not in _references:
            _references[key] = yield from compute_reference(checkpoint, paths)
        return _references[key]

    monkeypatch.setattr(pictures, "MOST", 10)
    monkeypatch.setattr(pictures, "FEWEST", 10)
    monkeypatch.setattr(publish, "compute_reference", remembered)


@pytest.fixture(scope="session")
def _healthy_file(model_file) -> bytes:
    return model_file.read_bytes()


@pytest.fixture
def plant_graph(monkeypatch, _few_pictures, _healthy_file) -> Change:
    """Make export write the healthy ONNX file of the same run with its graph changed.

    That is what the exporter would have written had it made the mistake, without its seconds.
    """

    def plant(change_graph: Change = lambda _graph: None, change_card: Change = lambda c: c):
        def write(_network: nn.Module, card: ModelCard, path: Path, _options: object) -> None:
            model = ModelProto.FromString(_healthy_file)
            change_graph(model.graph)
            onnx_file.save_onnx(model, change_card(card), path)

        monkeypatch.setattr(publish, "FORMATS", (replace(publish.FORMATS[0], write=write),))

    return plant


@pytest.fixture
def plant_network(monkeypatch, _few_pictures) -> Change:
    """Make export write a format from a changed network, through the real exporter."""

    def plant(name: str, change: Callable[[nn.Module], nn.Module | None]) -> None:
        (target,) = (target for target in publish.FORMATS if target.name == name)

        def write(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
            target.write(change(network) or network, card, path, options)

        monkeypatch.setattr(publish, "FORMATS", (replace(target, write=write),))

    return plant


@pytest.fixture
def refusal(light_run) -> Callable[..., str]:
    """Export a run that has to be refused; nothing may be left. Gives the error's text."""

    def files() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in light_run.iterdir()}

    def export(data: Path | None = None, options: ExportOptions = AT_ONCE) -> str:
        before = files()
        with pytest.raises(VerificationError) as caught:
            tlx.export(light_run, data=data, options=options)
        assert files() == before
        text = str(caught.value)
        assert "\n" not in text
        assert text.endswith("; it was not published")
        return text

    return export


@pytest.fixture
def warm_run(light_run) -> Path:
    """The light run, its card with a temperature of 1.7."""
    checkpoint = load_checkpoint(light_run / "best.pt")
    warm = replace(checkpoint, card=replace(checkpoint.card, temperature=1.7))
    save_checkpoint(light_run / "best.pt", warm)
    return light_run


@pytest.fixture(scope="session")
def any_size_file(tmp_path_factory, model_file) -> Path:
    """The same run's model.any-size.onnx, to be read only."""
    out = tmp_path_factory.mktemp("any-size")
    options = ExportOptions(formats=("onnx",), embed_resize=True)
    (file,) = tlx.export(model_file.parent, out=out, options=options)
    return file.path


MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path, split_folder) -> MakeRun:
    """Give the function that makes a run by hand: a random network with settled statistics.

    `pictures` are those that BatchNorm's statistics and the head's scale are taken from; the
    head answers them with logits whose spread is 3, as a trained one does.
    """

    def make(
        architecture: str = "resnet18",
        labels: int = 3,
        task: str = "single-label",
        imgsz: int = 32,
        pictures: Sequence[Path] = (),
        seed: int = 0,
        **changes: object,
    ) -> Path:
        names = ("blue", "green", "red", *(f"other {number}" for number in range(3, labels)))
        origin = Provenance("0", "2", architecture, "none", None, "none", "f", "2026-01-01", seed)
        rule = Preprocessing(round(imgsz * 256 / 224), imgsz)
        card = ModelCard(names[:labels], rule, origin, task=task, **changes)
        paths = pictures or sorted((split_folder / "train").glob("*/*.jpg"))
        torch.manual_seed(seed)
        model = PictureNetwork(build_resnet(architecture, labels), rule)
        _settle(model, torch.from_numpy(np.stack([preprocess(path, rule) for path in paths])))
        run = tmp_path / "made"
        run.mkdir()
        save_checkpoint(run / "best.pt", Checkpoint(card, 1, model.network.state_dict(), {}))
        config = TrainingConfig(split_folder, out=run, weights="none", imgsz=imgsz)
        write_config(run / "config.json", config)
        column = "labels" if task == "multi-label" else "label"
        rows = [
            f"val/{label}/{number:03}.jpg,{label},validation"
            for label in names[: min(3, labels)]
            for number in range(10)
        ]
        (run / "split.csv").write_text("\n".join([f"file,{column},split", *rows, ""]))
        return run

    return make


def _settle(model: PictureNetwork, images: torch.Tensor) -> None:
    """Give BatchNorm its statistics, blocks a small share in their sum, the head its scale.

    A random network whose blocks count fully is chaotic: it makes more of a rounding than a
    trained one does.
    """
    last = "bn2" if isinstance(model.network.layer1[0], BasicBlock) else "bn3"
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches
            module.reset_running_stats()
        if name.endswith(last):
            nn.init.constant_(module.weight, 0.2)
    with torch.no_grad():
        for batch in images.split(16):
            model.train()(batch)
        logits = torch.cat([model.eval()(batch) for batch in images.split(16)])
        head = model.network.fc
        centre, spread = logits.mean(dim=0), logits.std(dim=0)
        head.bias.copy_((head.bias - centre) / spread * 3)
        head.weight.mul_(3 / spread[:, None])


@pytest.fixture(scope="session")
def old_runtime(tmp_path_factory) -> Callable[[Path, np.ndarray], dict[str, np.ndarray]]:
    """Give the function that runs a model file in onnxruntime 1.17.3, in an environment of its own.

    It takes the file and its input, and gives the outputs by name; tests are skipped where the
    environment cannot be made.
    """
    folder = tmp_path_factory.mktemp("old")
    python = _old_environment(folder / "environment")
    (folder / "run.py").write_text(OLD_RUN)

    def run(model: Path, images: np.ndarray) -> dict[str, np.ndarray]:
        np.save(folder / "images.npy", images)
        command = [python, "run.py", model, "images.npy", "answers.npz"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        with np.load(folder / "answers.npz") as found:
            return dict(found)

    return run


OLD_RUN = """
import json, sys
import numpy, onnxruntime
model, images, answers = sys.argv[1:]
assert onnxruntime.__version__ == "1.17.3" and numpy.__version__ < "2"
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
assert json.loads(session.get_modelmeta().custom_metadata_map["tlx.card"])["labels"]
outputs = session.run(None, {"images": numpy.load(images)})
numpy.savez(answers, **{o.name: v for o, v in zip(session.get_outputs(), outputs)})
"""


def _old_environment(folder: Path) -> Path:
    """Make an environment with onnxruntime 1.17.3, which has no wheels after Python 3.12."""
    for version in ("3.11", "3.12"):
        python = shutil.which(f"python{version}")
        command = [python or f"python{version}", "-m", "venv", folder]
        if python and subprocess.run(command, capture_output=True, check=False).returncode == 0:
            break
    else:
        pytest.skip("there is no Python 3.11 or 3.12 here, which onnxruntime 1.17.3 needs")
    python = next(
        path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()
    )
    command = [python, "-m", "pip", "install", "-q", "onnxruntime==1.17.3", "numpy<2", "pillow"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"onnxruntime 1.17.3 cannot be installed here: {done.stderr[-300:]}")
    return python
