"""What several tests share: made pictures that are really decoded, a run, its exported files."""

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # as tlx does, before it is imported
import onnxruntime

if TYPE_CHECKING:
    from torchvision.models import ResNet

    from tlx.training.checkpoint import Checkpoint

COLOURS = {"blue": (40, 60, 200), "green": (40, 180, 60), "red": (200, 50, 40)}

# Pictures of 32 px gain nothing from threads, and on a busy machine torch's wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The window's tests need no display. Where Qt cannot be loaded, for want of a system's library,
# they are skipped, and all others must not fail with it.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTEST_QT_API", "pyside6")


def _qt_plugin() -> list[str]:
    try:
        import PySide6.QtWidgets
        import pytestqt.plugin
    except ImportError:
        return []
    assert PySide6.QtWidgets
    return [pytestqt.plugin.__name__]


pytest_plugins = _qt_plugin()


class _Waiting(onnxruntime.SessionOptions):
    """Threads that sleep while they wait; spinning, they take the other worker's processor."""

    def __init__(self) -> None:
        super().__init__()
        self.add_session_config_entry("session.intra_op.allow_spinning", "0")


onnxruntime.SessionOptions = _Waiting


@pytest.fixture(autouse=True)
def _hooks_as_before() -> Iterator[None]:
    """Give back the hooks that a command which is interrupted silences, as its process ends."""
    before = sys.excepthook, sys.unraisablehook, threading.excepthook
    yield
    sys.excepthook, sys.unraisablehook, threading.excepthook = before


CHANNELS = 16
"""Of the stem of the ResNet-18 of quick tests, a quarter of the real one's."""


def _narrow_resnet18(labels: int) -> "ResNet":
    """Build a ResNet-18 of a quarter of the channels, so a 16th of the weights to move about."""
    import torch
    from torch import nn
    from torchvision.models.resnet import BasicBlock, ResNet

    with torch.device("meta"):
        network = ResNet(BasicBlock, [2, 2, 2, 2])
    network.inplanes = CHANNELS
    network.conv1 = nn.Conv2d(3, CHANNELS, kernel_size=7, stride=2, padding=3, bias=False)
    network.bn1 = nn.BatchNorm2d(CHANNELS)
    for number in range(4):
        stage = network._make_layer(BasicBlock, CHANNELS << number, 2, stride=1 + (number > 0))
        setattr(network, f"layer{number + 1}", stage)
    network.fc = nn.Linear(CHANNELS << 3, labels)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


@pytest.fixture(scope="session")
def narrow_networks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let resnet18 be a narrow one, unless slow tests are run too: they are about the real one.

    Quick tests spent most of their seconds on moving, hashing and optimizing 45 MB of weights.
    """
    from tlx.training import resnet

    def get_model(name: str, weights: None, num_classes: int) -> "ResNet":
        if name == "resnet18":
            return _narrow_resnet18(num_classes)
        return real(name, weights=weights, num_classes=num_classes)

    real = resnet.get_model
    with pytest.MonkeyPatch.context() as patch:
        marks = {mark.name for item in request.session.items for mark in item.iter_markers()}
        if not marks & {"slow", "soak"}:
            patch.setattr(resnet, "get_model", get_model)
        yield


@pytest.fixture(scope="session")
def features(narrow_networks: None) -> int:
    """How many features the networks of this session have: 512, narrow ones 128."""
    from tlx.training.resnet import build_resnet

    return build_resnet("resnet18", 1).fc.in_features


@pytest.fixture
def full_width(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let resnet18 be the real one, for tests that are about it or start other processes."""
    from torchvision.models import get_model

    from tlx.training import resnet, weights_file

    weights_file._skeleton.cache_clear()
    monkeypatch.setattr(resnet, "get_model", get_model)
    yield
    weights_file._skeleton.cache_clear()


WritePictures = Callable[..., Path]


