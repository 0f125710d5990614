"""Curves of few points stay near those of scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score, roc_auc_score

from tlx.evaluation.curves import MOST_CURVES, POINTS, draw_up, thinned
from tlx.evaluation.multi_label_metrics import average_precisions


def made(rows: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    truth = chance.random((rows, labels)) < 0.3
    return chance.normal(size=(rows, labels)) + truth, truth


def test_the_areas_under_thinned_curves_are_scikit_learns():
    scores, truth = made(3000, 2)
    curves = draw_up(("a", "b"), scores, truth, average_precisions(scores, truth))
    for index, label in enumerate("ab"):
        one = curves.labels[label]
        assert len(one.roc) <= POINTS >= len(one.precision_recall)
        assert (one.roc[0], one.roc[-1]) == ((0, 0), (1, 1))
        area = auc(*zip(*one.roc, strict=True))
        assert area == pytest.approx(roc_auc_score(truth[:, index], scores[:, index]), abs=0.005)
        average = average_precision_score(truth[:, index], scores[:, index])
        recall, precision = zip(*one.precision_recall, strict=True)
        assert np.trapezoid(precision, recall) == pytest.approx(average, abs=0.02)
    mean_area = auc(*zip(*curves.macro.roc, strict=True))
    assert mean_area == pytest.approx(roc_auc_score(truth, scores), abs=0.005)


def test_a_label_without_pictures_has_no_curve_and_one_without_others_no_roc():
    scores = np.array([[0.1, 0.2, 0.9], [0.4, 0.3, 0.2]])
    truth = np.array([[False, True, True], [False, True, False]])
    curves = draw_up(("a", "b", "c"), scores, truth, average_precisions(scores, truth))
    assert set(curves.labels) == {"b", "c"}
    assert curves.labels["b"].roc is None
    assert curves.labels["c"].roc == ((0, 0), (0, 1), (1, 1))
    assert curves.macro.roc[:2] == ((0, 0), (0, 1))
    assert len(curves.macro.roc) == POINTS
    empty = draw_up(("a",), scores[:, :1], truth[:, :1], np.array([np.nan]))
    assert (empty.labels, empty.macro.roc, empty.macro.precision_recall) == ({}, None, None)


def test_of_many_labels_the_worst_curves_are_kept():
    scores, truth = made(60, MOST_CURVES + 10)
    labels = tuple(str(index) for index in range(MOST_CURVES + 10))
    values = average_precisions(scores, truth)
    kept = list(draw_up(labels, scores, truth, values).labels)
    assert kept == [labels[index] for index in np.argsort(values)[:MOST_CURVES]]


def test_a_thinned_line_keeps_its_ends_and_shape():
    across = np.linspace(0, 1, 5000)
    points = np.array(thinned(across, across**2))
    assert len(points) <= POINTS
    assert (points[0].tolist(), points[-1].tolist()) == ([0, 0], [1, 1])
    assert points[:, 1] == pytest.approx(points[:, 0] ** 2)
    assert np.diff(points[:, 0]).max() < 0.03
