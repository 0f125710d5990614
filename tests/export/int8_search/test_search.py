"""What the search for an INT8 file finds, in which order, and what it says of it."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tlx.export import int8_search
from tlx.export.int8_ranges import CalibrationProgress
from tlx.export.int8_recipes import Recipe, first_recipes, overflows
from tlx.export.int8_search import search_int8
from tlx.export.quantized_file import QuantizedFile, TrialFinished, TrialStarted
from tlx.export.quantized_score import ScoringProgress
from tlx.export.sensitivity import SensitivityProgress
from tlx.export.trial_table import trials_to_json
from tlx.inference.card_json import card_from_json, card_to_json
from tlx.inference.events import finish
from tlx.inference.processor import Processor
from tlx.inference.session import ModelSession
from tlx.samples.sample import Sample


def recipes(found: QuantizedFile) -> list[str]:
    return [trial.recipe for trial in found.trials]


def test_the_best_file_is_left_with_the_float_files_card(within_five_points, model_file):
    found, target = within_five_points.found, within_five_points.target
    session = ModelSession(target)
    assert session.card == ModelSession(model_file).card
    assert target.stat().st_size == found.chosen.size
    assert found.chosen.smaller > 3.7
    assert found.chosen.passed
    assert found.chosen in found.trials
    assert found.chosen.float_layers == ("fc",)
    assert [path.name for path in within_five_points.folder.iterdir()] == ["target"]


def test_what_goes_into_the_card_is_what_was_measured(within_five_points, model_file):
    found = within_five_points.found
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


def test_events_tell_what_happens_in_order(within_five_points):
    found, events = within_five_points.found, within_five_points.events
    kinds = list(dict.fromkeys(type(event) for event in events))
    assert kinds == [ScoringProgress, TrialStarted, CalibrationProgress, TrialFinished]
    finished = [event for event in events if isinstance(event, TrialFinished)]
    assert [event.trial for event in finished] == list(found.trials)
    assert [event.number for event in finished] == list(range(1, len(finished) + 1))
    assert events[0] == ScoringProgress("model.onnx", 1, 30)


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


def test_otherwise_more_layers_stay_in_fp32(never_good):
    found = never_good.found
    assert len(found.trials) == 5
    first_and_last, sensitive = found.trials[3:]
    assert first_and_last.float_layers == ("conv1", "fc")
    assert first_and_last.recipe.endswith("first and last layer in fp32")
    assert len(sensitive.float_layers) == 4
    assert sensitive.float_layers[-1] == "fc"
    assert sensitive.recipe.endswith("last and 3 most sensitive layers in fp32")
    progress = [event for event in never_good.events if isinstance(event, SensitivityProgress)]
    assert (progress[-1].done, progress[-1].total) == (20, 20)


def test_of_files_as_fast_the_nearest_to_the_float_file_is_kept(never_good):
    found = never_good.found
    distances = [trial.score.mean_probability_difference for trial in found.trials]
    assert found.chosen.score.mean_probability_difference == min(distances)


@pytest.mark.usefixtures("assumed_sensitivity")
def test_a_much_slower_file_is_not_kept_however_near_it_is(search, monkeypatch, ratios):
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 1.1)
    ratios[:] = [2.0, 3.0, 2.0, 2.0]
    found = search(max_drop=1.0)
    assert found.chosen is found.trials[1]


def test_equal_pictures_give_an_equal_file(for_another_device, search, tmp_path):
    search(max_drop=0.05, for_another_device=True)
    assert (tmp_path / "target").read_bytes() == for_another_device.target.read_bytes()


def test_the_table_of_everything_tried_is_plain_json(within_five_points):
    found, target = within_five_points.found, within_five_points.target
    rows = json.loads(json.dumps(trials_to_json(found.trials, found.chosen)))
    assert len(rows) == len(found.trials)
    (chosen,) = (row for row in rows if row["chosen"])
    assert chosen["recipe"] == found.quantization.recipe
    assert chosen["drop"] == found.quantization.drop
    assert chosen["bytes"] == target.stat().st_size
    assert (chosen["passed"], chosen["failures"]) == (True, [])
    assert chosen["speed"]["ratio"] == 3
    assert str(target.parent) not in json.dumps(rows)


def test_several_labels_are_held_to_mean_average_precision(multi_label_run, tmp_path, ratios):
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
