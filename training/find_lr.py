"""The learning-rate range test: raise the rate step by step, and see where the loss falls fastest.

Smith, 2017 (arXiv:1506.01186). The loss is smoothed, and the suggestion is the rate of its
steepest fall over the logarithm of the rate; the test ends where the loss has risen far above its
lowest.
"""

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from torch.optim.lr_scheduler import LambdaLR

from ..errors import TrainingError, UsageError
from ..evaluation.plots import draw_rates
from .advice import with_advice
from .batches import Batch, Batches
from .config import TrainingConfig
from .device import choose_device
from .fit import build_learner, prepared
from .freezing import freeze_stages, frozen_stage
from .inputs import build_batches
from .learner import Learner
from .loop import BatchDone
from .precision import choose_precision
from .run_folder import refuse_folder
from .torchrun import ALONE, this_process
from .train import TrainingEvent, job_of, read_everything, starting_network

STEPS = 100
LOWEST, HIGHEST = 1e-6, 1.0
SMOOTHING = 0.9
"""Decay of the loss's moving average."""
DIVERGED = 4.0
"""Times its lowest value at which the loss ends the test."""
SETTLING = 10
"""First steps that are not looked at: few losses have been averaged there."""
WINDOW = 9
"""Steps over which the smoothed loss is averaged once more before its slope is taken."""
REAL_FALL = 0.02
"""Share by which the loss must fall: less is noise."""
PLOT = "find-lr.png"


@dataclass(frozen=True)
class LearningRate:
    """What the test found.

    Attributes:
        suggestion: the head's rate at which the loss fell fastest.
        rates: those that were tried, of the head.
        losses: smoothed, one a rate, in nats.
        plot: where they are drawn.
    """

    suggestion: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    plot: Path


def find_lr_events(config: TrainingConfig) -> Generator[TrainingEvent, None, LearningRate]:
    """Run the test on a training's own pictures, network and recipe; nothing is kept but a plot.

    Yields:
        Progress of reading, `Prepared`, and `BatchDone`.

    Raises:
        TrainingError: the loss never fell.
        UsageError: it was started in several processes, or the plot's folder cannot be used.
    """
    if this_process().count > 1:
        raise UsageError("--find-lr runs in one process; start it without torchrun")
    folder = _folder(config)
    device = choose_device(config.device)
    precision = choose_precision(config.amp, device)
    start = yield from read_everything(config, folder, ALONE)
    assert start.weights is not None
    model = starting_network(config, start.card, start.weights).to(device)
    freeze_stages(model.network, frozen_stage(config, 1))
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as features:
        job = job_of(replace(start, run=Path(features)), ALONE, Path(features))
        yield prepared(job, model, precision)
        batches, _ = yield from build_batches(job, model, precision)
        learner = build_learner(job, model, precision, STEPS)
        rates, losses = yield from with_advice(_raise_rate(learner, batches, config))
    found = LearningRate(steepest(rates, losses), rates, losses, folder / PLOT)
    draw_rates(rates, losses, found.suggestion, found.plot)
    return found


def _folder(config: TrainingConfig) -> Path:
    folder = config.out or Path("runs") / f"{date.today()}-{config.data.resolve().name}-find-lr"
    refuse_folder(folder, config)
    return folder


def _raise_rate(
    learner: Learner, batches: Batches, config: TrainingConfig
) -> Generator[BatchDone, None, tuple[tuple[float, ...], tuple[float, ...]]]:
    growth = (HIGHEST / LOWEST) ** (1 / (STEPS - 1))
    start = LOWEST / config.peak_lr
    learner.schedule = LambdaLR(learner.optimizer, lambda step: start * growth**step)
    learner.begin_epoch(frozen_stage(config, 1))
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    for step, (inputs, truth) in enumerate(_endless(batches)):
        inputs, truth = inputs.to(learner.device), truth.to(learner.device)  # noqa: PLW2901
        of_pictures, _ = learner.learn(inputs, truth, batches.after, 1.0, (1, step))
        average = SMOOTHING * average + (1 - SMOOTHING) * of_pictures.mean().item()
        smooth = average / (1 - SMOOTHING ** (step + 1))
        if not math.isfinite(smooth) or (losses and smooth > DIVERGED * min(losses)):
            break
        rates.append(LOWEST * growth**step)
        losses.append(smooth)
        yield BatchDone("raising the rate", step + 1, STEPS, 0.0)
        if step + 1 == STEPS:
            break
    return tuple(rates), tuple(losses)


def _endless(batches: Batches) -> Iterator[Batch]:
    epoch = 1
    while True:
        yield from batches.epoch(epoch)
        epoch += 1


def steepest(rates: Sequence[float], losses: Sequence[float]) -> float:
    """Find the rate of the steepest fall, before the lowest loss."""
    smooth = _moving_mean(np.array(losses)) if len(losses) > SETTLING else np.zeros(0)
    end = int(np.argmin(smooth)) + 1 if len(smooth) else 0
    if end < SETTLING + 3 or smooth[end - 1] > (1 - REAL_FALL) * smooth[SETTLING]:
        raise TrainingError(
            "the loss does not fall clearly at any rate, so none is suggested; give more pictures, "
            "and see that labels and --weights are right"
        )
    slopes = np.gradient(smooth[:end], np.log(rates[:end]))
    return float(rates[SETTLING + int(slopes[SETTLING:].argmin())])


def _moving_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average each value with `WINDOW // 2` neighbours on each side; fewer at the ends."""
    ones = np.ones(WINDOW)
    counts = np.convolve(np.ones(len(values)), ones, mode="same")
    return np.convolve(values, ones, mode="same") / counts
