"""How often two files agree, counted by hand."""

import numpy as np
import pytest

import tlx
from tlx.inference.events import finish
from tlx.inference.prediction import Prediction
from tlx.studies.agreement import answer_all, count_agreement


def predictions(rows, labels=("a", "b", "c"), thresholds=None):
    values = [np.array(row, np.float32) for row in rows]
    return [Prediction(labels, row, row, thresholds) for row in values]


def test_single_label_files_agree_where_the_first_label_is_the_same():
    first = predictions([(0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.3, 0.3, 0.4)])
    other = predictions([(0.5, 0.3, 0.2), (0.1, 0.4, 0.5), (0.0, 0.0, 1.0)])
    found = count_agreement(first, other)
    assert (found.same, found.pictures, found.share) == (2, 3, pytest.approx(2 / 3))


def test_labels_are_held_against_each_other_by_name_whatever_their_order():
    first = predictions([(0.8, 0.1, 0.1), (0.1, 0.8, 0.1)])
    other = predictions([(0.1, 0.1, 0.8), (0.1, 0.1, 0.8)], labels=("c", "b", "a"))
    assert count_agreement(first, other).same == 1


def test_multi_label_files_agree_where_all_chosen_labels_are_the_same():
    thresholds = (0.5, 0.5, 0.5)
    first = predictions([(0.9, 0.6, 0.1), (0.9, 0.6, 0.1), (0.1, 0.1, 0.1)], thresholds=thresholds)
    other = predictions([(0.6, 0.9, 0.1), (0.9, 0.4, 0.1), (0.2, 0.4, 0.3)], thresholds=thresholds)
    assert count_agreement(first, other).same == 2


def test_files_of_other_labels_or_another_task_are_not_compared():
    one = predictions([(0.8, 0.1, 0.1)])
    assert count_agreement(one, predictions([(0.8, 0.1, 0.1)], ("a", "b", "d"))) is None
    assert count_agreement(one, predictions([(0.8, 0.1, 0.1)], thresholds=(0.5,) * 3)) is None


def test_every_file_answers_every_picture(model_file, split_folder, tmp_path):
    classifier = tlx.Classifier(model_file)
    paths = [*sorted((split_folder / "test" / "red").iterdir()), tmp_path / "nowhere.jpg"]
    events: list = []
    answers = finish(answer_all([classifier, classifier], paths), events.append)
    assert [[row.path for row in rows] for rows in answers] == [[str(path) for path in paths]] * 2
    assert [row[-1].error for row in answers] == ["no such file"] * 2
    assert [(event.done, event.total) for event in events] == [(n, 22) for n in range(1, 23)]
