"""Faults that show under one condition alone, or in what surrounds the graph: caught and named."""

import json
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import GraphProto, helper, numpy_helper
from rich.console import Console

from tlx.cli.export_table import verification_table
from tlx.errors import ProviderError
from tlx.export import condition, onnx_file, pictures, publish
from tlx.export.answers import Answers
from tlx.export.condition import Condition
from tlx.export.events import Verified
from tlx.export.onnx_opened import OnnxFile
from tlx.export.options import ExportOptions
from tlx.inference.card import ModelCard
from tlx.inference.graph_input import Pixels


class FaultyUnder(OnnxFile):
    """Answers with logits that are off where a condition, or the size of a batch, is met."""

    def __init__(self, path: Path, asked: Condition, met) -> None:
        super().__init__(path, replace(asked, provider=condition.CPU))
        self._asked, self._met = asked, met

    def run(self, images: Sequence[Pixels]) -> Answers:
        answers = super().run(images)
        if not self._met(self._asked, len(images)):
            return answers
        return replace(answers, logits=answers.logits + 0.01 * np.abs(answers.logits).max())


@pytest.fixture
def plant_condition(monkeypatch, plant_graph):
    """Make the healthy file answer wrongly where `met(condition, pictures of the batch)`."""

    def plant(met) -> None:
        plant_graph()
        (target,) = publish.FORMATS

        def opened(path: Path, asked: Condition) -> FaultyUnder:
            return FaultyUnder(path, asked, met)

        monkeypatch.setattr(publish, "FORMATS", (replace(target, open=opened),))

    return plant


CONDITIONS = {
    "one thread": (lambda asked, _n: asked.threads == 1, "CPU, 1 thread, batches of 8"),
    "one picture": (lambda asked, _n: asked.batch == 1, "CPU, all threads, one picture at a time"),
    "large batches": (lambda _asked, n: n > 8, "CPU, all threads, batches of 24"),
    "another provider": (lambda asked, _n: asked.provider == "Planted", "Planted, all threads"),
}


@pytest.mark.parametrize("kind", CONDITIONS)
def test_an_answer_that_depends_on_the_condition_is_named_with_it(
    plant_condition, refusal, monkeypatch, kind
):
    met, named = CONDITIONS[kind]
    monkeypatch.setattr(condition, "other_providers", lambda: ["Planted"])
    monkeypatch.setattr(pictures, "MOST", 20)
    monkeypatch.setattr(pictures, "FEWEST", 20)
    plant_condition(met)
    text = refusal()
    assert f"with {named}" in text
    assert f"no stage can be named: it depends on how it is asked: {named}" in text


@pytest.mark.parametrize(("count", "last"), [(8, 7), (16, 7), (20, 4), (30, 1)])
def test_a_last_batch_of_another_size_is_always_asked(
    plant_condition, refusal, monkeypatch, count, last
):
    monkeypatch.setattr(pictures, "MOST", count)
    monkeypatch.setattr(pictures, "FEWEST", count)
    plant_condition(lambda asked, n: asked.threads == 1 and n == last)
    assert "it depends on how it is asked: CPU, 1 thread" in refusal()


def test_a_provider_that_cannot_open_the_file_is_named(plant_condition, refusal, monkeypatch):
    def met(asked: Condition, _pictures: int) -> bool:
        if asked.provider == "Planted":
            raise RuntimeError("no such\ndevice")
        return False

    monkeypatch.setattr(condition, "other_providers", lambda: ["Planted"])
    plant_condition(met)
    text = refusal()
    assert "with Planted, all threads, batches of 8: the onnx (Planted, all threads" in text


def test_a_provider_that_does_not_compute_here_is_told_as_not_asked(
    plant_graph, light_run, monkeypatch
):
    monkeypatch.setattr(condition, "other_providers", lambda: ["Planted"])
    plant_graph()
    (target,) = publish.FORMATS

    def opened(path: Path, asked: Condition) -> OnnxFile:
        if asked.provider == "Planted":
            raise ProviderError("Planted does [not] compute on this machine")
        return OnnxFile(path, asked)

    monkeypatch.setattr(publish, "FORMATS", (replace(target, open=opened),))
    events = list(publish.export_events(light_run, options=ExportOptions(formats=("onnx",))))
    (verification,) = (event.verification for event in events if isinstance(event, Verified))
    *_, result = verification.conditions
    said = "not asked: Planted does [not] compute on this machine"
    assert str(result) == f"with Planted, all threads, batches of 8: {said}"
    console = Console(file=StringIO(), width=200)
    console.print(verification_table(verification))
    assert said in console.file.getvalue()
    (row,) = json.loads((light_run / "verification.json").read_text())["files"]
    assert row["conditions"][-1] == {
        "condition": "Planted, all threads, batches of 8",
        "pictures": 0,
        "max_probability_difference": None,
        "passed": True,
        "problem": "Planted does [not] compute on this machine",
    }


