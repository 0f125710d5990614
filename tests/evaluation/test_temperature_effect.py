"""What a temperature does to calibration error and loss, with an interval of the change itself."""

import numpy as np
import pytest

from tlx.evaluation.bootstrap import draws
from tlx.evaluation.calibration import calibrate
from tlx.evaluation.temperature_effect import temperature_effect


def _sure(count: int, told: float) -> tuple[np.ndarray, np.ndarray]:
    """Answers given with `told`, of which 7 in 10 are right, `[N, 1]`."""
    chance = np.random.default_rng(0)
    right = chance.random((count, 1)) < 0.7
    return np.full((count, 1), told), right


def _error(confidence: np.ndarray, right: np.ndarray) -> float:
    return calibrate(confidence.ravel(), right.ravel()).expected_calibration_error


def test_the_change_is_that_of_the_two_errors_and_of_the_mean_loss():
    chance = np.random.default_rng(1)
    before, after = chance.random((2, 50, 3))
    right = chance.random((50, 3)) < 0.5
    found = temperature_effect(before, after, right, np.linspace(-1, 0, 50))
    assert found.error == pytest.approx(_error(after, right) - _error(before, right))
    assert found.loss == pytest.approx(-0.5)


def test_its_interval_is_of_both_errors_on_the_same_draws():
    chance = np.random.default_rng(2)
    before, after = chance.random((2, 30, 1))
    right = chance.random((30, 1)) < 0.5
    found = temperature_effect(before, after, right, np.zeros(30))
    changes = []
    for drawn in draws(30, 1000):
        for times in drawn.T:
            rows = np.repeat(np.arange(30), times)
            changes.append(_error(after[rows], right[rows]) - _error(before[rows], right[rows]))
    assert found.error_interval == pytest.approx(tuple(np.percentile(changes, [2.5, 97.5])))
    assert found.loss_interval == (0, 0)


def test_a_clear_gain_is_told_from_chance_and_a_little_one_is_not():
    confident, right = _sure(300, 0.99)
    clear = temperature_effect(confident, np.full((300, 1), 0.7), right, np.full(300, -0.2))
    assert clear.error_interval[1] < 0
    noise = confident + np.random.default_rng(3).normal(0, 1e-3, confident.shape)
    little = temperature_effect(confident, noise, right, np.zeros(300))
    assert little.error_interval[0] < 0 < little.error_interval[1]


def test_the_same_confidence_changes_nothing_and_one_picture_has_no_interval():
    confidence, right = _sure(40, 0.9)
    found = temperature_effect(confidence, confidence, right, np.zeros(40))
    assert (found.error, found.error_interval) == (0, (0, 0))
    one = temperature_effect(confidence[:1], confidence[:1], right[:1], np.zeros(1))
    assert (one.error_interval, one.loss_interval) == (None, None)
