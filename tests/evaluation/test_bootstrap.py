"""The interval of the mean average precision: drawn, seeded, and held against scikit-learn."""

import time

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tlx.evaluation import bootstrap
from tlx.evaluation.bootstrap import mean_average_precision_interval
from tlx.evaluation.multi_label_metrics import MultiHot, Scores, mean_average_precision


def made(rows: int, labels: int, seed: int = 0, steps: int = 0) -> tuple[Scores, MultiHot]:
    """Make scores that know something; with `steps`, many of them are equal."""
    chance = np.random.default_rng(seed)
    truth = chance.random((rows, labels)) < 0.2
    scores = chance.normal(2 * truth - 1, 1.5)
    return (np.round(scores * steps) / steps if steps else scores).astype(np.float32), truth


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_each_draw_has_the_mean_average_precision_of_scikit_learn(steps: int):
    scores, truth = made(30, 4, steps=steps)
    truth[:, 3] = np.arange(30) == 5  # in a third of the draws this label has no picture
    (drawn,) = bootstrap.draws(30, 25)
    rankings = [bootstrap.Ranking(scores[:, label], truth[:, label]) for label in range(4)]
    for counts, found in zip(drawn.T, bootstrap._means(rankings, drawn), strict=True):
        assert counts.sum() == 30
        rows = np.repeat(np.arange(30), counts)
        there = truth[rows].any(axis=0)
        expected = average_precision_score(truth[rows][:, there], scores[rows][:, there])
        assert found == pytest.approx(expected, abs=1e-12)


def test_the_interval_holds_the_mean_and_narrows_with_more_pictures():
    widths = []
    for rows in (50, 200, 800):
        scores, truth = made(rows, 5)
        low, high = mean_average_precision_interval(scores, truth)
        assert 0 <= low < mean_average_precision(scores, truth) < high <= 1
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1] > 2 * widths[2]


def test_about_95_of_100_intervals_hold_the_mean_of_very_many_pictures():
    true_mean = mean_average_precision(*made(100_000, 2, seed=999))
    intervals = [
        mean_average_precision_interval(*made(150, 2, seed), resamples=200) for seed in range(100)
    ]
    assert 88 <= sum(low <= true_mean <= high for low, high in intervals) <= 100


def test_equal_answers_have_equal_intervals():
    first, second = (mean_average_precision_interval(*made(60, 3)) for _ in range(2))
    assert first == second


def test_parts_of_the_draws_give_the_same_interval(monkeypatch):
    expected = mean_average_precision_interval(*made(60, 3))
    monkeypatch.setattr(bootstrap, "_CELLS", 60 * 7)
    assert mean_average_precision_interval(*made(60, 3)) == expected


@pytest.mark.parametrize(("work", "draws"), [(10**9, 1000), (60 * 3 * 300, 300), (1, 200)])
def test_there_are_fewer_draws_where_each_takes_long(monkeypatch, work: int, draws: int):
    monkeypatch.setattr(bootstrap, "_WORK", work)
    scores, truth = made(60, 3)
    expected = mean_average_precision_interval(scores, truth, resamples=draws)
    assert mean_average_precision_interval(scores, truth) == expected


def test_a_perfect_ranking_has_no_width():
    truth = np.array([[True, False], [False, True], [True, True], [False, False]])
    assert mean_average_precision_interval(truth.astype(float), truth) == (1.0, 1.0)


def test_a_single_positive_picture_is_enough_and_warns_of_nothing():
    truth = np.zeros((3, 2), bool)
    truth[1, 0] = True
    low, high = mean_average_precision_interval(np.arange(6.0).reshape(3, 2), truth)
    assert 0 < low < high <= 1


def test_one_picture_or_no_positive_one_has_no_interval():
    assert mean_average_precision_interval(np.zeros((1, 2)), np.ones((1, 2), bool)) is None
    assert mean_average_precision_interval(np.zeros((9, 2)), np.zeros((9, 2), bool)) is None


def test_a_thousand_pictures_of_twenty_labels_take_no_time_worth_mentioning():
    scores, truth = made(1000, 20)
    start = time.process_time()
    mean_average_precision_interval(scores, truth)
    assert time.process_time() - start < 5  # half a second on an idle machine