def test_a_batch_of_which_only_the_first_picture_is_answered_is_named(
    plant_graph, refusal, features
):
    def keep_first(graph: GraphProto) -> None:
        for name, values in {"from": [0], "to": [1], "axis": [0]}.items():
            graph.initializer.append(numpy_helper.from_array(np.array(values), name))
        graph.node.insert(0, helper.make_node("Slice", ["images", "from", "to", "axis"], ["one"]))
        for node in list(graph.node)[1:]:
            node.input[:] = ["one" if name == "images" else name for name in node.input]

    plant_graph(keep_first)
    said = f"answers 8 pictures of 3 labels with features of the shape [1, {features}]"
    assert said in refusal()


def _save_weights_beside(monkeypatch, missing: bool = False) -> None:
    plain = onnx_file.save_onnx

    def save_beside(model: onnx.ModelProto, card: ModelCard, path: Path) -> None:
        plain(model, card, path)
        options = {"save_as_external_data": True, "location": "weights.data"}
        onnx.save(onnx.load(path), path, **options)
        if missing:
            (path.parent / "weights.data").unlink()

    monkeypatch.setattr(onnx_file, "save_onnx", save_beside)


def test_weights_in_a_file_beside_that_is_missing_are_told(plant_graph, refusal, monkeypatch):
    plant_graph()
    _save_weights_beside(monkeypatch, missing=True)
    text = refusal()
    assert text.startswith("what was written cannot be used: model.onnx cannot be opened as an")
    assert "its weights lie in another file" in text


def test_weights_that_get_into_a_file_beside_with_the_card_are_told(
    plant_graph, refusal, monkeypatch
):
    def rewrite(path: Path, card: ModelCard) -> None:
        _save_weights_beside(monkeypatch)
        onnx_file.rewrite_onnx_card(path, card)

    plant_graph()
    (healthy,) = publish.FORMATS
    monkeypatch.setattr(publish, "FORMATS", (replace(healthy, rewrite_card=rewrite),))
    assert "model.onnx needs other files beside it: weights.data" in refusal()


@pytest.mark.parametrize("share", [0.2, 0.9, 0.9999])
def test_a_file_that_was_cut_short_is_told(plant_graph, refusal, monkeypatch, share):
    def write(*arguments: object) -> None:
        healthy.write(*arguments)
        path = arguments[2]
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    plant_graph()
    (healthy,) = publish.FORMATS
    monkeypatch.setattr(publish, "FORMATS", (replace(healthy, write=write),))
    assert "what was written cannot be used: model.onnx " in refusal()


def test_a_weight_with_fewer_values_than_its_shape_says_is_told(plant_graph, refusal, monkeypatch):
    def write(*arguments: object) -> None:
        healthy.write(*arguments)
        model = onnx.load(arguments[2])
        (weight,) = (t for t in model.graph.initializer if t.name == "network.fc.weight")
        weight.raw_data = weight.raw_data[:-400]
        onnx.save(model, arguments[2])

    plant_graph()
    (healthy,) = publish.FORMATS
    monkeypatch.setattr(publish, "FORMATS", (replace(healthy, write=write),))
    text = refusal()
    assert "what was written cannot be used: model.onnx cannot be opened as an ONNX file" in text


def test_the_card_of_another_run_is_named(plant_graph, refusal):
    def of_another(card: ModelCard) -> ModelCard:
        return replace(card, provenance=replace(card.provenance, date="2020-01-01", seed=3))

    plant_graph(change_card=of_another)
    assert "is card: its provenance has date 2020-01-01, not 20" in refusal()


def test_the_results_of_an_earlier_epoch_in_the_card_are_named(plant_graph, refusal):
    def of_earlier(card: ModelCard) -> ModelCard:
        return replace(card, results=tuple(replace(row, value=0.5) for row in card.results))

    plant_graph(change_card=of_earlier)
    assert "is card: its results are not the checkpoint's" in refusal()
