"""Numbers against scikit-learn, textbook values and sums done by hand."""

import math
import warnings

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
    confusion_matrix,
    log_loss,
    top_k_accuracy_score,
)

from tlx.evaluation import metrics
from tlx.evaluation.metrics import Logits, Truth
from tlx.inference.prediction import Prediction


def made(rows: int, labels: int, seed: int = 0) -> tuple[Logits, Truth]:
    """Make logits that are right about half of the time."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, labels, rows)
    logits = chance.normal(0, 1, (rows, labels)).astype(np.float32)
    logits[np.arange(rows), truth] += 1
    return logits, truth


def probabilities(logits: Logits) -> Logits:
    powers = np.exp(logits.astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("rows", "labels"), [(1, 2), (10, 3), (200, 7), (500, 40)])
def test_accuracy_loss_and_confusion_are_scikit_learns(rows: int, labels: int):
    logits, truth = made(rows, labels)
    predicted, names = logits.argmax(axis=1), list(range(labels))
    assert metrics.accuracy(logits, truth) == accuracy_score(truth, predicted)
    expected = confusion_matrix(truth, predicted, labels=names)
    assert np.array_equal(metrics.confusion(logits, truth), expected)
    mean = log_loss(truth, probabilities(logits), labels=names)
    assert metrics.losses(logits, truth).mean() == pytest.approx(mean, rel=1e-9)


def test_the_scores_of_each_label_are_those_of_scikit_learns_report():
    logits, truth = made(300, 6)
    report = classification_report(truth, logits.argmax(axis=1), output_dict=True)
    for label, row in enumerate(metrics.per_label(logits, truth)):
        expected = report[str(label)]
        names = ("precision", "recall", "f1-score", "support")
        assert row.tolist() == pytest.approx([expected[name] for name in names])


def test_precision_recall_and_f1_by_hand():
    truth = np.array([0, 0, 0, 1, 1, 2])
    logits = np.eye(3)[[0, 0, 1, 1, 0, 2]]
    scores = metrics.per_label(logits, truth)
    assert scores[0].tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 3])
    assert scores[1].tolist() == pytest.approx([1 / 2, 1 / 2, 1 / 2, 2])
    assert scores[2].tolist() == [1, 1, 1, 1]
    expected = [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert metrics.confusion(logits, truth).tolist() == expected


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3 (Wilson).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_textbooks(successes: int, trials: int, low: float, high: float):
    assert metrics.wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (7, 9), (990, 1000)])
def test_the_interval_is_wilsons_formula(successes: int, trials: int):
    z, share = 1.959963984540054, successes / trials
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    scale = 1 + z * z / trials
    expected = ((middle - spread) / scale, (middle + spread) / scale)
    assert metrics.wilson_interval(successes, trials) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("trials", [1, 3, 50])
def test_the_interval_of_nothing_or_everything_ends_at_0_or_1(trials: int):
    assert metrics.wilson_interval(0, trials)[0] == 0.0
    assert metrics.wilson_interval(0, trials)[1] < 1.0
    assert metrics.wilson_interval(trials, trials)[1] == 1.0
    assert metrics.wilson_interval(trials, trials)[0] > 0.0


def test_the_loss_of_a_guess_is_the_logarithm_of_the_labels():
    assert metrics.losses(np.zeros((3, 8), np.float32), np.array([0, 3, 7])) == pytest.approx(
        [math.log(8)] * 3
    )


def test_the_loss_of_very_sure_answers_stays_finite_and_exact():
    logits = np.array([[1000.0, 0.0], [1000.0, 0.0]], np.float32)
    assert metrics.losses(logits, np.array([0, 1])).tolist() == [0.0, 1000.0]


def test_the_loss_is_computed_in_float64():
    logits = np.array([[20.0, 0.0]], np.float32)
    assert metrics.losses(logits, np.array([0]))[0] == pytest.approx(math.exp(-20), rel=1e-6)


def test_a_label_without_pictures_has_zeros_and_disturbs_nothing():
    logits = np.eye(3)[[0, 0, 1, 1]]
    truth = np.array([0, 0, 1, 0])
    assert metrics.confusion(logits, truth).tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    scores = metrics.per_label(logits, truth)
    assert scores[2].tolist() == [0, 0, 0, 0]
    assert scores[0].tolist() == pytest.approx([1, 2 / 3, 4 / 5, 3])


def test_a_label_that_is_only_predicted_has_precision_0():
    logits = np.eye(3)[[2, 0, 1]]
    assert metrics.per_label(logits, np.array([0, 0, 1]))[2].tolist() == [0, 0, 0, 0]


def test_a_single_picture_can_be_scored():
    logits, truth = np.array([[0.0, 2.0, 1.0]]), np.array([1])
    assert metrics.accuracy(logits, truth) == 1.0
    assert metrics.confusion(logits, truth).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert metrics.per_label(logits, truth)[1].tolist() == [1, 1, 1, 1]
    assert metrics.accuracy(logits, np.array([0])) == 0.0


def test_all_wrong_is_zero_everywhere():
    truth = np.array([0, 1, 2, 0])
    logits = np.eye(3)[(truth + 1) % 3]
    assert metrics.accuracy(logits, truth) == 0.0
    assert metrics.confusion(logits, truth).trace() == 0
    assert not metrics.per_label(logits, truth)[:, :3].any()


def test_equal_logits_count_as_the_first_label_as_in_a_prediction():
    logits = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0]], np.float32)
    labels = ("ant", "bee", "cat")
    first = [Prediction(labels, row, row).label for row in logits]
    assert first == ["ant", "bee"]
    assert metrics.accuracy(logits, np.array([0, 1])) == 1.0
    assert metrics.accuracy(logits, np.array([1, 2])) == 0.0


@pytest.mark.parametrize("labels", [6, 7, 40])
def test_top_5_without_ties_is_scikit_learns(labels: int):
    logits, truth = made(300, labels)
    expected = top_k_accuracy_score(truth, logits, k=5, labels=np.arange(labels))
    assert metrics.top5_accuracy(logits, truth) == pytest.approx(expected)
    assert 0 < expected < 1


@pytest.mark.parametrize("labels", [2, 3, 5])
def test_top_5_means_nothing_with_five_labels_or_fewer(labels: int):
    assert metrics.top5_accuracy(*made(20, labels)) is None


def test_top_5_of_equal_logits_is_that_of_the_ranking_shown():
    labels = tuple("abcdefgh")
    logits = np.random.default_rng(0).integers(0, 3, (200, 8)).astype(np.float32)
    truth = np.random.default_rng(1).integers(0, 8, 200)
    shown = [
        labels[target] in {ranked.label for ranked in Prediction(labels, row, row).top(5)}
        for row, target in zip(logits, truth, strict=True)
    ]
    assert metrics.top5_accuracy(logits, truth) == pytest.approx(np.mean(shown))


def test_a_right_first_label_is_always_among_the_first_five():
    logits, truth = np.zeros((4, 9), np.float32), np.zeros(4, np.intp)
    assert metrics.accuracy(logits, truth) == 1.0
    assert metrics.top5_accuracy(logits, truth) == 1.0


@pytest.mark.parametrize(("rows", "labels"), [(1, 2), (10, 3), (500, 12)])
def test_the_balanced_accuracy_is_scikit_learns(rows: int, labels: int):
    logits, truth = made(rows, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of labels that are predicted and not there
        expected = balanced_accuracy_score(truth, logits.argmax(axis=1))
    assert metrics.balanced_accuracy(logits, truth) == pytest.approx(expected)


def test_every_label_weighs_the_same_in_the_balanced_accuracy():
    truth = np.array([0] * 9 + [1])
    logits = np.eye(2)[np.zeros(10, int)]
    assert metrics.accuracy(logits, truth) == 0.9
    assert metrics.balanced_accuracy(logits, truth) == 0.5


def test_labels_without_pictures_do_not_count_in_the_balanced_accuracy():
    logits = np.eye(4)[[0, 3, 1, 1]]  # 3 is predicted, 2 not even that
    assert metrics.balanced_accuracy(logits, np.array([0, 0, 1, 1])) == 0.75
