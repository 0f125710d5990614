"""Two files of the single-label task: aligned by name, compared picture by picture."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binomtest

import tlx
from tlx.errors import DataError, UsageError
from tlx.evaluation.paired import Counts
from tlx.evaluation.report import score
from tlx.evaluation.two_models import compare_events, compare_reports
from tlx.export.onnx_file import rewrite_onnx_card
from tlx.inference.events import finish
from tlx.inference.prediction import Outcome, Prediction, RankedLabel
from tlx.samples.folders import label_folders
from tlx.samples.sample import Sample

LABELS = ("dog", "ant", "cat")
TURNED = ("cat", "dog", "ant")
PATHS = ("a.onnx", "b.onnx")


def report(truth, predicted, labels=LABELS, sure=2.0):
    """Score answers whose largest logit, `sure`, is at the predicted label; "" is unreadable."""
    samples = [Sample(Path(f"{index}.jpg"), label) for index, label in enumerate(truth)]
    outcomes = []
    for sample, said in zip(samples, predicted, strict=True):
        logits = np.array([sure if label == said else 0.0 for label in labels], np.float32)
        answer = Prediction(labels, logits, softmax(logits))
        outcomes.append(Outcome(str(sample.path), *((answer, None) if said else (None, "bad"))))
    return score("model.onnx", labels, samples, outcomes, 1.0)


def compared(truth, first, second, labels=TURNED, sure=(2.0, 3.0)):
    return compare_reports(
        PATHS, report(truth, first, LABELS, sure[0]), report(truth, second, labels, sure[1])
    )


TRUTH = ["dog", "dog", "dog", "ant", "ant", "cat", "cat", "cat"]
FIRST = ["dog", "dog", "dog", "ant", "dog", "cat", "ant", "ant"]
SECOND = ["dog", "dog", "cat", "ant", "ant", "cat", "cat", "dog"]


def test_counts_difference_and_test_are_those_counted_by_hand():
    found = compared(TRUTH, FIRST, SECOND)
    assert found.counts == Counts(both=4, only_first=1, only_second=2, neither=1)
    assert (found.difference.second, found.difference.first) == (5 / 8, 6 / 8)
    assert found.difference.value == found.main.value == found.whole.value == 1 / 8
    assert found.p_value == binomtest(1, 3).pvalue == 1.0
    assert found.same == 4
    assert [report.accuracy for report in found.reports] == [5 / 8, 6 / 8]


def test_recalls_of_a_label_are_paired_and_the_largest_difference_is_first():
    found = compared(TRUTH, FIRST, SECOND)
    rows = {label: (row.second, row.first, row.pictures) for label, row in found.per_label.items()}
    assert rows == {
        "ant": (1 / 2, 1.0, 2),
        "dog": (1.0, pytest.approx(2 / 3), 3),
        "cat": (pytest.approx(1 / 3), pytest.approx(2 / 3), 3),
    }
    assert next(iter(found.per_label)) == "ant"
    row = found.per_label["cat"]
    assert (row.only_second, row.only_first) == (0, 1)
    low, high = row.interval
    assert low < row.value < high


def test_disagreements_name_who_is_right_and_go_from_lost_to_won_to_wrong():
    found = compared(TRUTH, FIRST, SECOND)
    assert [(row.path, row.right) for row in found.disagreements] == [
        ("2.jpg", "first"),
        ("4.jpg", "second"),
        ("6.jpg", "second"),
        ("7.jpg", "neither"),
    ]
    lost = found.disagreements[0]
    assert (lost.truth, lost.first.label, lost.second.label) == ("dog", "dog", "cat")
    assert lost.first.probability == pytest.approx(np.exp(2) / (np.exp(2) + 2))
    assert lost.second.probability == pytest.approx(np.exp(3) / (np.exp(3) + 2))


def test_the_order_of_the_labels_makes_no_difference():
    found, same = compared(TRUTH, FIRST, SECOND), compared(TRUTH, FIRST, SECOND, LABELS)
    assert found.disagreements == same.disagreements
    assert found.difference == same.difference
    assert found.per_label == same.per_label


def test_changing_the_places_of_the_files_turns_everything_round():
    found, other = compared(TRUTH, FIRST, SECOND), compared(TRUTH, SECOND, FIRST)
    assert other.difference.value == -found.difference.value
    assert other.difference.interval == pytest.approx(found.difference.turned().interval)
    assert other.p_value == found.p_value
    assert {row.path for row in other.disagreements if row.right == "first"} == {"4.jpg", "6.jpg"}


def test_a_file_compared_with_itself_differs_nowhere():
    found = compared(TRUTH, FIRST, FIRST, LABELS)
    assert (found.difference.value, found.p_value, found.same) == (0.0, 1.0, 8)
    assert found.disagreements == ()
    low, high = found.difference.interval
    assert high == -low > 0.2
    assert not found.main.told_apart


def test_one_picture_and_a_label_without_pictures_are_enough():
    found = compared(["ant"], ["cat"], ["ant"])
    assert list(found.per_label) == ["ant"]
    assert found.counts == Counts(0, 0, 1, 0)
    assert (found.p_value, found.same) == (1.0, 0)
    assert found.disagreements[0].second == RankedLabel("ant", pytest.approx(0.909, abs=1e-3))
    assert not found.main.told_apart


def test_where_all_differ_one_way_the_other_is_told_to_be_better():
    found = compared(["ant"] * 30, ["cat"] * 30, ["ant"] * 30)
    assert found.main.told_apart
    assert (found.difference.value, found.same) == (1.0, 0)
    assert found.p_value == pytest.approx(2 / 2**30)
    assert len(found.disagreements) == 30


def test_pictures_that_could_not_be_read_are_in_neither():
    said = ["", *FIRST[1:]], ["", *SECOND[1:]]
    found = compared(TRUTH, *said)
    assert [report.failures for report in found.reports] == [1, 1]
    assert found.counts == Counts(both=3, only_first=1, only_second=2, neither=1)


def test_two_files_on_real_pictures_are_what_each_says_alone(
    model_file, alter_model, split_folder, tmp_path
):
    turned = ("red", "green", "blue")
    other = alter_model(model_file, tmp_path / "b.onnx", turned, bias={"red": 6.0})
    samples = label_folders(split_folder / "test")
    first, second = tlx.Classifier(model_file), tlx.Classifier(other)
    found = finish(compare_events(first, second, samples))
    said = [
        [row.prediction.label for row in one.classify_files(sample.path for sample in samples)]
        for one in (first, second)
    ]
    assert found.same == sum(a == b for a, b in zip(*said, strict=True)) < len(samples)
    assert found.paths == (str(model_file), str(other))
    by_path = {row.path: (row.first.label, row.second.label) for row in found.disagreements}
    assert by_path == {
        str(sample.path): (a, b) for sample, a, b in zip(samples, *said, strict=True) if a != b
    }
    assert {b for _, b in by_path.values()} == {"red"}
    right = [sum(sample.label == a for sample, a in zip(samples, one, strict=True)) for one in said]
    assert found.difference.value == pytest.approx((right[1] - right[0]) / len(samples))


def test_files_of_different_labels_are_refused_with_those_that_differ(
    model_file, alter_model, tmp_path
):
    other = tmp_path / "b.onnx"
    other.write_bytes(model_file.read_bytes())
    card = tlx.Classifier(model_file).card
    rewrite_onnx_card(other, replace(card, labels=("blue", "green", "violet")))
    with pytest.raises(UsageError, match=r"only .*model\.onnx knows red; only .*b\.onnx knows vio"):
        finish(compare_events(tlx.Classifier(model_file), tlx.Classifier(other), []))


def test_files_of_different_tasks_are_refused(model_file, multi_label_run):
    several = tlx.Classifier(multi_label_run / "model.onnx")
    with pytest.raises(UsageError, match=r"of the single-label task, .* of the multi-label task"):
        finish(compare_events(tlx.Classifier(model_file), several, []))


def test_a_label_that_neither_file_knows_is_refused(model_file, split_folder):
    samples = [Sample(split_folder / "test" / "red" / "000.jpg", "violet")]
    classifier = tlx.Classifier(model_file)
    with pytest.raises(DataError, match="violet; it knows blue, green, red"):
        finish(compare_events(classifier, classifier, samples))
