"""The run folder: `best.pt last.pt config.json metrics.csv curves.png split.csv pictures.png`."""

import csv
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from ..errors import CheckpointError, UsageError
from ..inference.folder_lock import folder_lock
from ..inference.whole_file import clear_unfinished, replacing, unfinished
from .config import TrainingConfig, read_config

CONFIG = "config.json"
RUN_FILES = (
    *("best.pt", "last.pt", CONFIG, "metrics.csv", "curves.png", "split.csv"),
    *("pictures.png", "pictures.cache", "mlflow.txt"),
    *("model.onnx", "model.fp16.onnx", "model.int8.onnx", "model.ts", "model.pt2"),
    *("model.any-size.onnx", "model.any-size.fp16.onnx", "model.any-size.int8.onnx"),
    *("verification.json", "quantization.json"),
)
"""What tlx writes into a run folder, and removes when it is told to replace the run."""


@dataclass(frozen=True)
class EpochDone:
    """One epoch, as a row of the table and of `metrics.csv`.

    Attributes:
        epoch: 1-based.
        epochs: how many there will be.
        train_loss: mean of the objective in nats, on augmented pictures while learning.
        train_accuracy: 0..1, likewise; multi-label: pictures with every label right at 0.5.
        validation_loss: mean cross-entropy in nats of the weights at the epoch's end.
        validation_accuracy: 0..1, likewise.
        lr: the head's learning rate at the epoch's end.
        pictures_per_second: of the training pass.
        seconds: of the whole epoch; of the first one with what was computed before it, be it by
            an earlier run that stored it.
        best: whether it is the best so far.
        monitor: what chooses the best epoch: "accuracy", "balanced-accuracy", "map", "loss".
        monitored: its value on validation.
        validation_map: mean average precision, for multi-label.
        temperature: fitted on validation where the epoch is the best so far; None elsewhere, as
            the next three.
        calibration_error: expected, at temperature 1, 0..1.
        calibrated_error: the same, each half at the temperature fitted on the other half.
        temperature_note: why the temperature stays 1.
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    lr: float
    pictures_per_second: float
    seconds: float
    best: bool
    monitor: str
    monitored: float
    validation_map: float | None = None
    temperature: float | None = None
    calibration_error: float | None = None
    calibrated_error: float | None = None
    temperature_note: str | None = None


def choose_run_folder(config: TrainingConfig) -> Path:
    """Choose where the run will go; nothing is created or removed yet.

    Raises:
        UsageError: a run exists there and may not be replaced, other things lie there, or it lies
            inside the data folder, where its pictures would be learned as a label next time.
    """
    out = config.out
    if out is None:
        out = _free_folder(Path("runs"), f"{date.today()}-{config.data.resolve().name}")
    refuse_folder(out, config)
    left = {*unfinished(out / CONFIG), folder_lock(out, "train")}
    if not out.exists() or set(out.iterdir()) <= left:
        return out  # of a run that was killed at once, there may be an unfinished one
    if not _is_run(out):
        raise UsageError(f"{out} is not empty and no run folder; choose another --out")
    if not config.overwrite:
        raise UsageError(f"{out} holds a run; choose another --out, or --overwrite to replace it")
    return out


def refuse_folder(out: Path, config: TrainingConfig) -> None:
    """Refuse a folder that cannot be written to, whatever lies in it.

    Raises:
        UsageError: it is a file, or lies inside the data folder.
    """
    # Beside a CSV nothing in the folder is a label by itself.
    inside = config.labels is None and out.resolve().is_relative_to(config.data.resolve())
    if inside:
        raise UsageError(f"the run folder {out} lies inside {config.data}; give --out elsewhere")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; give --out a folder")


def prepare_run_folder(run: Path) -> None:
    """Create the folder, and remove the files of the run that is replaced.

    But for its `config.json`, which the new one's takes the place of: whenever it is killed, what
    lies there is a run.
    """
    run.mkdir(parents=True, exist_ok=True)
    remove_unfinished(run)
    shutil.rmtree(run / "tensorboard", ignore_errors=True)  # or two runs would show as one
    for name in RUN_FILES:
        if name != CONFIG:
            (run / name).unlink(missing_ok=True)


def remove_unfinished(run: Path) -> None:
    """Remove the unfinished files of a training that was killed; none may be under way."""
    clear_unfinished(*(run / name for name in RUN_FILES))


def write_metrics(path: Path, history: Sequence[EpochDone]) -> None:
    """Write `metrics.csv`, a row an epoch."""
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        rows = csv.DictWriter(file, [field.name for field in fields(EpochDone)])
        rows.writeheader()
        rows.writerows(asdict(epoch) for epoch in history)


def _is_run(folder: Path) -> bool:
    """Tell by its content: many a folder of other tools has a config.json too."""
    try:
        read_config(folder)
    except CheckpointError:
        return False
    return True


def _free_folder(parent: Path, name: str) -> Path:
    folder, number = parent / name, 2
    while folder.exists():
        folder, number = parent / f"{name}-{number}", number + 1
    return folder
