"""The report of the multi-label task: truth by name, decisions at the card's thresholds."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

from tlx.errors import DataError
from tlx.evaluation.bootstrap import mean_average_precision_interval
from tlx.evaluation.metrics import wilson_interval
from tlx.evaluation.mistakes import WORST
from tlx.evaluation.multi_label_report import (
    MultiLabelMistake,
    MultiLabelReport,
    MultiLabelScores,
    score_multi_label,
)
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.sample import LeftOut, Sample

# Not sorted: a card's order is what training wrote, and truth must find its place by name.
LABELS = ("dog", "ant", "cat")
HALF = (0.5, 0.5, 0.5)


def answered(name: str, labels: tuple[str, ...] = LABELS, **logits: float) -> Outcome:
    """Give an answer; logits are given by label, others are -2."""
    values = np.array([logits.get(label, -2.0) for label in labels], np.float32)
    return Outcome(name, Prediction(labels, values, 1 / (1 + np.exp(-values)), HALF), None)


def failed(name: str) -> Outcome:
    return Outcome(name, None, "empty file (0 bytes)")


def scored(
    rows: list[tuple[str, Outcome]],
    labels: tuple[str, ...] = LABELS,
    thresholds: tuple[float, ...] = HALF,
    seconds: float = 1.0,
) -> MultiLabelReport:
    samples = [Sample(Path(outcome.path), truth) for truth, outcome in rows]
    outcomes = [outcome for _, outcome in rows]
    return score_multi_label("model.onnx", labels, thresholds, samples, outcomes, seconds)


MIXED = [
    ("cat|dog", answered("1.jpg", cat=3, dog=1)),
    ("cat", answered("2.jpg", dog=2, cat=1)),
    ("", answered("3.jpg")),
    ("ant|cat|dog", answered("4.jpg", ant=1, dog=1, cat=-1)),
    ("ant", failed("5.jpg")),
    ("dog", answered("6.jpg", dog=2, ant=0.5)),
]
LOGITS = np.array([[1, -2, 3], [2, -2, 1], [-2, -2, -2], [1, 1, -1], [2, 0.5, -2]])
TRUTH = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 0], [1, 1, 1], [1, 0, 0]], bool)


def test_the_numbers_are_scikit_learns_for_truth_aligned_by_name():
    report, chosen = scored(MIXED), LOGITS >= 0
    assert report.mean_average_precision == pytest.approx(average_precision_score(TRUTH, LOGITS))
    assert report.exact_match == accuracy_score(TRUTH, chosen) == 2 / 5
    assert report.micro_f1 == pytest.approx(f1_score(TRUTH, chosen, average="micro"))
    assert report.macro_f1 == pytest.approx(f1_score(TRUTH, chosen, average="macro"))
    losses = np.log1p(np.exp(np.where(TRUTH, -LOGITS, LOGITS)))
    assert report.loss == pytest.approx(losses.mean())


def test_shares_come_with_intervals():
    report = scored(MIXED)
    assert report.exact_match_interval == wilson_interval(2, 5)
    expected = mean_average_precision_interval(LOGITS, TRUTH)
    assert report.mean_average_precision_interval == pytest.approx(expected)
    low, high = report.mean_average_precision_interval
    assert low < report.mean_average_precision < high


def test_the_order_of_the_cards_labels_changes_no_number():
    def in_order(labels: tuple[str, ...]) -> MultiLabelReport:
        rows = [
            ("cat|dog", answered("1.jpg", labels, cat=3, dog=-1)),
            ("ant", answered("2.jpg", labels, ant=0.2, cat=-0.5)),
            ("cat", answered("3.jpg", labels, cat=-1, ant=-0.1)),
        ]
        return scored(rows, labels)

    one, other = in_order(LABELS), in_order(("ant", "cat", "dog"))
    assert one.mean_average_precision == pytest.approx(other.mean_average_precision)
    assert one.loss == pytest.approx(other.loss)
    assert one.per_label == other.per_label
    assert [row.path for row in one.worst_mistakes] == [row.path for row in other.worst_mistakes]


def plain(report: MultiLabelReport, label: str) -> tuple[float | None, ...]:
    scores = report.per_label[label]
    shares = scores.average_precision, scores.precision, scores.recall, scores.f1
    return (*shares, scores.support, scores.threshold)


def test_each_label_has_its_scores_under_its_name():
    report = scored(MIXED)
    assert list(report.per_label) == list(LABELS)
    of_dog = pytest.approx(average_precision_score(TRUTH[:, 0], LOGITS[:, 0]))
    assert plain(report, "dog") == (of_dog, 0.75, 1.0, pytest.approx(6 / 7), 3, 0.5)
    assert plain(report, "ant") == (1.0, 0.5, 1.0, pytest.approx(2 / 3), 1, 0.5)


def test_a_label_is_chosen_at_its_threshold_or_over_it():
    half = 1 / (1 + np.exp(np.float32(0.0)))
    row = answered("1.jpg", dog=0.0)
    assert row.prediction is not None
    assert float(row.prediction.probabilities[0]) == half == 0.5
    assert scored([("dog", row)]).exact_match == 1.0
    assert scored([("dog", row)], thresholds=(0.5001, 0.5, 0.5)).exact_match == 0.0
    low = scored([("ant|cat|dog", row)], thresholds=(0.5, 0.1, 0.1))
    assert (low.exact_match, low.thresholds) == (1.0, (0.5, 0.1, 0.1))
    assert [scores.threshold for scores in low.per_label.values()] == [0.5, 0.1, 0.1]


def test_probabilities_decide_and_logits_give_the_loss():
    # A card with a temperature: its probabilities are not the logits' own.
    flat = Prediction(LABELS, np.array([3, -3, -3], np.float32), np.full(3, 0.4, np.float32))
    report = scored([("dog", Outcome("1.jpg", flat, None))])
    assert report.loss == pytest.approx(np.log1p(np.exp(-3)))
    assert report.per_label["dog"].recall == 0


def test_a_label_without_pictures_has_no_average_precision_and_does_not_count():
    report = scored([("cat", answered("1.jpg", cat=1)), ("", answered("2.jpg", dog=1))])
    assert report.labels_counted == 1
    assert report.mean_average_precision == report.macro_f1 == 1.0
    assert report.per_label["ant"] == MultiLabelScores(0.0, 0.0, 0.0, 0, threshold=0.5)
    assert report.micro_f1 == pytest.approx(2 / 3)


def test_pictures_without_any_label_are_scored_as_far_as_they_can_be():
    report = scored([("", answered("1.jpg")), ("", answered("2.jpg", cat=1))])
    assert report.mean_average_precision is report.mean_average_precision_interval is None
    assert (report.labels_counted, report.macro_f1, report.micro_f1) == (0, None, 0.0)
    assert report.exact_match == 0.5
    assert [row.path for row in report.worst_mistakes] == ["2.jpg"]


def test_a_single_picture_has_no_interval_of_the_mean_average_precision():
    report = scored([("cat", answered("1.jpg", cat=1))])
    assert (report.mean_average_precision, report.mean_average_precision_interval) == (1.0, None)
    assert report.exact_match_interval == wilson_interval(1, 1)


def test_all_wrong_is_zero_where_it_can_be():
    rows = [("dog", answered("1.jpg", ant=2, cat=2)), ("ant|cat", answered("2.jpg", dog=2))]
    report = scored(rows)
    assert report.exact_match == report.micro_f1 == report.macro_f1 == 0.0
    assert report.mean_average_precision == 0.5  # each label's one picture of two comes second
    assert len(report.worst_mistakes) == 2


def test_the_worst_mistakes_are_those_with_the_least_probability_for_what_is_true():
    report = scored(
        [
            ("cat", answered("mild.jpg", cat=1, dog=1)),
            ("cat", answered("right.jpg", cat=1)),
            ("cat|dog", answered("worst.jpg", cat=1, dog=-9)),
            ("ant", answered("bad.jpg", ant=-1, cat=4)),
        ]
    )
    assert [row.path for row in report.worst_mistakes] == ["worst.jpg", "bad.jpg", "mild.jpg"]
    worst, bad, _ = report.worst_mistakes
    probability = pytest.approx(1 / (1 + np.exp(9)))
    assert worst == MultiLabelMistake("worst.jpg", ("dog", "cat"), ("cat",), "dog", probability)
    assert (bad.truth, bad.predicted, bad.label) == (("ant",), ("cat",), "cat")
    assert bad.probability == pytest.approx(1 / (1 + np.exp(-4)))


def test_a_right_decision_is_no_mistake_however_near_it_was():
    # dog is missed by little; cat, at a high threshold, is rightly left out at 0.88.
    row = answered("1.jpg", dog=-0.1, cat=2)
    report = scored([("dog", row)], thresholds=(0.5, 0.5, 0.9))
    assert [mistake.label for mistake in report.worst_mistakes] == ["dog"]


def test_mistakes_are_told_apart_where_float32_probabilities_are_equal():
    rows = [("", answered("sure.jpg", cat=100)), ("", answered("surer.jpg", cat=200))]
    assert [row.path for row in scored(rows).worst_mistakes] == ["surer.jpg", "sure.jpg"]


def test_equally_bad_mistakes_stand_in_the_order_given():
    rows = [("", answered(f"{name}.jpg", cat=1)) for name in "bca"]
    assert [row.path for row in scored(rows).worst_mistakes] == ["b.jpg", "c.jpg", "a.jpg"]


def test_only_the_worst_mistakes_are_kept():
    rows = [("", answered(f"{index}.jpg", dog=1 + index)) for index in range(WORST + 5)]
    kept = [row.path for row in scored(rows).worst_mistakes]
    assert kept == [f"{index}.jpg" for index in reversed(range(5, WORST + 5))]


def test_unreadable_pictures_are_counted_and_not_scored():
    report = scored(MIXED, seconds=3.0)
    assert (report.pictures, report.failures) == (5, 1)
    assert report.unreadable == (LeftOut(Path("5.jpg"), "empty file (0 bytes)"),)
    assert report.per_label["ant"].support == 1
    assert report.pictures_per_second == 2.0


@pytest.mark.parametrize("outcome", [answered("1.jpg"), failed("1.jpg")])
def test_labels_that_the_card_does_not_know_are_refused_one_by_one(outcome: Outcome):
    message = r"does not know the labels bear, wolf; it knows dog, ant"
    with pytest.raises(DataError, match=message):
        scored([("dog|wolf", outcome), ("bear|cat", answered("2.jpg")), ("", answered("3.jpg"))])


def test_pictures_none_of_which_can_be_read_are_an_error():
    said = r"the only picture cannot be read, so nothing is scored: 1\.jpg: empty file"
    with pytest.raises(DataError, match=said):
        scored([("cat", failed("1.jpg"))])


def test_a_report_holds_plain_values_and_cannot_be_changed():
    report = scored(MIXED)
    assert (report.model, report.labels) == ("model.onnx", LABELS)
    for value in (report.mean_average_precision, report.exact_match, report.loss, report.macro_f1):
        assert type(value) is float
    scores = report.per_label["cat"]
    assert type(scores.average_precision) is type(scores.precision) is float
    assert type(scores.support) is int
    assert type(report.worst_mistakes[0].probability) is float
    with pytest.raises(FrozenInstanceError):
        report.loss = 1.0  # pyright: ignore[reportAttributeAccessIssue]
