"""Numbers of the multi-label task against scikit-learn and sums done by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    classification_report,
    f1_score,
    log_loss,
)

from tlx.evaluation import multi_label_metrics as metrics
from tlx.evaluation.multi_label_metrics import MultiHot, Scores
from tlx.samples.sample import Sample


def made(rows: int, labels: int, seed: int = 0) -> tuple[Scores, MultiHot]:
    """Make logits that know something about the truth."""
    chance = np.random.default_rng(seed)
    truth = chance.random((rows, labels)) < 0.3
    return chance.normal(2 * truth - 1, 1.5).astype(np.float32), truth


def array(*rows: str) -> MultiHot:
    """Write rows such as "110" as bool `[N, C]`."""
    return np.array([[mark == "1" for mark in row] for row in rows])


def test_samples_become_rows_in_the_order_of_the_labels():
    samples = [Sample(Path(f"{label}.jpg"), label) for label in ("cat|dog", "", "ant")]
    found = metrics.multi_hot(samples, ("dog", "ant", "cat"))
    assert found.dtype == np.bool_
    assert found.tolist() == array("101", "000", "010").tolist()


def test_no_samples_are_no_rows():
    assert metrics.multi_hot([], ("a", "b")).shape == (0, 2)


def test_a_label_that_is_not_among_them_is_never_left_out():
    with pytest.raises(KeyError, match="wolf"):
        metrics.multi_hot([Sample(Path("1.jpg"), "dog|wolf")], ("dog", "ant"))


@pytest.mark.parametrize(("rows", "labels"), [(40, 2), (200, 7), (500, 40)])
def test_the_mean_average_precision_is_scikit_learns(rows: int, labels: int):
    scores, truth = made(rows, labels)
    expected = average_precision_score(truth, scores, average="macro")
    assert metrics.mean_average_precision(scores, truth) == pytest.approx(expected, abs=1e-12)
    each = average_precision_score(truth, scores, average=None)
    assert metrics.average_precisions(scores, truth) == pytest.approx(each, abs=1e-12)


def test_average_precision_by_hand():
    scores = np.array([[4.0], [3.0], [2.0], [1.0]])
    truth = array("1", "0", "1", "0")
    assert metrics.mean_average_precision(scores, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_pictures_of_one_score_are_one_step():
    scores, truth = np.zeros((4, 1)), array("1", "0", "1", "0")
    assert metrics.mean_average_precision(scores, truth) == 0.5


def test_a_label_without_pictures_does_not_count():
    scores, truth = made(60, 3)
    truth[:, 1] = False
    found = metrics.average_precisions(scores, truth)
    assert np.isnan(found).tolist() == [False, True, False]
    expected = average_precision_score(truth[:, [0, 2]], scores[:, [0, 2]])
    assert metrics.mean_average_precision(scores, truth) == pytest.approx(expected)


def test_without_any_label_the_mean_is_0():
    scores, truth = made(5, 3)
    assert metrics.mean_average_precision(scores, np.zeros_like(truth)) == 0.0
    assert metrics.macro_f1(truth, np.zeros_like(truth)) == 0.0


def test_a_label_of_every_picture_is_ranked_perfectly():
    assert metrics.mean_average_precision(np.array([[1.0], [5.0]]), array("1", "1")) == 1.0


def test_a_single_picture_can_be_scored():
    scores, truth = np.array([[2.0, -1.0, 0.5]]), array("100")
    assert metrics.mean_average_precision(scores, truth) == 1.0
    assert metrics.exact_match(scores >= 0, truth) == 0.0
    assert metrics.exact_match(scores >= 1, truth) == 1.0
    assert metrics.per_label(scores >= 0, truth).tolist() == [
        *([1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0])
    ]
    assert metrics.micro_f1(scores >= 0, truth) == pytest.approx(2 / 3)
    assert metrics.macro_f1(scores >= 0, truth) == 1.0


@pytest.mark.parametrize("labels", [2, 6])
def test_scores_at_the_thresholds_are_those_of_scikit_learns_report(labels: int):
    scores, truth = made(300, labels)
    decisions = scores >= 0.2
    report = classification_report(truth, decisions, output_dict=True, zero_division=0.0)
    for label, row in enumerate(metrics.per_label(decisions, truth)):
        names = ("precision", "recall", "f1-score", "support")
        assert row.tolist() == pytest.approx([report[str(label)][name] for name in names])
    assert metrics.micro_f1(decisions, truth) == pytest.approx(report["micro avg"]["f1-score"])
    assert metrics.macro_f1(decisions, truth) == pytest.approx(report["macro avg"]["f1-score"])


def test_a_label_without_pictures_does_not_lower_the_macro_f1_but_its_mistakes_the_micro():
    decisions, truth = array("101", "010", "001"), array("100", "010", "000")
    assert metrics.macro_f1(decisions, truth) == 1.0
    assert metrics.micro_f1(decisions, truth) == f1_score(truth, decisions, average="micro")
    assert metrics.micro_f1(decisions, truth) == pytest.approx(2 * 2 / (4 + 2))


def test_an_exact_match_has_all_labels_and_no_other():
    decisions, truth = array("110", "110", "110", "000"), array("110", "100", "111", "000")
    assert metrics.exact_match(decisions, truth) == 0.5
    assert metrics.exact_match(decisions, truth) == accuracy_score(truth, decisions)


def test_all_wrong_is_zero_everywhere():
    truth = array("10", "01", "10")
    assert metrics.exact_match(~truth, truth) == 0.0
    assert metrics.micro_f1(~truth, truth) == metrics.macro_f1(~truth, truth) == 0.0
    assert not metrics.per_label(~truth, truth)[:, :3].any()
    assert metrics.mean_average_precision((~truth).astype(float), truth) == pytest.approx(
        average_precision_score(truth, (~truth).astype(float))
    )


def test_nothing_chosen_and_nothing_true_is_right_and_warns_of_nothing():
    nothing = array("00", "00")
    assert metrics.exact_match(nothing, nothing) == 1.0
    assert metrics.micro_f1(nothing, nothing) == 0.0
    assert not metrics.per_label(nothing, nothing).any()


def test_the_loss_is_scikit_learns_log_loss():
    logits, truth = made(100, 4)
    probabilities = 1 / (1 + np.exp(-logits.astype(np.float64)))
    found = metrics.binary_losses(logits, truth)
    assert found.shape == (100, 4)
    assert found.mean() == pytest.approx(log_loss(truth.ravel(), probabilities.ravel()), rel=1e-9)


def test_the_loss_of_a_guess_is_the_logarithm_of_2():
    found = metrics.binary_losses(np.zeros((2, 3), np.float32), array("101", "000"))
    assert found.ravel() == pytest.approx([math.log(2)] * 6)


def test_the_loss_of_very_sure_answers_stays_finite_and_exact():
    logits = np.array([[1000.0, 1000.0, 40.0]], np.float32)
    found = metrics.binary_losses(logits, array("101"))
    assert found[0].tolist() == [0.0, 1000.0, pytest.approx(math.exp(-40), rel=1e-9)]
