"""The report: truth aligned by name, failures counted, the worst mistakes first."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from tlx.errors import DataError
from tlx.evaluation.label_scores import LabelScores
from tlx.evaluation.metrics import wilson_interval
from tlx.evaluation.mistakes import WORST
from tlx.evaluation.report import Report, require_known_labels, score
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.sample import LeftOut, Sample

# Not sorted: a card's order is what training wrote, and truth must find its place by name.
LABELS = ("dog", "ant", "cat")
MANY = ("g", "f", "e", "d", "c", "b", "a")


def answered(name: str, labels: tuple[str, ...] = LABELS, **logits: float) -> Outcome:
    """Give an answer; logits are given by label, others are 0."""
    values = np.array([logits.get(label, 0.0) for label in labels], np.float32)
    powers = np.exp(values - values.max())
    return Outcome(name, Prediction(labels, values, powers / powers.sum()), None)


def failed(name: str) -> Outcome:
    return Outcome(name, None, "empty file (0 bytes)")


def scored(
    rows: list[tuple[str, Outcome]], labels: tuple[str, ...] = LABELS, seconds: float = 1.0
) -> Report:
    samples = [Sample(Path(outcome.path), truth) for truth, outcome in rows]
    return score("model.onnx", labels, samples, [outcome for _, outcome in rows], seconds)


MIXED = [
    ("cat", answered("1.jpg", cat=3)),
    ("cat", answered("2.jpg", dog=2)),
    ("dog", answered("3.jpg", dog=3)),
    ("ant", answered("4.jpg", ant=1)),
    ("ant", failed("5.jpg")),
    ("dog", answered("6.jpg", dog=2, ant=1)),
]


def test_truth_is_aligned_to_the_cards_labels_by_name():
    report = scored(MIXED)
    assert report.labels == LABELS
    assert report.confusion == ((2, 0, 0), (0, 1, 0), (1, 0, 1))
    assert report.accuracy == 4 / 5
    assert report.accuracy_interval == wilson_interval(4, 5)


def test_the_order_of_the_cards_labels_changes_no_number():
    def in_order(labels: tuple[str, ...]) -> Report:
        rows = [
            (truth, answered(f"{index}.jpg", labels, **{said: 2.0, "cat": 0.5}))
            for index, (truth, said) in enumerate([("dog", "dog"), ("ant", "dog"), ("cat", "ant")])
        ]
        return scored(rows, labels)

    one, other = in_order(("dog", "ant", "cat")), in_order(("ant", "cat", "dog"))
    assert one.accuracy == other.accuracy == 1 / 3
    assert one.loss == pytest.approx(other.loss)
    assert one.per_label == other.per_label
    assert one.worst_mistakes == other.worst_mistakes


def decided(report: Report, label: str) -> tuple[float, float, float, int]:
    scores = report.per_label[label]
    return scores.precision, scores.recall, scores.f1, scores.support


def test_each_label_has_its_scores_under_its_name():
    report = scored(MIXED)
    assert list(report.per_label) == list(LABELS)
    assert decided(report, "ant") == (1.0, 1.0, 1.0, 1)
    assert decided(report, "cat") == (1.0, 0.5, pytest.approx(2 / 3), 2)
    assert decided(report, "dog") == (pytest.approx(2 / 3), 1.0, pytest.approx(0.8), 2)


def test_unreadable_pictures_are_counted_and_not_scored():
    report = scored(MIXED)
    assert report.pictures == 5
    assert report.failures == 1
    assert report.unreadable == (LeftOut(Path("5.jpg"), "empty file (0 bytes)"),)
    assert sum(map(sum, report.confusion)) == 5


def test_the_loss_is_the_mean_cross_entropy_at_temperature_1():
    logits = np.array([0.0, 0.0, 3.0])
    expected = np.log(np.exp(logits).sum()) - 3.0
    row = answered("1.jpg", cat=3)
    assert row.prediction is not None
    # Probabilities of a calibrated file have another temperature: the loss is from the logits.
    flat = Prediction(LABELS, row.prediction.logits, np.full(3, 1 / 3, np.float32))
    assert scored([("cat", Outcome("1.jpg", flat, None))]).loss == pytest.approx(expected)


def test_a_label_that_the_card_does_not_know_is_refused_by_name():
    rows = [("dog", answered("1.jpg", dog=1)), ("wolf", answered("2.jpg", dog=1))]
    with pytest.raises(DataError, match=r"does not know the label wolf; it knows dog, ant"):
        scored(rows)


def test_an_unknown_label_is_refused_even_if_its_picture_cannot_be_read():
    with pytest.raises(DataError, match="wolf"):
        scored([("dog", answered("1.jpg", dog=1)), ("wolf", failed("2.jpg"))])


def test_all_unknown_labels_are_named_once_and_in_order():
    samples = [Sample(Path(f"{name}.jpg"), name) for name in ("wolf", "dog", "bear", "wolf")]
    with pytest.raises(DataError, match=r"labels bear, wolf;"):
        require_known_labels(samples, LABELS)


def test_known_labels_need_not_all_occur():
    require_known_labels([Sample(Path("1.jpg"), "cat")], LABELS)
    report = scored([("cat", answered("1.jpg", cat=1))])
    assert report.accuracy == 1.0
    assert report.per_label["dog"] == LabelScores(0.0, 0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "there are no pictures, so nothing is scored"),
        (1, "the only picture cannot be read, so nothing is scored: 0.jpg: empty file"),
        (3, "none of the 3 pictures can be read, so nothing is scored; the first one: 0.jpg: "),
    ],
)
def test_pictures_none_of_which_can_be_read_are_an_error(count: int, said: str):
    with pytest.raises(DataError, match=f"^{said}"):
        scored([("cat", failed(f"{index}.jpg")) for index in range(count)])


def test_samples_and_outcomes_of_different_number_are_never_scored():
    samples = [Sample(Path("1.jpg"), "cat"), Sample(Path("2.jpg"), "cat")]
    with pytest.raises(ValueError, match="shorter"):
        score("model.onnx", LABELS, samples, [answered("1.jpg", cat=1)], 1.0)


def test_the_worst_mistakes_are_those_with_the_least_probability_for_the_truth():
    report = scored(
        [
            ("cat", answered("mild.jpg", dog=1)),
            ("cat", answered("right.jpg", cat=1)),
            ("cat", answered("worst.jpg", dog=9)),
            ("ant", answered("bad.jpg", cat=4)),
        ]
    )
    assert [row.path for row in report.worst_mistakes] == ["worst.jpg", "bad.jpg", "mild.jpg"]
    worst = report.worst_mistakes[0]
    assert (worst.truth, worst.predicted) == ("cat", "dog")
    assert worst.probability == pytest.approx(np.exp(9) / (np.exp(9) + 2))
    assert worst.truth_probability == pytest.approx(1 / (np.exp(9) + 2))


def test_of_equally_improbable_truths_the_surer_mistake_is_worse():
    def mistake(name: str, dog: float) -> Outcome:
        values = np.array([1, 0, 0], np.float32)
        return Outcome(name, Prediction(LABELS, values, np.array([dog, 0.9 - dog, 0.1])), None)

    rows = [("cat", mistake("unsure.jpg", 0.5)), ("cat", mistake("sure.jpg", 0.8))]
    assert [row.path for row in scored(rows).worst_mistakes] == ["sure.jpg", "unsure.jpg"]


def test_only_the_worst_mistakes_are_kept():
    rows = [("cat", answered(f"{index}.jpg", dog=1 + index)) for index in range(WORST + 5)]
    kept = [row.path for row in scored(rows).worst_mistakes]
    assert kept == [f"{index}.jpg" for index in reversed(range(5, WORST + 5))]


def test_without_mistakes_there_are_none():
    assert scored([("cat", answered("1.jpg", cat=1))]).worst_mistakes == ()


def test_top_5_is_given_from_six_labels_on():
    assert scored(MIXED).top5_accuracy is None
    ranking = dict(zip(MANY, range(7, 0, -1), strict=True))
    rows = [(label, answered(f"{label}.jpg", MANY, **ranking)) for label in MANY]
    assert scored(rows, MANY).top5_accuracy == pytest.approx(5 / 7)


def test_the_speed_counts_every_picture_that_was_tried():
    assert scored(MIXED, seconds=3.0).pictures_per_second == 2.0


def test_a_report_holds_plain_values_and_cannot_be_changed():
    report = scored(MIXED)
    assert report.model == "model.onnx"
    for value in (report.accuracy, report.loss, *report.accuracy_interval):
        assert type(value) is float
    assert {type(count) for row in report.confusion for count in row} == {int}
    scores = report.per_label["cat"]
    assert [type(v) for v in (scores.precision, scores.recall, scores.f1)] == [float] * 3
    assert type(scores.support) is int
    with pytest.raises(FrozenInstanceError):
        report.accuracy = 1.0  # pyright: ignore[reportAttributeAccessIssue]
