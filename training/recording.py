"""What a run leaves behind: pictures, curves, metrics and checkpoints."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from ..evaluation.metrics import wilson_interval
from ..evaluation.plots import Curve, draw_curves, draw_pictures
from ..evaluation.temperature import TemperatureFit
from ..inference.card import MeasuredResult, ModelCard
from ..samples.sample import LabelledPictures
from .augmentation import augmentation_of
from .batches import PictureDataset, truth_of
from .checkpoint import Checkpoint, save_checkpoint
from .config import TrainingConfig
from .learner import Learner
from .mixing import build_mixing
from .randomness import seeded
from .run_folder import EpochDone, write_metrics
from .score import Score

UNCALIBRATED, CALIBRATED = "calibration error at temperature 1", "calibration error"
PAUSE = 3.0
"""Seconds between two writings at least, but for the last."""


def draw_training_pictures(
    path: Path, config: TrainingConfig, card: ModelCard, pictures: LabelledPictures
) -> None:
    """Show 16 training pictures as the network gets them, spread over the labels."""
    count = min(16, len(pictures.train))
    step = len(pictures.train) / count
    samples = [pictures.train[int(index * step)] for index in range(count)]
    truth = truth_of(samples, card.labels, card.task)
    augmentation = augmentation_of(config)
    shown = PictureDataset(samples, truth, card.preprocessing, augmentation, config.seed)
    images = torch.stack([shown[1, index][0] for index in range(count)])
    titles = [sample.label for sample in samples]
    mix = build_mixing(config.mixup, config.cutmix, len(card.labels))
    if mix:
        with seeded(config.seed):
            mixed, target = mix(images, truth)
        images, titles = mixed.round().to(torch.uint8), [_parts(row, card.labels) for row in target]
    draw_pictures(list(images.numpy()), titles, path)


def _parts(shares: Tensor, labels: Sequence[str]) -> str:
    """Name the labels of a mixed picture, the largest share first."""
    order = shares.argsort(descending=True).tolist()
    return " + ".join(f"{shares[index]:.2f} {labels[index]}" for index in order if shares[index])


class Recorder:
    """Writes what an epoch's end leaves: checkpoints, metrics, curves.

    Where epochs are shorter than `PAUSE` it does not write at each: a head on stored features
    learns for 20 ms an epoch. What a kill can cost is then those few seconds.

    Args:
        run: the run folder.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self._written = -PAUSE
        self._best: Checkpoint | None = None
        self._unwritten: Sequence[EpochDone] = ()

    def epoch(
        self, card: ModelCard, learner: Learner, history: Sequence[EpochDone], last: bool
    ) -> None:
        """Take an epoch's end; `last` says that none follows, so that it must be written."""
        if history[-1].best:
            self._best = Checkpoint(card, history[-1].epoch, _weights(learner), {})
        self._unwritten = tuple(history)
        if last or perf_counter() - self._written >= PAUSE:
            self._write(card, learner, history)
            self._written = perf_counter()

    def close(self) -> None:
        """Write what is not yet, as far as it stands: after an error, or on Ctrl-C.

        `last.pt` stays: the learner may be in the middle of an epoch.
        """
        if self._best is not None:
            save_checkpoint(self.run / "best.pt", self._best)
            self._best = None
        if self._unwritten:
            self._draw(self._unwritten)

    def _draw(self, history: Sequence[EpochDone]) -> None:
        write_metrics(self.run / "metrics.csv", history)
        draw_curves(_curves(history), best_epoch(history).epoch, self.run / "curves.png")
        self._unwritten = ()

    def _write(self, card: ModelCard, learner: Learner, history: Sequence[EpochDone]) -> None:
        # last.pt at the end: if the process is killed in between, the epoch is run again and
        # writes the others again. After it, a finished run would stay without its last rows.
        if self._best is not None:
            save_checkpoint(self.run / "best.pt", self._best)
            self._best = None
        self._draw(history)
        progress = {**learner.state_dict(), "history": [asdict(row) for row in history]}
        last = Checkpoint(card, history[-1].epoch, _weights(learner), progress)
        save_checkpoint(self.run / "last.pt", last)


def _weights(learner: Learner) -> dict[str, Tensor]:
    """Copy the weights that are deployed, dense, on the CPU."""
    state = learner.deployed.network.state_dict()
    return {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, tensor in state.items()
    }


def _curves(history: Sequence[EpochDone]) -> list[Curve]:
    loss = Curve(
        "loss", [row.train_loss for row in history], [row.validation_loss for row in history]
    )
    accuracy = Curve(
        "accuracy",
        [row.train_accuracy for row in history],
        [row.validation_accuracy for row in history],
    )
    curves = [loss, accuracy]
    if history[0].monitor not in ("loss", "accuracy"):
        curves.append(Curve(history[0].monitor, None, [row.monitored for row in history]))
    return [*curves, Curve("learning rate at the epoch's end", [row.lr for row in history], None)]


def measured(card: ModelCard, result: Score) -> ModelCard:
    """Write validation's result into the card; the same pictures choose the epoch."""
    interval = wilson_interval(round(result.accuracy * result.pictures), result.pictures)
    values = [("accuracy", result.accuracy, interval), ("loss", result.loss, None)]
    if result.map is not None:
        values = [
            ("mean average precision", result.map, None),
            ("exact match", result.accuracy, interval),
            values[1],
        ]
    if result.calibration:
        values += calibration_results(result.calibration)
    results = tuple(
        MeasuredResult(name, value, interval, "validation", result.pictures, True)
        for name, value, interval in values
    )
    temperature = result.calibration.temperature if result.calibration else 1.0
    return replace(card, results=results, thresholds=result.thresholds, temperature=temperature)


def calibration_results(found: TemperatureFit) -> list[tuple[str, float, None]]:
    """Name the calibration errors as the card does: at temperature 1, and at the card's."""
    return [(UNCALIBRATED, found.error, None), (CALIBRATED, found.calibrated_error, None)]


def rank(epoch: EpochDone) -> tuple[float, float]:
    """Order epochs: by what is monitored, then by validation loss."""
    value = -epoch.monitored if epoch.monitor == "loss" else epoch.monitored
    return value, -epoch.validation_loss


def epochs_since_best(history: Sequence[EpochDone]) -> int:
    """Count the epochs after the best one."""
    return len(history) - best_epoch(history).epoch if history else 0


def best_epoch(history: Sequence[EpochDone]) -> EpochDone:
    """Find the best epoch; of equal ones the first."""
    return max(history, key=rank)
