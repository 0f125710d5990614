"""The whole path on one set of pictures: train, export, evaluate, classify."""

import shlex
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..evaluation.report import Report
from ..evaluation.scoring import EvaluationProgress, evaluate
from ..export.events import ExportEvent
from ..export.publish import export_events
from ..inference.classifier import Classifier
from ..inference.prediction import Outcome
from ..samples.folders import label_folders, looks_split
from ..samples.sample import Sample
from ..samples.splitting import read_split
from ..training.config import TrainingConfig
from ..training.fit import TrainingResult
from ..training.options import options_of
from ..training.train import TrainingEvent, training_events

SHOWN = 6
"""Pictures classified at the end."""
SELECTED = " (there is no test folder; these pictures chose the epoch, which flatters)"


@dataclass(frozen=True)
class Step:
    """The demo begins something.

    Attributes:
        title: what it does.
        command: what the user would type for it, None if nothing.
    """

    title: str
    command: str | None = None


@dataclass(frozen=True)
class DemoResult:
    """Where everything lies, and what the pictures of `split` said."""

    data: Path
    run: Path
    model: Path
    split: str
    report: Report


DemoEvent = (
    Step | EvaluationProgress | TrainingEvent | TrainingResult | ExportEvent | Report | Outcome
)


def digits_config(folder: Path) -> TrainingConfig:
    """Choose the training for handwritten digits: small, from nothing, never mirrored."""
    return TrainingConfig(
        data=folder / "digits",
        out=folder / "run",
        weights="none",
        augment="crop",
        imgsz=32,
        epochs=12,
        batch=32,
        lr=2e-3,
    )


def pictures_config(data: Path, folder: Path, weights: str) -> TrainingConfig:
    """Choose the training for a user's pictures: a new head on a pretrained network."""
    freeze = "none" if weights == "none" else "backbone"
    return TrainingConfig(data=data, out=folder / "run", weights=weights, freeze=freeze)


def demo_events(config: TrainingConfig, write_data: bool) -> Generator[DemoEvent, None, DemoResult]:
    """Run the whole path.

    Args:
        config: by `digits_config` or `pictures_config`.
        write_data: whether `config.data` is to be filled with handwritten digits first.

    Returns:
        Where everything lies.
    """
    if write_data:
        yield Step(f"Write scikit-learn's handwritten digits as PNG files into {config.data}")
        write_digits(config.data)
    yield Step("Train", train_command(config))
    result = yield from training_events(config)
    yield result
    run = result.run
    yield Step("Export to ONNX and TorchScript, verified", f"tlx export {_quoted(run)}")
    yield from export_events(run)
    split, samples = _held_out(run, config.data)
    title = f"Evaluate the ONNX file on {split}{SELECTED if split == 'validation' else ''}"
    yield Step(title, _eval_command(run, config.data, split, samples))
    classifier = Classifier(run / "model.onnx", many=True)
    report = yield from evaluate(classifier, samples)
    assert isinstance(report, Report)  # label folders give a picture one label
    yield report
    count = min(SHOWN, len(samples))
    chosen = [samples[index * len(samples) // count].path for index in range(count)]
    paths = " ".join(_quoted(path) for path in chosen)
    yield Step("Classify", f"tlx classify {_quoted(run / 'model.onnx')} {paths}")
    yield from classifier.classify_files(chosen)
    return DemoResult(config.data, run, run / "model.onnx", split, report)


def write_digits(folder: Path) -> None:
    """Write scikit-learn's 1,797 handwritten digits, 8 x 8 pixels, as 32 x 32 PNG files.

    They come from the test part of the UCI "Optical Recognition of Handwritten Digits" set
    (CC BY 4.0). Of each digit's pictures 70 % go into train/, 15 % into val/ and 15 % into test/,
    by chance with a fixed seed. So each writer stands on all sides, and the accuracy is that for
    known hands: with whole stretches of the set held out it is about two points lower.
    """
    from sklearn.datasets import load_digits

    flat, truth = (np.asarray(part) for part in load_digits(return_X_y=True))
    for label in range(10):
        pictures = flat[truth == label].reshape(-1, 8, 8)
        order = np.random.default_rng(label).permutation(len(pictures))
        for rank, index in enumerate(order):
            split = _digits_split(rank / len(pictures))
            path = folder / split / str(label) / f"{index:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            levels = (pictures[index] * 15.9375).astype(np.uint8)  # 0..16 to 0..255
            Image.fromarray(levels).resize((32, 32), Image.Resampling.BICUBIC).save(path)


def train_command(config: TrainingConfig) -> str:
    """Write the command line that trains as `config` says, defaults left out."""
    words = ["tlx train", _quoted(config.data)]
    for name, option in options_of(TrainingConfig).items():
        value = getattr(config, name)
        if value != getattr(TrainingConfig, name):
            words += [option.name, "backbone" if value == "layer4" else shlex.quote(str(value))]
    return " ".join(words)


def _digits_split(share: float) -> str:
    return "train" if share < 0.7 else "val" if share < 0.85 else "test"


def _held_out(run: Path, data: Path) -> tuple[str, list[Sample]]:
    """Take the test pictures; validation's where there are none."""
    for split in ("test", "validation"):
        samples = read_split(run / "split.csv", data, split)
        if samples:
            break
    return split, samples


def _eval_command(run: Path, data: Path, split: str, samples: list[Sample]) -> str:
    model = _quoted(run / "model.onnx")
    folder = data / split
    # Not where "test" is a label, nor where pictures were left out, which would be failures.
    if looks_split(data) and folder.is_dir() and len(label_folders(folder)) == len(samples):
        return f"tlx eval {model} {_quoted(folder)}"
    rows = _quoted(run / "split.csv")
    return f"tlx eval {model} --labels {rows} --root {_quoted(data)} --split {split}"


def _quoted(path: Path | None) -> str:
    return shlex.quote(str(path))
