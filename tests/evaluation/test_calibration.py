"""The expected calibration error, against its definition."""

import numpy as np
import pytest

from tlx.evaluation.calibration import BINS, calibration_error


def _by_definition(confidences: np.ndarray, true: np.ndarray) -> float:
    total = 0.0
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        within = (confidences >= low) & ((confidences < high) | (number == BINS - 1))
        if within.any():
            total += within.mean() * abs(confidences[within].mean() - true[within].mean())
    return total


def test_it_is_the_gap_between_confidence_and_share_of_right_first_labels():
    chance = np.random.default_rng(0)
    probabilities = chance.dirichlet([0.5] * 4, 500)
    truth = chance.integers(0, 4, 500)
    right = probabilities.argmax(axis=1) == truth
    expected = _by_definition(probabilities.max(axis=1), right)
    assert calibration_error(probabilities, truth) == pytest.approx(expected)


def test_several_labels_count_each_probability_against_its_own_truth():
    chance = np.random.default_rng(1)
    probabilities = chance.random((200, 3))
    truth = chance.random((200, 3)) < 0.3
    expected = _by_definition(probabilities.ravel(), truth.ravel())
    assert calibration_error(probabilities, truth) == pytest.approx(expected)


@pytest.mark.parametrize(("right", "error"), [(1, 0.0), (0, 1.0)])
def test_certainty_is_wholly_right_or_wholly_wrong(right, error):
    probabilities = np.array([[0.0, 1.0]], np.float32)
    assert calibration_error(probabilities, np.array([right])) == error


def test_a_single_picture_is_as_far_off_as_it_lacks_of_certainty():
    assert calibration_error(np.array([[0.25, 0.75]]), np.array([1])) == pytest.approx(0.25)
