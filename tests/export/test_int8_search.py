"""The search for an INT8 file that passes both gates, on a network at 32 px."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tlx.errors import DataError, VerificationError
from tlx.export import int8_search
from tlx.export.int8_graph import FloatGraph
from tlx.export.int8_ranges import CalibrationProgress
from tlx.export.int8_recipes import Recipe, first_recipes, overflows
from tlx.export.int8_search import search_int8
from tlx.export.quantized_file import QuantizedFile, TrialFinished, TrialStarted
from tlx.export.quantized_score import ScoringProgress
from tlx.export.sensitivity import SensitivityProgress
from tlx.export.speed import Speedup
from tlx.export.trial_table import trials_to_json
from tlx.inference.card_json import card_from_json, card_to_json
from tlx.inference.events import finish
from tlx.inference.processor import Processor
from tlx.inference.session import ModelSession
from tlx.samples.sample import Sample

Search = Callable[..., QuantizedFile]
VNNI = Processor("a processor", {"AVX2": True, "VNNI": True})


def speedup(ratio: float) -> Speedup:
    return Speedup(10.0, 10 / ratio, ratio, (ratio - 0.1, ratio + 0.1), 15, 2, "a processor (VNNI)")


@pytest.fixture
def calibration(split_folder) -> list[Sample]:
    paths = sorted((split_folder / "train").glob("*/00*.jpg"))
    return [Sample(path, path.parent.name) for path in paths[::5]]  # 6


@pytest.fixture
def validation(split_folder) -> list[Sample]:
    return [Sample(p, p.parent.name) for p in sorted((split_folder / "val").glob("*/*.jpg"))]


@pytest.fixture
def ratios(monkeypatch) -> list[float]:
    """How many times as fast the files are measured, one after the other; the last one stays."""
    values = [3.0]

    def measured(*_: object) -> Speedup:
        return speedup(values.pop(0) if len(values) > 1 else values[0])

    monkeypatch.setattr(int8_search, "measure_speedup", measured)
    monkeypatch.setattr(int8_search, "describe_processor", lambda: VNNI)
    return values


@pytest.fixture
def search(model_file, calibration, validation, tmp_path, ratios) -> Search:
    """Search with the pictures of the fixtures; `search.events` are those of the last one."""

    def run(**options: object) -> QuantizedFile:
        run.events = []
        pictures = options.pop("calibration", calibration)
        events = search_int8(model_file, pictures, validation, tmp_path / "target", **options)
        return finish(events, run.events.append)

    return run


@pytest.fixture
def assumed_sensitivity(monkeypatch) -> None:
    """Take the layers in their order for the most sensitive ones, without measuring each."""

    def assumed(graph: FloatGraph, *_: object):
        yield SensitivityProgress(1, 1)
        return dict.fromkeys(graph.layers, 1.0)

    monkeypatch.setattr(int8_search, "measure_sensitivity", assumed)


def recipes(found: QuantizedFile) -> list[str]:
    return [trial.recipe for trial in found.trials]


def test_the_best_file_is_left_with_the_float_files_card(search, tmp_path, model_file):
    found = search(max_drop=0.05)
    session = ModelSession(tmp_path / "target")
    assert session.card == ModelSession(model_file).card
    assert (tmp_path / "target").stat().st_size == found.chosen.size
    assert found.chosen.smaller > 3.8
    assert found.chosen.passed
    assert found.chosen in found.trials
    assert found.chosen.float_layers == ("fc",)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_what_goes_into_the_card_is_what_was_measured(search, model_file):
    found = search(max_drop=0.05)
    written = found.quantization
    score = found.chosen.score
    assert (written.kind, written.recipe) == ("int8", found.chosen.recipe)
    assert (written.calibration_pictures, written.pictures) == (6, 30)
    assert (written.drop, written.drop_interval) == (
        score.difference.value,
        score.difference.interval,
    )
    assert (written.agreement, written.max_drop) == (score.agreement, 0.05)
    assert (written.speedup, written.measured_on) == (3.0, "a processor (VNNI)")
    assert not any("tlx bench" in note for note in found.notes)
    card = replace(ModelSession(model_file).card, quantization=written)
    assert card_from_json(card_to_json(card)) == card


def test_events_tell_what_happens_in_order(search):
    found = search(max_drop=0.05)
    kinds = list(dict.fromkeys(type(event) for event in search.events))
    assert kinds == [ScoringProgress, TrialStarted, CalibrationProgress, TrialFinished]
    finished = [event for event in search.events if isinstance(event, TrialFinished)]
    assert [event.trial for event in finished] == list(found.trials)
    assert [event.number for event in finished] == list(range(1, len(finished) + 1))
    assert search.events[0] == ScoringProgress("model.onnx", 1, 30)


def test_a_good_file_ends_the_search(search, monkeypatch):
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 0.0)
    found = search(max_drop=1.0)
    assert recipes(found) == ["per-channel, uint8 x int8, percentile; last layer in fp32"]


def test_a_fair_one_ends_it_after_the_ways_of_measuring_ranges(search, monkeypatch):
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 1.1)
    monkeypatch.setattr(int8_search, "_is_fair", lambda trial: trial.passed)
    found = search(max_drop=1.0)
    ways = [recipe.split(", ")[2].split(";")[0] for recipe in recipes(found)]
    assert ways == ["percentile", "min-max", "entropy"]


def test_otherwise_more_layers_stay_in_fp32(search, monkeypatch):
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 1.1)  # nothing is good enough
    found = search(max_drop=1.0)
    assert len(found.trials) == 5
    first_and_last, sensitive = found.trials[3:]
    assert first_and_last.float_layers == ("conv1", "fc")
    assert first_and_last.recipe.endswith("first and last layer in fp32")
    assert len(sensitive.float_layers) == 4
    assert sensitive.float_layers[-1] == "fc"
    assert sensitive.recipe.endswith("last and 3 most sensitive layers in fp32")
    progress = [event for event in search.events if isinstance(event, SensitivityProgress)]
    assert (progress[-1].done, progress[-1].total) == (20, 20)


@pytest.mark.usefixtures("assumed_sensitivity")
def test_of_files_as_fast_the_nearest_to_the_float_file_is_kept(search, monkeypatch):
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 1.1)
    found = search(max_drop=1.0)
    distances = [trial.score.mean_probability_difference for trial in found.trials]
    assert found.chosen.score.mean_probability_difference == min(distances)


@pytest.mark.usefixtures("assumed_sensitivity")
def test_a_much_slower_file_is_not_kept_however_near_it_is(search, monkeypatch, ratios):
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 1.1)
    ratios[:] = [2.0, 3.0, 2.0, 2.0]
    found = search(max_drop=1.0)
    assert found.chosen is found.trials[1]


@pytest.mark.usefixtures("assumed_sensitivity")
def test_a_file_that_loses_too_much_is_refused_with_the_numbers(search, tmp_path):
    with pytest.raises(VerificationError) as caught:
        search(max_drop=-0.5)  # it would have to be better by half
    text = str(caught.value)
    assert text.startswith("no int8 file passes and none was written: the nearest of 5 ways tried")
    assert "accuracy" in text
    assert "95 % interval of the fall" in text
    assert "-50 allowed" in text
    assert "--calibration" in text
    assert "\n" not in text
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_faster_is_refused_after_faster_recipes_were_tried(
    search, tmp_path, ratios
):
    ratios[:] = [1.05]  # the interval reaches below 1: not measured faster
    with pytest.raises(VerificationError) as caught:
        search(max_drop=1.0)
    text = str(caught.value)
    assert "not measured faster: 1.05 times as fast (95 % interval 0.95 to 1.15)" in text
    assert "--for-another-device" in text
    assert list(tmp_path.iterdir()) == []
    started = [event.recipe for event in search.events if isinstance(event, TrialStarted)]
    assert len(started) == 6
    assert any("uint8 x int8" not in recipe for recipe in started)
    assert any("per-tensor" in recipe for recipe in started)
    assert any("fp32" not in recipe for recipe in started)


def test_for_another_device_nothing_is_timed_and_that_is_said(search, ratios, monkeypatch):
    def fail(*_: object) -> Speedup:
        raise AssertionError("it must not be timed here")

    monkeypatch.setattr(int8_search, "measure_speedup", fail)
    found = search(max_drop=0.05, for_another_device=True)
    assert (found.quantization.speedup, found.quantization.measured_on) == (None, None)
    assert found.chosen.speed is None
    assert found.notes[-1] == (
        "its speed was not measured on the device that it is for, and its loss with this "
        "processor's kernels; there: tlx bench model.onnx target"
    )
    named = search(max_drop=0.05, for_another_device=True, names=("a.onnx", "a b.onnx"))
    assert named.notes[-1].endswith("; there: tlx bench a.onnx 'a b.onnx'")


def test_too_few_pictures_to_tell_are_named_with_the_number_needed(search):
    found = search(max_drop=0.05, for_another_device=True)
    assert not found.chosen.told
    needed = found.chosen.score.difference.pictures_to_bound(0.05)
    assert needed > 30
    assert found.notes[0] == (
        "30 validation pictures do not tell whether the true loss is within 5 points; "
        f"about {needed} would, if as large a share is answered otherwise"
    )
    assert search(max_drop=0.9, for_another_device=True).chosen.told


def test_calibration_on_one_label_is_refused_before_any_work(search, calibration):
    one = [sample for sample in calibration if sample.label == "red"]
    with pytest.raises(DataError, match="none of them blue, green"):
        search(calibration=one)
    assert search.events == []
    found = search(calibration=one, untrained=("blue", "green"), max_drop=1.0)
    assert found.quantization.calibration_pictures == len(one)


def test_without_validation_pictures_there_is_nothing_to_measure(model_file, calibration, tmp_path):
    with pytest.raises(DataError, match="INT8 needs validation pictures"):
        finish(search_int8(model_file, calibration, [], tmp_path / "target"))


def test_equal_pictures_give_an_equal_file(search, tmp_path):
    search(max_drop=0.05, for_another_device=True)
    first = (tmp_path / "target").read_bytes()
    search(max_drop=0.05, for_another_device=True)
    assert (tmp_path / "target").read_bytes() == first


def test_the_table_of_everything_tried_is_plain_json(search, tmp_path):
    found = search(max_drop=0.05)
    rows = json.loads(json.dumps(trials_to_json(found.trials, found.chosen)))
    assert len(rows) == len(found.trials)
    (chosen,) = (row for row in rows if row["chosen"])
    assert chosen["recipe"] == found.quantization.recipe
    assert chosen["drop"] == found.quantization.drop
    assert chosen["bytes"] == (tmp_path / "target").stat().st_size
    assert (chosen["passed"], chosen["failures"]) == (True, [])
    assert chosen["speed"]["ratio"] == 3
    assert str(tmp_path) not in json.dumps(rows)


@pytest.mark.usefixtures("assumed_sensitivity")
def test_a_failed_search_has_a_table_too(search):
    with pytest.raises(VerificationError):
        search(max_drop=-0.5)
    trials = [event.trial for event in search.events if isinstance(event, TrialFinished)]
    rows = trials_to_json(trials, None)
    assert [row["passed"] for row in rows] == [False] * 5
    assert not any(row["chosen"] for row in rows)
    assert all(row["failures"] for row in rows)


def test_several_labels_are_held_to_mean_average_precision(multi_label_run, tmp_path, ratios):
    import csv

    rows = csv.DictReader((multi_label_run / "split.csv").read_text().splitlines())
    data = multi_label_run.parent / "data"
    samples = [Sample(data / row["file"], row["label"]) for row in rows]
    source, target = multi_label_run / "model.onnx", tmp_path / "target"
    found = finish(search_int8(source, samples[::4], samples, target, max_drop=0.05))
    assert found.quantization.metric == "mean average precision"
    assert abs(found.quantization.drop) < 0.05
    assert ModelSession(target).card.thresholds == ModelSession(source).card.thresholds


@pytest.mark.parametrize(
    ("features", "expected"),
    [({"VNNI": True}, False), ({"VNNI": False}, True), ({"VNNI": None}, None), ({}, False)],
)
def test_only_x86_without_vnni_overflows(features, expected):
    assert overflows(Processor("p", features)) is expected


def test_without_vnni_all_weights_have_7_bits():
    recipes = first_recipes(["a", "b"], Processor("p", {"VNNI": False}))
    assert all("int8 in 7 bits" in recipe.text for recipe in recipes)
    assert all(recipe.reduce_range for recipe in recipes)


@pytest.mark.usefixtures("assumed_sensitivity")
def test_where_that_is_unknown_7_bits_are_tried_too(search, monkeypatch):
    unknown = Processor("p", {"VNNI": None})
    monkeypatch.setattr(int8_search, "describe_processor", lambda: unknown)
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 1.1)
    assert "int8 in 7 bits" in recipes(search(max_drop=1.0))[3]


def test_a_recipe_says_in_words_what_it_is():
    assert Recipe("entropy").text == "per-channel, uint8 x int8, entropy"
    recipe = Recipe("min-max", ("a",), "first layer", "int8", False, True)
    assert recipe.text == "per-tensor, int8 x int8 in 7 bits, min-max; first layer in fp32"
    assert Path(recipe.text).name == recipe.text  # no path stands in it
