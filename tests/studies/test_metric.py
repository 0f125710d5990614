"""Which number of an epoch or a report a study compares."""

from types import SimpleNamespace
from unittest.mock import Mock

from tlx.evaluation.multi_label_report import MultiLabelReport
from tlx.studies.metric import metric_name, report_score, validation_score
from tlx.training.run_folder import EpochDone


def test_one_label_a_picture_is_compared_by_accuracy():
    epoch = EpochDone(1, 1, 0.5, 0.6, 0.4, 0.7, 0.1, 1.0, 1.0, True, "accuracy", 0.7)
    assert (metric_name([epoch]), validation_score(epoch)) == ("accuracy", 0.7)
    assert report_score(SimpleNamespace(accuracy=0.8)) == 0.8


def test_several_labels_a_picture_are_compared_by_mean_average_precision():
    epoch = SimpleNamespace(validation_map=0.9, validation_accuracy=0.1)
    assert (metric_name([epoch]), validation_score(epoch)) == ("mean average precision", 0.9)
    report = Mock(MultiLabelReport, mean_average_precision=0.4)
    assert report_score(report) == 0.4
    assert report_score(Mock(MultiLabelReport, mean_average_precision=None)) == 0.0
