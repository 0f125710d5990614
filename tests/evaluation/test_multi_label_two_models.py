"""Two files of the multi-label task: aligned by name, compared picture by picture."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tlx.evaluation.bootstrap import mean_average_precision_difference_interval
from tlx.evaluation.multi_label_two_models import compare_multi_label
from tlx.evaluation.paired import Counts
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.sample import Sample

LABELS = ("dog", "ant", "cat")
TURNED = ("cat", "dog", "ant")
PATHS = ("runs/a.onnx", "runs/b.onnx")
TRUTH = ["dog|ant", "dog", "", "cat", "ant|cat", "cat|dog"]


def outcomes(logits, labels=LABELS, thresholds=(0.5, 0.5, 0.5)):
    """Give answers of logits `[N, C]`, whose columns are in the order of `LABELS`."""
    columns = [LABELS.index(label) for label in labels]
    values = logits[:, columns].astype(np.float32)
    limits = tuple(thresholds[column] for column in columns)
    rows = [Prediction(labels, row, 1 / (1 + np.exp(-row)), limits) for row in values]
    return [Outcome(f"{index}.jpg", row, None) for index, row in enumerate(rows)]


def compared(first, second, truth=TRUTH, labels=TURNED):
    samples = [Sample(Path(f"{index}.jpg"), names) for index, names in enumerate(truth)]
    return compare_multi_label(PATHS, samples, (outcomes(first), outcomes(second, labels)), 1.0)


def multi_hot(truth):
    return np.array([[label in names.split("|") for label in LABELS] for names in truth])


@pytest.fixture
def right():
    """Logits of 3 and -3, all of them right."""
    return np.where(multi_hot(TRUTH), 3.0, -3.0)


@pytest.fixture
def flawed(right):
    """The same with a label missed at 2 and one wrongly added at 5."""
    flawed = right.copy()
    flawed[0, 1] = -0.5
    flawed[3, 0] = 1.0
    return flawed


def test_counts_and_exact_match_are_those_counted_by_hand(right, flawed):
    found = compared(right, flawed)
    assert found.counts == Counts(both=4, only_first=2, only_second=0, neither=0)
    assert found.exact_match.value == pytest.approx(-2 / 6)
    assert found.p_value == 0.5
    assert found.same == 4
    assert [report.model for report in found.reports] == ["a.onnx", "b.onnx"]


def test_the_difference_is_that_of_scikit_learns_average_precisions(right, flawed):
    found = compared(right, flawed)
    truth = multi_hot(TRUTH)
    scores = [
        [average_precision_score(truth[:, label], one[:, label]) for label in range(3)]
        for one in (right, flawed)
    ]
    assert found.difference.value == pytest.approx(np.mean(scores[1]) - np.mean(scores[0]))
    interval = mean_average_precision_difference_interval(flawed, right, truth)
    assert found.difference.interval == pytest.approx(interval)
    for index, label in enumerate(LABELS):
        row = found.per_label[label]
        assert (row.first, row.second) == pytest.approx((scores[0][index], scores[1][index]))
    sizes = [abs(row.value) for row in found.per_label.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_disagreements_name_the_label_and_both_probabilities(right, flawed):
    added, missed = compared(right, flawed).disagreements
    assert (added.path, added.truth, added.first, added.second) == (
        *("3.jpg", ("cat",), ("cat",)),
        ("cat", "dog"),
    )
    assert (added.label, added.right) == ("dog", "first")
    probabilities = [1 / (1 + np.exp(-logit)) for logit in (-3, 1)]
    assert added.probabilities == pytest.approx(tuple(probabilities))
    assert (missed.path, missed.label, missed.second) == ("0.jpg", "ant", ("dog",))
    turned = compared(flawed, right).disagreements
    assert [row.right for row in turned] == ["second", "second"]


def test_the_order_of_the_labels_makes_no_difference(right, flawed):
    found, same = compared(right, flawed), compared(right, flawed, labels=LABELS)
    assert found.disagreements == same.disagreements
    assert found.per_label == same.per_label
    assert found.difference == same.difference


def test_a_file_compared_with_itself_differs_nowhere(flawed):
    found = compared(flawed, flawed)
    assert (found.difference.value, found.exact_match.value, found.p_value) == (0.0, 0.0, 1.0)
    assert found.disagreements == ()
    assert found.same == 6


def test_without_any_true_label_the_exact_match_is_what_is_judged(right, flawed):
    found = compared(right, flawed, truth=[""] * 6)
    assert found.difference is None
    assert found.per_label == {}
    assert found.main is found.whole is found.exact_match


def test_one_picture_has_no_interval_of_its_average_precision(right, flawed):
    found = compared(right[:1], flawed[:1], TRUTH[:1])
    assert found.difference.interval is None
    assert found.counts == Counts(0, 1, 0, 0)
    assert list(found.per_label) == ["dog", "ant"]
