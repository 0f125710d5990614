"""Calibration and coverage: by hand on small answers, and against scikit-learn's bins."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from tlx.evaluation.calibration import brier_scores, calibrate
from tlx.evaluation.coverage import at_thresholds, cover
from tlx.evaluation.metrics import wilson_interval


def test_the_error_is_the_weighted_distance_of_confidence_and_accuracy():
    confidence = np.array([0.95, 0.97, 0.99, 0.55, 0.58])
    found = calibrate(confidence, np.array([True, True, False, True, False]))
    assert [place.count for place in found.bins] == [2, 3]
    by_hand = abs(0.565 * 2 - 1) / 5 + abs(2.91 - 2) / 5
    assert found.expected_calibration_error == pytest.approx(by_hand)


def test_the_bins_are_those_of_scikit_learn():
    chance = np.random.default_rng(0)
    confidence = chance.random(500)
    right = chance.random(500) < confidence
    bins = calibrate(confidence, right).bins
    share, mean = calibration_curve(right, confidence, n_bins=15)
    assert [place.accuracy for place in bins] == pytest.approx(share)
    assert [place.confidence for place in bins] == pytest.approx(mean)
    assert sum(place.count for place in bins) == 500
    assert calibrate(confidence, right).expected_calibration_error < 0.1
    assert calibrate(confidence, ~right).expected_calibration_error > 0.3


def test_confidences_of_0_and_1_fall_into_the_outer_bins():
    found = calibrate(np.array([0.0, 1.0], np.float32), np.array([False, True]))
    assert [(place.low, place.high) for place in found.bins] == [(0, 1 / 15), (14 / 15, 1)]
    assert found.expected_calibration_error == 0.0


def test_a_sure_mistake_has_the_largest_brier_score():
    truth = np.array([[True, False], [False, True], [True, False]])
    probabilities = np.array([[1, 0], [1, 0], [0.5, 0.5]], np.float32)
    assert brier_scores(probabilities, truth).tolist() == [0, 2, 0.5]


def test_refusing_the_least_sure_answers_leaves_the_accuracy_of_the_others():
    confidence = np.array([0.5, 0.9, 0.8, 0.7, 0.6])
    found = cover(confidence, np.array([False, True, True, True, False]))
    expected = [(0.2, 1), (0.4, 1), (0.6, 1), (0.8, 0.75), (1, 0.6)]
    assert np.array(found.curve) == pytest.approx(np.array(expected))
    assert found.area == pytest.approx((0 + 0 + 0 + 0.25 + 0.4) / 5)
    at_90 = found.at_accuracy[0]
    assert (at_90.accuracy, at_90.coverage, at_90.threshold) == (0.9, 0.6, 0.7)
    half = found.at_coverage[-1]
    assert (half.wanted, half.coverage, half.pictures, half.accuracy) == (0.5, 0.6, 3, 1.0)


def test_answers_of_one_confidence_are_refused_together():
    found = cover(np.array([0.9, 0.9, 0.5, 0.9]), np.array([True, False, True, True]))
    assert found.curve == ((0.75, 2 / 3), (1.0, 0.75))
    assert found.at_accuracy[0].coverage is None


def test_a_single_answer_has_one_point():
    found = cover(np.array([0.4]), np.array([False]))
    assert (found.curve, found.area) == (((1.0, 0.0),), 1.0)
    assert {point.coverage for point in found.at_coverage} == {1.0}


def test_at_a_threshold_what_is_as_sure_is_answered():
    confidence = np.array([0.9, 0.5, 0.25, 0.5], np.float32)
    right = np.array([True, False, False, True])
    low, middle, high = at_thresholds(confidence, right, (0.0, 0.5, 0.95))
    assert (low.pictures, low.coverage, low.accuracy) == (4, 1.0, 0.5)
    assert (middle.pictures, middle.coverage, middle.accuracy) == (3, 0.75, 2 / 3)
    assert middle.interval == wilson_interval(2, 3)
    assert (high.pictures, high.accuracy, high.interval) == (0, None, None)


def test_thresholds_agree_with_counting():
    chance = np.random.default_rng(1)
    confidence, right = chance.random(200), chance.random(200) < 0.7
    for point in at_thresholds(confidence, right, [percent / 100 for percent in range(101)]):
        answered = confidence >= point.threshold
        assert point.pictures == answered.sum()
        if answered.any():
            assert point.accuracy == pytest.approx(right[answered].mean())
