"""The documented object of a report, read by its keys."""

import pytest

from tlx.gui.report_numbers import ReportNumbers
from tlx.inference.strict_json import UnexpectedJsonError

LABEL = {"support": 3, "precision": 1.0, "recall": 0.5, "f1": 0.75, "average_precision": None}
ENDS = {f"{name}_interval": None for name in ("precision", "f1", "average_precision")}
CONTENT = {
    "accuracy": 0.1 + 0.2,
    "accuracy_interval": [0.25, 0.5],
    "loss": None,
    "labels": ["a"],
    "calibration": {"error": 0.5},
    "per_label": {"a": {**LABEL, **ENDS, "recall_interval": [0.25, 0.75]}},
}


def test_numbers_are_read_to_the_last_digit():
    numbers = ReportNumbers(CONTENT)
    assert numbers.number("accuracy") == 0.1 + 0.2
    assert numbers.interval("accuracy_interval") == (0.25, 0.5)
    assert numbers.number("calibration", "error") == 0.5
    assert numbers.number("loss") is None
    assert not numbers.has("loss")


def test_scores_of_a_label_keep_what_is_undefined():
    (label,) = ReportNumbers(CONTENT).per_label()
    assert (label.label, label.support, label.recall_interval) == ("a", 3, (0.25, 0.75))
    assert label.average_precision is None


@pytest.mark.parametrize("keys", [("nothing",), ("calibration", "nothing"), ("labels",)])
def test_what_is_not_as_documented_is_an_error(keys):
    with pytest.raises(UnexpectedJsonError):
        ReportNumbers(CONTENT).number(*keys)
