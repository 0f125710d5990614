"""INT8 files that the search refuses, and what it says that it cannot tell."""

import pytest

from tlx.errors import DataError, VerificationError
from tlx.export import int8_search
from tlx.export.int8_search import search_int8
from tlx.export.quantized_file import TrialFinished, TrialStarted
from tlx.export.trial_table import trials_to_json
from tlx.inference.events import finish


def test_a_file_that_loses_too_much_is_refused_with_the_numbers(refused):
    text = str(refused.error)
    assert text.startswith("no int8 file passes and none was written: the nearest of 5 ways tried")
    assert "accuracy" in text
    assert "95% interval of the fall" in text
    assert "-50 allowed" in text
    assert "--calibration" in text
    assert "\n" not in text
    assert refused.error.exit_code == 1
    assert list(refused.folder.iterdir()) == []


def test_a_file_that_is_not_faster_is_refused_after_faster_recipes_were_tried(
    search, tmp_path, ratios
):
    ratios[:] = [1.05]  # the interval reaches below 1: not measured faster
    with pytest.raises(VerificationError) as caught:
        search(max_drop=1.0)
    text = str(caught.value)
    assert "not measured faster: 1.05 times as fast (95% interval 0.95 to 1.15)" in text
    assert "--for-another-device" in text
    assert list(tmp_path.iterdir()) == []
    started = [event.recipe for event in search.events if isinstance(event, TrialStarted)]
    assert len(started) == 6
    assert any("uint8 x int8" not in recipe for recipe in started)
    assert any("per-tensor" in recipe for recipe in started)
    assert any("fp32" not in recipe for recipe in started)


def test_calibration_on_one_label_is_refused_before_any_work(search, calibration, monkeypatch):
    one = [sample for sample in calibration if sample.label == "red"]
    with pytest.raises(DataError, match="none of them blue, green"):
        search(calibration=one)
    assert search.events == []
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 0.0)  # the first file will do
    found = search(calibration=one, untrained=("blue", "green"), max_drop=1.0)
    assert found.quantization.calibration_pictures == len(one)


def test_without_validation_pictures_there_is_nothing_to_measure(model_file, calibration, tmp_path):
    with pytest.raises(DataError, match="INT8 needs validation pictures"):
        finish(search_int8(model_file, calibration, [], tmp_path / "target"))


def test_a_failed_search_has_a_table_too(refused):
    trials = [event.trial for event in refused.events if isinstance(event, TrialFinished)]
    rows = trials_to_json(trials, None)
    assert [row["passed"] for row in rows] == [False] * 5
    assert not any(row["chosen"] for row in rows)
    assert all(row["failures"] for row in rows)


def test_too_few_pictures_to_tell_are_named_with_the_number_needed(
    for_another_device, search, monkeypatch
):
    found = for_another_device.found
    assert not found.chosen.told
    needed = found.chosen.score.difference.pictures_to_bound(0.05)
    assert needed > 30
    assert found.notes[0] == (
        "30 validation pictures do not tell whether the true loss is within 5 points; "
        f"about {needed} would, if as large a share is answered otherwise"
    )
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 0.0)  # the first file will do
    assert search(max_drop=0.9, for_another_device=True).chosen.told


def test_for_another_device_nothing_is_timed_and_that_is_said(
    for_another_device, search, monkeypatch
):
    found = for_another_device.found
    assert (found.quantization.speedup, found.quantization.measured_on) == (None, None)
    assert found.chosen.speed is None
    assert found.notes[-1] == (
        "its speed was not measured on the device that it is for, and its loss with this "
        "processor's kernels; there: tlx bench model.onnx target"
    )
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 0.0)  # the first file will do
    named = search(max_drop=0.05, for_another_device=True, names=("a.onnx", "a b.onnx"))
    assert named.notes[-1].endswith("; there: tlx bench a.onnx 'a b.onnx'")
