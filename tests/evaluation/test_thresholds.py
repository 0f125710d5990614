"""Thresholds tuned on validation: the best F1 of every cut, midway between neighbours."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlx.evaluation.thresholds import tune_thresholds
from tlx.inference.prediction import decide


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def truth(*values: int) -> np.ndarray:
    return np.array(values, bool)[:, None]


def made(rows: int, labels: int, seed: int = 0, steps: int = 0):
    """Make probabilities that know something; with `steps`, many of them are equal."""
    chance = np.random.default_rng(seed)
    positive = chance.random((rows, labels)) < 0.3
    values = 1 / (1 + np.exp(-chance.normal(2 * positive - 1, 1.5)))
    return (np.round(values * steps) / steps if steps else values).astype(np.float32), positive


def test_the_threshold_lies_midway_between_the_neighbours_of_the_best_cut():
    assert tune_thresholds(column(0.1, 0.25, 0.75, 0.9), truth(0, 0, 1, 1)) == (0.5,)
    assert tune_thresholds(column(0.9, 0.25, 0.1, 0.5), truth(1, 1, 0, 1)) == (
        pytest.approx(0.175, abs=1e-7),
    )


def test_a_cut_below_all_lies_midway_to_0():
    assert tune_thresholds(column(0.5, 0.25, 0.75), truth(0, 1, 1)) == (0.125,)


@pytest.mark.parametrize("steps", [0, 5, 50])
@pytest.mark.parametrize("seed", range(5))
def test_no_other_threshold_has_a_better_f1(seed: int, steps: int):
    probabilities, positive = made(120, 4, seed, steps)
    tuned = tune_thresholds(probabilities, positive)
    decisions = decide(probabilities, tuned)
    for label, threshold in enumerate(tuned):
        assert 0 < threshold <= 1
        values = probabilities[:, label, None]
        chosen = values >= np.unique(values)  # [N, cuts], as many labels for one call
        scores = f1_score(np.broadcast_to(positive[:, [label]], chosen.shape), chosen, average=None)
        found = f1_score(positive[:, label], decisions[:, label])
        assert found == pytest.approx(max(scores), abs=1e-12)


def test_of_equally_good_cuts_the_highest_is_taken():
    # The cut above 0.4 has 1 of 1 chosen, 1 of 2 found; the one above 0.1 2 of 4, 2 of 2.
    values, labels = column(0.9, 0.4, 0.3, 0.2, 0.1), truth(1, 0, 0, 1, 0)
    assert f1_score(labels, values >= 0.65) == pytest.approx(f1_score(labels, values >= 0.15))
    assert tune_thresholds(values, labels) == (pytest.approx(0.65),)


def test_the_order_of_the_pictures_changes_nothing():
    probabilities, positive = made(200, 6, steps=20)
    order = np.random.default_rng(1).permutation(200)
    expected = tune_thresholds(probabilities, positive)
    assert tune_thresholds(probabilities[order], positive[order]) == expected


def test_each_label_is_tuned_alone():
    probabilities, positive = made(50, 3)
    together = tune_thresholds(probabilities, positive)
    alone = [tune_thresholds(probabilities[:, [k]], positive[:, [k]])[0] for k in range(3)]
    assert together == tuple(alone)


@pytest.mark.parametrize("label", [truth(0, 0, 0), truth(1, 1, 1)])
def test_a_label_of_no_picture_or_of_every_picture_keeps_one_half(label: np.ndarray):
    assert tune_thresholds(column(0.2, 0.6, 0.9), label) == (0.5,)


def test_a_single_picture_keeps_one_half():
    assert tune_thresholds(column(0.9), truth(1)) == (0.5,)


def test_equal_probabilities_are_never_parted():
    tuned = tune_thresholds(column(0.5, 0.5, 0.5, 0.5), truth(1, 0, 1, 0))
    assert tuned == (0.25,)


def test_probabilities_of_0_are_never_chosen():
    assert tune_thresholds(column(0.0, 0.0), truth(1, 0)) == (0.5,)
    (threshold,) = tune_thresholds(column(0.0, 0.0, 0.5), truth(1, 1, 0))
    assert 0 < threshold <= 0.5


def test_all_wrong_answers_still_give_a_threshold_that_chooses():
    (threshold,) = tune_thresholds(column(0.9, 0.8, 0.2, 0.1), truth(0, 0, 1, 1))
    assert threshold == pytest.approx(0.05)


def test_neighbours_in_floating_point_stay_on_their_sides():
    below = 0.7
    above = np.nextafter(below, 1)
    values, labels = np.array([[below], [above]]), truth(0, 1)
    assert decide(values, tune_thresholds(values, labels)).ravel().tolist() == [False, True]
