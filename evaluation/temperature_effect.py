"""What a temperature does to calibration error and loss, and how far that may be chance."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from .bootstrap import RESAMPLES, draws, middle
from .calibration import BINS, Calibration, bin_of, calibrate
from .intervals import Interval

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class TemperatureEffect:
    """The numbers at the card's temperature less those at temperature 1; below 0 is better.

    Attributes:
        error: of the expected calibration error, -1..1.
        error_interval: 95 %, bootstrap over pictures, both errors of the same draws; None with one
            picture. A resample repeats pictures, which makes the smaller error grow more, so it
            leans towards no change.
        loss: of the mean cross-entropy, in nats.
        loss_interval: likewise.
    """

    error: float
    error_interval: Interval | None
    loss: float
    loss_interval: Interval | None


class Trusted(TypedDict):
    """How far confidence can be believed at either temperature, by the names of both reports."""

    calibration: Calibration
    uncalibrated: Calibration
    temperature_effect: TemperatureEffect


def trusted(before: Floats, after: Floats, right: NDArray[np.bool_], losses: Floats) -> Trusted:
    """Hold confidence against what is right; it takes what `temperature_effect` takes."""
    return {
        "calibration": calibrate(after.ravel(), right.ravel()),
        "uncalibrated": calibrate(before.ravel(), right.ravel()),
        "temperature_effect": temperature_effect(before, after, right, losses),
    }


def temperature_effect(
    before: Floats, after: Floats, right: NDArray[np.bool_], losses: Floats
) -> TemperatureEffect:
    """Compare two confidences of the same answers to N pictures, A a picture.

    Args:
        before: confidences at temperature 1, `[N, A]`.
        after: at the card's, `[N, A]`.
        right: of these answers, `[N, A]`.
        losses: each picture's calibrated loss less its loss at temperature 1, `[N]`.
    """
    pictures = len(right)
    gaps = [_gaps(confidence, right) for confidence in (before, after)]
    changes: list[Floats] = [np.empty((2, 0))]
    for drawn in [] if pictures < 2 else draws(pictures, RESAMPLES[1]):
        errors = [np.abs(gap.T @ drawn).sum(axis=0) / right.size for gap in gaps]
        changes.append(np.stack([errors[1] - errors[0], losses @ drawn / pictures]))
    error_interval, loss_interval = (middle(row) for row in np.concatenate(changes, axis=1))
    plain = [np.abs(gap.sum(axis=0)).sum() / right.size for gap in gaps]
    return TemperatureEffect(
        float(plain[1] - plain[0]), error_interval, float(losses.mean()), loss_interval
    )


def _gaps(confidence: Floats, right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Sum confidence less right over each picture's answers by bin, `[N, 15]`."""
    exact = confidence.astype(np.float64)
    gaps = np.zeros((len(right), BINS))
    rows = np.broadcast_to(np.arange(len(right))[:, None], exact.shape)
    np.add.at(gaps, (rows, bin_of(exact)), exact - right)
    return gaps
