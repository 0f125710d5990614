"""Temperature scaling: confidence that is as large as the share of right answers.

Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, arXiv:1706.04599. One number
divides all logits before the probabilities; the ranking, and so the accuracy, stays as it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax

from ..inference.wording import counted
from .calibration import calibrate
from .metrics import losses
from .multi_label_metrics import MultiHot, binary_losses

RANGE = (0.05, 20.0)
"""Temperatures that are looked at."""
FEWEST = 50
"""Pictures below which none is fitted."""
_CELLS = 4_000_000
"""Logits that it is fitted on at most: of very many pictures an even share is enough for one
number."""

Logits = NDArray[np.floating]
Truth = NDArray[np.intp] | MultiHot


@dataclass(frozen=True)
class TemperatureFit:
    """A temperature, and what it does to the calibration error.

    Attributes:
        temperature: fitted on all pictures; 1 where none could be fitted.
        pictures: how many.
        error: expected calibration error at temperature 1, 0..1.
        calibrated_error: the same with a temperature that was fitted on the other half of the
            pictures: twofold cross-fitting, so that no picture judges what it was used for.
        note: why the temperature stays 1, or None.
    """

    temperature: float
    pictures: int
    error: float
    calibrated_error: float
    note: str | None = None


def temperature_text(
    temperature: float, error: float, calibrated_error: float, note: str | None
) -> str:
    """Say in words what a `TemperatureFit` says."""
    if note:
        return f"the temperature stays 1: {note}"
    return (
        f"temperature {temperature:.3g}: calibration error on validation {error:.3f} without it, "
        f"{calibrated_error:.3f} with it (each half of the pictures at the temperature fitted on "
        "the other half)"
    )


def judge_temperature(logits: Logits, truth: Truth) -> TemperatureFit:
    """Fit the temperature, and measure the calibration error without and with it.

    Args:
        logits: `[N, C]`, finite, N >= 1.
        truth: int `[N]`; for multi-label bool `[N, C]`.
    """
    error = _error(logits, truth)
    temperature, note = fit_temperature(logits, truth)
    if note:
        return TemperatureFit(1.0, len(logits), error, error, note)
    halves = np.random.default_rng(0).permutation(len(logits)) % 2
    scaled = logits.astype(np.float64)
    for half in (0, 1):
        other = halves != half
        scaled[~other] /= _least_loss(logits[other], truth[other]) or 1.0
    calibrated = _error(scaled, truth)
    return TemperatureFit(temperature, len(logits), error, calibrated)


def fit_temperature(logits: Logits, truth: Truth) -> tuple[float, str | None]:
    """Find the temperature with the least loss (cross-entropy; for multi-label binary).

    Returns:
        The temperature, and None; or 1 and why: too few pictures, or no minimum within `RANGE`,
        as where every answer is right and more confidence were always better.
    """
    if len(logits) < FEWEST:
        return 1.0, too_few(len(logits))
    found = _least_loss(logits, truth)
    return (1.0, _why_none(logits, truth)) if found is None else (found, None)


def too_few(pictures: int) -> str:
    """Say that there are fewer than `FEWEST`."""
    return f"too few to fit it on: {counted(pictures, 'picture')}, {FEWEST} are needed"


def _least_loss(logits: Logits, truth: Truth) -> float | None:
    """Find the one minimum of the loss, which is convex in 1 / temperature."""
    step = max(1, -(-logits.size // _CELLS))
    some, wanted = logits[::step], truth[::step]
    low, high = np.log(RANGE)
    found = minimize_scalar(
        lambda power: _loss(some / np.exp(power), wanted),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-4},
    )
    inside = low + 0.01 < found.x < high - 0.01
    return float(np.exp(found.x)) if inside and found.fun < _loss(some, wanted) else None


def _error(logits: Logits, truth: Truth) -> float:
    """Compute the expected calibration error; of the first label, for multi-label of all."""
    if truth.ndim == 1:
        confidence, right = softmax(logits, axis=1).max(axis=1), logits.argmax(axis=1) == truth
    else:
        confidence, right = expit(logits).ravel(), truth.astype(np.bool_).ravel()
    return calibrate(confidence, right).expected_calibration_error


def _loss(logits: Logits, truth: Truth) -> float:
    if truth.ndim == 1:
        return float(losses(logits, truth.astype(np.intp)).mean())
    return float(binary_losses(logits, truth.astype(np.bool_)).mean())


def _why_none(logits: Logits, truth: Truth) -> str:
    right = logits.argmax(axis=1) == truth if truth.ndim == 1 else (logits > 0) == truth
    if right.all():
        return f"all of {len(logits)} pictures are answered right, so that nothing bounds it"
    return f"no other one from {RANGE[0]:g} to {RANGE[1]:g} fits better"
