"""Which number of an epoch or a report a study compares."""

from types import SimpleNamespace

from tlx.studies.metric import metric_name, report_score, validation_score
from tlx.training.run_folder import EpochDone


def test_one_label_a_picture_is_compared_by_accuracy():
    epoch = EpochDone(1, 1, 0.5, 0.6, 0.4, 0.7, 0.1, 1.0, 1.0, best=True)
    assert (metric_name([epoch]), validation_score(epoch)) == ("accuracy", 0.7)
    assert report_score(SimpleNamespace(accuracy=0.8)) == 0.8


def test_several_labels_a_picture_are_compared_by_mean_average_precision():
    epoch = SimpleNamespace(monitor="map", monitored=0.9, validation_accuracy=0.1)
    assert (metric_name([epoch]), validation_score(epoch)) == ("mean average precision", 0.9)
    report = SimpleNamespace(accuracy=0.8, mean_average_precision=0.0)
    assert report_score(report) == 0.0
