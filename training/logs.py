"""Where epochs are logged beside `metrics.csv`: TensorBoard and MLflow, each by its own library."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from ..errors import MissingExtraError, TrainingError
from ..inference.whole_file import replacing
from .config import TrainingConfig
from .run_folder import EpochDone

TENSORBOARD = "tensorboard"


class Log(Protocol):
    """One place to log to."""

    @property
    def name(self) -> str: ...  # noqa: D102 - what `--log` calls it

    def epoch(self, done: EpochDone) -> None:
        """Log an epoch."""
        ...

    def close(self) -> None:
        """Log no more."""
        ...


def require_logs(config: TrainingConfig) -> None:
    """Check that the packages of `--log` are there, before any work is done.

    Raises:
        MissingExtraError: saying which extra, and how to install it.
    """
    for name in config.log:
        if find_spec(name) is None:
            raise MissingExtraError(
                f"--log {name} needs the extra '{name}' (not installed): "
                f"pip install '.[{name}]' in the clone of tlx"
            )


def open_logs(config: TrainingConfig, run: Path) -> list[Log]:
    """Open what `--log` names; a resumed run goes on in the same place.

    Raises:
        TrainingError: a library refuses, for want of a server or a store.
    """
    return [_open(name, config, run) for name in config.log]


def log_epoch(logs: list[Log], done: EpochDone) -> Iterator[str]:
    """Log an epoch everywhere; a log that fails is dropped from `logs`.

    A server that has gone away must not end a training.

    Yields:
        What the user should know of it, in one line.
    """
    for log in [*logs]:
        try:
            log.epoch(done)
        except Exception as error:  # noqa: BLE001 - the libraries' errors share no base
            logs.remove(log)
            yield (
                f"--log {log.name} failed ({_reason(error)}) and is left out from here on; "
                "metrics.csv has every epoch"
            )


def close_logs(logs: list[Log]) -> None:
    """Log no more; what fails now has cost no epoch, and must not hide how the training ended."""
    for log in logs:
        with suppress(Exception):
            log.close()


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _open(name: str, config: TrainingConfig, run: Path) -> Log:
    try:
        return _LOGS[name](config, run)
    except Exception as error:  # noqa: BLE001 - the libraries' errors share no base
        raise TrainingError(
            f"--log {name} cannot be opened ({_reason(error)}); see to its own settings, or "
            "leave it out with --overwrite"
        ) from None


class TensorBoardLog:
    """Event files in the run folder: `tensorboard --logdir RUN` shows them."""

    name = TENSORBOARD

    def __init__(self, config: TrainingConfig, run: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(run / TENSORBOARD))
        self._writer.add_text("config", _as_table(config), 0)

    def epoch(self, done: EpochDone) -> None:
        """Write an epoch's numbers."""
        for name, value in _numbers(done).items():
            self._writer.add_scalar(name, value, done.epoch)
        self._writer.flush()

    def close(self) -> None:
        """Finish the event file."""
        self._writer.close()


class MlflowLog:
    """A run of MLflow, at the server and in the experiment that its own variables name."""

    name = "mlflow"

    def __init__(self, config: TrainingConfig, run: Path) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # asked for by its import
        import mlflow

        remembered = run / "mlflow.txt"
        known = remembered.read_text(encoding="utf-8").strip() if remembered.exists() else None
        self._mlflow = mlflow
        self._active = mlflow.start_run(run_id=known, run_name=None if known else run.name)
        if known is None:
            with replacing(remembered) as temporary:
                temporary.write_text(self._active.info.run_id + "\n", encoding="utf-8")
            mlflow.log_params({name: str(value) for name, value in asdict(config).items()})

    def epoch(self, done: EpochDone) -> None:
        """Send an epoch's numbers."""
        self._mlflow.log_metrics(_numbers(done), step=done.epoch)

    def close(self) -> None:
        """Mark the run as finished."""
        self._mlflow.end_run()


_LOGS: dict[str, Callable[[TrainingConfig, Path], Log]] = {
    "tensorboard": TensorBoardLog,
    "mlflow": MlflowLog,
}


def _numbers(done: EpochDone) -> dict[str, float]:
    return {
        "loss/train": done.train_loss,
        "loss/validation": done.validation_loss,
        "accuracy/train": done.train_accuracy,
        "accuracy/validation": done.validation_accuracy,
        f"monitored/{done.monitor}": done.monitored,
        "learning rate": done.lr,
        "pictures per second": done.pictures_per_second,
    }


def _as_table(config: TrainingConfig) -> str:
    rows = [f"| {name} | {value} |" for name, value in asdict(config).items()]
    return "\n".join(["| option | value |", "| --- | --- |", *rows])