def _write_pictures(
    root: Path, count: int, seed: int = 0, size: tuple[int, int] = (48, 40)
) -> Path:
    """Write noisy JPEGs, one folder a colour: easy to tell apart, no two the same."""
    chance = np.random.default_rng(seed)
    for label, colour in COLOURS.items():
        folder = root / label
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            noise = chance.normal(0, 40, (40, 48, 3))
            pixels = (np.array(colour) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{index:03}.jpg", quality=90)
    return root


@pytest.fixture(scope="session")
def write_pictures() -> WritePictures:
    """Give the function that writes `count` pictures a label into a folder."""
    return _write_pictures


@pytest.fixture(scope="session")
def split_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with train/ (24 a label), val/ (10) and test/ (10) of three labels."""
    root = tmp_path_factory.mktemp("data") / "colours"
    for seed, (split, count) in enumerate({"train": 24, "val": 10, "test": 10}.items()):
        _write_pictures(root / split, count, seed)
    return root


@pytest.fixture(scope="session")
def _exported(
    tmp_path_factory: pytest.TempPathFactory, split_folder: Path, narrow_networks: None
) -> Path:
    import tlx

    run = tmp_path_factory.mktemp("runs") / "run"
    tlx.train(
        split_folder, out=run, weights="none", epochs=2, imgsz=32, batch=16, workers=0, seed=1
    )
    tlx.export(run)
    return run


@pytest.fixture
def trained_run(_exported: Path, tmp_path: Path) -> Path:
    """A fresh copy of a run: resnet18 at 32 px, 2 epochs on `split_folder`, not exported."""
    run = tmp_path / "run"
    ignored = shutil.ignore_patterns("model.*", "verification.json")
    return Path(shutil.copytree(_exported, run, ignore=ignored))


@pytest.fixture
def light_run(_exported: Path, tmp_path: Path) -> Path:
    """A fresh copy of what an export needs of the same run, not exported."""
    run = tmp_path / "light"
    run.mkdir()
    for name in ("config.json", "split.csv"):
        shutil.copy(_exported / name, run)
    os.link(_exported / "best.pt", run / "best.pt")  # tlx replaces it whole, never in place
    return run


@pytest.fixture
def exported_run(_exported: Path, tmp_path: Path) -> Path:
    """A fresh copy of the same run with model.onnx and model.ts."""
    return Path(shutil.copytree(_exported, tmp_path / "exported"))


@pytest.fixture(scope="session")
def model_file(_exported: Path) -> Path:
    """Its model.onnx, to be read only."""
    return _exported / "model.onnx"


@pytest.fixture(scope="session")
def real_pictures() -> Path:
    """The folder of real pictures; tests that need it are skipped without."""
    folder = os.environ.get("TLX_TEST_DATA")
    if not folder:
        pytest.skip("TLX_TEST_DATA is not set: it names the folder of real pictures")
    return Path(folder)


@pytest.fixture(scope="session")
def starter_weights(real_pictures: Path) -> Path:
    """A pretrained ResNet-18 state dict beside the real pictures."""
    path = real_pictures.parent / "weights" / "resnet18-starter.pth"
    if not path.exists():
        pytest.skip(f"{path} is not there: it is the pretrained ResNet-18 for trials")
    return path


def _write_stripes(root: Path, count: int, seed: int = 0) -> dict[str, str]:
    """Write `count` noisy PNGs for each set of colours, side by side; labels by file name."""
    chance = np.random.default_rng(seed)
    root.mkdir(parents=True)
    truth: dict[str, str] = {}
    for several in (["blue"], ["green"], ["red"], ["blue", "green"], ["blue", "red"], [*COLOURS]):
        for index in range(count):
            stripes = [COLOURS[label] for label in chance.permutation(several)]
            row = np.repeat(stripes, 48 // len(stripes), axis=0)  # [48, 3]
            pixels = row + chance.normal(0, 20, (40, 48, 3))
            name = f"{'-'.join(several)}-{index:02}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(root / name)
            truth[name] = "|".join(several)
    return truth


def _fit_checkpoint(data: Path, truth: dict[str, str]) -> "Checkpoint":
    """Fit the head of a random resnet18 by least squares to logits of 4 and -4, and tune."""
    import torch

    from tlx.evaluation.multi_label_metrics import multi_hot
    from tlx.evaluation.thresholds import tune_thresholds
    from tlx.inference.card import ModelCard, Provenance
    from tlx.inference.preprocessing import Preprocessing, preprocess
    from tlx.samples.sample import Sample
    from tlx.training.checkpoint import Checkpoint
    from tlx.training.resnet import PictureNetwork, build_resnet

    origin = Provenance("0", "2", "resnet18", "none", None, "none", "f" * 64, "2026-01-01", 0)
    card = ModelCard(tuple(COLOURS), Preprocessing(37, 32), origin, task="multi-label")
    wanted = multi_hot([Sample(data / name, labels) for name, labels in truth.items()], card.labels)
    images = np.stack([preprocess(data / name, card.preprocessing) for name in truth])
    torch.manual_seed(0)
    model = PictureNetwork(build_resnet("resnet18", len(COLOURS)), card.preprocessing).eval()
    head, model.network.fc = model.network.fc, torch.nn.Identity()
    with torch.no_grad():
        features = model(torch.from_numpy(images)).numpy()
        inputs = np.hstack([features, np.ones((len(features), 1), np.float32)])
        answer = np.linalg.lstsq(inputs, np.where(wanted, 4.0, -4.0), rcond=0.01)[0]
        head.weight.copy_(torch.from_numpy(answer[:-1].T))
        head.bias.copy_(torch.from_numpy(answer[-1]))
        model.network.fc = head
        probabilities = model(torch.from_numpy(images)).sigmoid().numpy()
    tuned = replace(card, thresholds=tune_thresholds(probabilities, wanted))
    return Checkpoint(tuned, 1, model.network.state_dict(), {})


@pytest.fixture(scope="session")
def multi_label_run(tmp_path_factory: pytest.TempPathFactory, narrow_networks: None) -> Path:
    """A run of the multi-label task made by hand, exported; 48 striped pictures, validation all.

    A random resnet18 whose head is fitted to the pictures, thresholds tuned; `truth.csv` beside
    the pictures, in `data/`, says what stands in `split.csv`.
    """
    import tlx
    from tlx.training.checkpoint import save_checkpoint
    from tlx.training.config import TrainingConfig, write_config

    root = tmp_path_factory.mktemp("several")
    data, run = root / "data", root / "run"
    truth = _write_stripes(data, 8)
    run.mkdir()
    rows = [f"{name},{labels}" for name, labels in truth.items()]
    (data / "truth.csv").write_text("\n".join(["file,label", *rows]))
    split = ["file,label,split", *(f"{row},validation" for row in rows)]
    (run / "split.csv").write_text("\n".join(split))
    save_checkpoint(run / "best.pt", _fit_checkpoint(data, truth))
    write_config(run / "config.json", TrainingConfig(data, out=run, weights="none", imgsz=32))
    tlx.export(run)
    return run


def _alter_model(source: Path, target: Path, labels: tuple[str, ...], **changes: object) -> Path:
    """Write a model file anew: labels in another order, a `bias` by label, changes of the card."""
    import onnx
    from onnx import numpy_helper

    from tlx.export.onnx_file import save_onnx
    from tlx.inference.classifier import Classifier

    card, model = Classifier(source).card, onnx.load(source)
    columns = [card.labels.index(label) for label in labels]
    bias: dict[str, float] = changes.pop("bias", {})
    for tensor in model.graph.initializer:
        if tensor.name in ("network.fc.weight", "network.fc.bias"):
            values = numpy_helper.to_array(tensor)[columns]
            if values.ndim == 1:
                values = values + np.array([bias.get(label, 0) for label in labels], np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    thresholds = card.thresholds and tuple(card.thresholds[column] for column in columns)
    save_onnx(model, replace(card, labels=labels, thresholds=thresholds, **changes), target)
    return target


@pytest.fixture(scope="session")
def alter_model() -> Callable[..., Path]:
    """Give the function that writes a model file anew with its labels in another order.

    Further arguments: `bias` adds to logits by label; others replace what the card says.
    """
    return _alter_model


class SimulatedProvider:
    """onnxruntime with a provider that is none: the processor computes, in its name.

    Attributes:
        chosen: the providers and options that a session was last opened with.
        memory_pattern: whether that session plans its memory.
        threads: those that have run it, by their numbers.
    """

    chosen: list
    memory_pattern: bool

    def __init__(
        self,
        name: str,
        alter: Callable = lambda _name, value: value,
        left: Callable = lambda _node: False,
        present: bool = True,
        error: Exception | None = None,
    ) -> None:
        self.name, self.alter, self.left, self.present = name, alter, left, present
        self.error, self.threads = error, set()

    def open(self, path: str, sess_options: object, providers: list, **fallback: int) -> object:
        """Open a session as `onnxruntime.InferenceSession` does, in the provider's name."""
        if providers == ["CPUExecutionProvider"]:
            return self.real(path, sess_options=sess_options, providers=providers)
        assert fallback == {"enable_fallback": 0}  # or onnxruntime prints, and goes on without
        self.chosen, self.memory_pattern = providers, sess_options.enable_mem_pattern
        if self.error:
            raise self.error
        opened = self.real(path, sess_options=sess_options, providers=["CPUExecutionProvider"])
        return _SimulatedSession(opened, self)

    real = onnxruntime.InferenceSession


class _SimulatedSession:
    """A session of the processor that says it is another's."""

    def __init__(self, session: onnxruntime.InferenceSession, of: SimulatedProvider) -> None:
        self._session, self._of = session, of

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)

    def get_providers(self) -> list[str]:
        return [self._of.name] * self._of.present + ["CPUExecutionProvider"]

    def run(self, names: list[str], given: dict) -> list[np.ndarray]:
        self._of.threads.add(threading.get_ident())
        found = self._session.run(names, given)
        return [self._of.alter(name, value) for name, value in zip(names, found, strict=True)]

    def end_profiling(self) -> str:
        path = Path(self._session.end_profiling())
        events, seen = json.loads(path.read_text()), 0
        for event in events:
            if event["name"].endswith("_kernel_time") and "MatMul" in event["args"]["op_name"]:
                if self._of.left("once" if not seen else "again"):
                    seen += 1
                    continue
                seen += 1
            if "provider" in event.get("args", {}):
                event["args"]["provider"] = self._of.name
        path.write_text(json.dumps(events))
        return str(path)


@pytest.fixture
def simulate_provider(monkeypatch: pytest.MonkeyPatch) -> Callable[..., SimulatedProvider]:
    """Give the function that puts a provider of a name into onnxruntime (`SimulatedProvider`)."""

    def simulate(name: str, *arguments: object, **changes: object) -> SimulatedProvider:
        simulated = SimulatedProvider(name, *arguments, **changes)
        monkeypatch.setattr(onnxruntime, "InferenceSession", simulated.open)
        present = [name, "CPUExecutionProvider"]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: present)
        return simulated

    return simulate
