"""Validation's answers as numbers, always by the plain loss and at temperature 1."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..errors import TrainingError, UsageError
from ..evaluation import metrics, multi_label_metrics
from ..evaluation.temperature import TemperatureFit, judge_temperature
from ..evaluation.thresholds import tune_thresholds
from ..inference.prediction import decide
from .config import TrainingConfig
from .loop import Validated


@dataclass(frozen=True)
class Score:
    """What validation measured.

    Attributes:
        loss: mean cross-entropy in nats; multi-label: binary, over pictures and labels.
        accuracy: share of pictures whose first label is right; multi-label: with every label
            right at `thresholds`.
        balanced_accuracy: mean of the labels' recalls; None for multi-label.
        map: mean average precision; None for single-label.
        pictures: how many.
        thresholds: per label, tuned on these pictures, on the probabilities at temperature 1 or,
            where there is a `calibration`, at that of it; None for single-label.
        calibration: of the best epoch's answers.
    """

    loss: float
    accuracy: float
    balanced_accuracy: float | None
    map: float | None
    pictures: int
    thresholds: tuple[float, ...] | None = None
    calibration: TemperatureFit | None = None


def score(validated: Validated) -> Score:
    """Score validation's answers; the task is seen by the truth.

    Raises:
        TrainingError: an answer is not finite: the last step of training went astray.
    """
    logits, truth = validated.logits.numpy(), validated.truth.numpy()
    if not np.isfinite(logits).all():
        raise TrainingError(
            "the validation loss is not finite; try a lower --lr, --clip 1 or --amp none (what the "
            "epochs before have written is kept)"
        )
    if truth.ndim == 1:
        return Score(
            loss=float(metrics.losses(logits, truth).mean()),
            accuracy=metrics.accuracy(logits, truth),
            balanced_accuracy=metrics.balanced_accuracy(logits, truth),
            map=None,
            pictures=len(truth),
        )
    return _score_multi_label(validated.logits, truth > 0.5)


def _score_multi_label(logits: Tensor, truth: NDArray[np.bool_]) -> Score:
    probabilities = logits.sigmoid().numpy()
    thresholds = tune_thresholds(probabilities, truth)
    return Score(
        loss=float(multi_label_metrics.binary_losses(logits.numpy(), truth).mean()),
        accuracy=multi_label_metrics.exact_match(decide(probabilities, thresholds), truth),
        balanced_accuracy=None,
        map=multi_label_metrics.mean_average_precision(logits.numpy(), truth),
        pictures=len(truth),
        thresholds=thresholds,
    )


def calibrated(validated: Validated, result: Score) -> Score:
    """Add what only a checkpoint that is kept needs: the temperature, and thresholds at it.

    Args:
        validated: the answers.
        result: their score.
    """
    logits, truth = validated.logits, validated.truth.numpy()
    if truth.ndim == 1:
        return replace(result, calibration=judge_temperature(logits.numpy(), truth))
    positive = truth > 0.5
    found = judge_temperature(logits.numpy(), positive)
    probabilities = (logits / found.temperature).sigmoid().numpy()  # as a file gives them
    thresholds = tune_thresholds(probabilities, positive)
    return replace(result, calibration=found, thresholds=thresholds)


def monitor_of(config: TrainingConfig, task: str) -> str:
    """Name what chooses the best epoch.

    Raises:
        UsageError: it has no meaning for the task.
    """
    multi_label = task == "multi-label"
    if config.monitor == "auto":
        return "map" if multi_label else "accuracy"
    if config.monitor == ("balanced-accuracy" if multi_label else "map"):
        raise UsageError(f"--monitor {config.monitor} has no meaning for a {task} task")
    return config.monitor


def monitored(monitor: str, result: Score) -> float:
    """Give the value of what chooses the best epoch."""
    values = {
        "accuracy": result.accuracy,
        "balanced-accuracy": result.balanced_accuracy,
        "map": result.map,
        "loss": result.loss,
    }
    value = values[monitor]
    assert value is not None  # `monitor_of` has chosen one that the task has
    return value
