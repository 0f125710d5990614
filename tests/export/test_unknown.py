"""The score for unknown pictures in every kind of file, against the rule that was fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, numpy_helper

import tlx
from tlx.errors import VerificationError
from tlx.evaluation.unknown import UnknownRule, choose_threshold, fit_rule
from tlx.export import pictures, unknown_fit, verify, writing
from tlx.export.condition import USUAL
from tlx.export.files import FORMATS
from tlx.export.options import ExportOptions
from tlx.export.unknown_graph import add_unknown_score
from tlx.inference.graph_input import prepare
from tlx.inference.session import ModelSession

PLAIN = ExportOptions(formats=("onnx",), legacy_exporter=True)


@pytest.fixture
def judging_run(light_run, monkeypatch) -> Path:
    """A run whose 72 training and 30 validation pictures are enough for a rule."""
    monkeypatch.setattr(unknown_fit, "FEWEST", 20)
    monkeypatch.setattr(pictures, "FEWEST", 10)
    monkeypatch.setattr(pictures, "MOST", 10)
    return light_run


def _spoil(monkeypatch, name: str) -> None:
    """Let the constant of a graph be another than the one that was fitted."""

    def add(model: ModelProto, rule: UnknownRule) -> None:
        add_unknown_score(model, rule)
        for weight in model.graph.initializer:
            if weight.name == f"unknown.{name}":
                array = numpy_helper.to_array(weight) * np.float32(1.01)
                weight.CopyFrom(numpy_helper.from_array(array, weight.name))

    monkeypatch.setattr(writing, "add_unknown_score", add)


def _answers(path: Path, folder: Path) -> tuple[ModelSession, np.ndarray, np.ndarray, np.ndarray]:
    session = ModelSession(path)
    images = [prepare(picture, session.card) for picture in sorted(folder.glob("*/*.jpg"))]
    found = session.run(images)
    return session, found.features, found.logits, found.unknown_score


def test_a_file_scores_by_the_rule_of_its_own_features(judging_run, split_folder):
    (file,) = tlx.export(judging_run, options=PLAIN)
    session, features, logits, _ = _answers(file.path, split_folder / "train")
    held = _answers(file.path, split_folder / "val")
    expected = fit_rule(features, np.repeat([0, 1, 2], 24)).fitted_to(held[1], held[2], 0.05)
    np.testing.assert_allclose(held[3], expected.scores(held[1], held[2]), rtol=1e-3)
    assert session.card.unknown_threshold == pytest.approx(expected.threshold, rel=1e-3)
    assert choose_threshold(held[3], 0.05) == pytest.approx(expected.threshold, rel=1e-3)
    said = session.card.refusal
    assert (said.value, said.pictures) == (0.0, 30)  # the largest of so few is the threshold
    assert len(logits) == 72
    prediction = tlx.Classifier(file.path).classify(split_folder / "val" / "red" / "000.jpg")
    assert prediction.unknown == (prediction.unknown_score > session.card.unknown_threshold)
    tlx.verify(file.path, judging_run)


@pytest.mark.parametrize("threshold", [99.0, -99.0])
def test_a_threshold_far_from_all_known_scores_is_told(judging_run, monkeypatch, threshold):
    monkeypatch.setattr(verify, "FEWEST_SCORES", 10)
    (file,) = tlx.export(judging_run, options=PLAIN)
    tlx.verify(file.path, judging_run)
    card = replace(ModelSession(file.path).card, unknown_threshold=threshold)
    FORMATS[0].rewrite_card(file.path, card)
    said = (
        f"the threshold for unknown pictures in its card is {threshold:g}, the scores of 10 known"
    )
    with pytest.raises(VerificationError, match=said):
        tlx.verify(file.path, judging_run)


ALL = ("scale", "shift", "directions", "weight", "level")


@pytest.mark.parametrize("name", ["means", *(pytest.param(n, marks=pytest.mark.slow) for n in ALL)])
def test_a_constant_that_is_off_is_caught_and_named(judging_run, monkeypatch, name):
    _spoil(monkeypatch, name)
    with pytest.raises(VerificationError) as caught:
        tlx.export(judging_run, options=PLAIN)
    assert "the first stage that differs is unknown score: its means, cov" in str(caught.value)
    assert not (judging_run / "model.onnx").exists()


def test_no_rule_where_it_is_not_wanted_or_pictures_are_too_few(
    judging_run, monkeypatch, run_export
):
    unwanted = ExportOptions(formats=("onnx",), legacy_exporter=True, refuse=0.0)
    (file,) = tlx.export(judging_run, options=unwanted)
    assert ModelSession(file.path).card.unknown_threshold is None
    assert tlx.Classifier(file.path).classify(run_export).unknown is None
    monkeypatch.setattr(unknown_fit, "FEWEST", 31)
    notes = unknown_fit.rule_pictures(judging_run, None, ModelSession(file.path).card, 0.05)
    assert notes == "the run has 30 validation pictures here, 31 are needed"


@pytest.fixture
def run_export(split_folder) -> Path:
    """Some picture."""
    return split_folder / "val" / "red" / "000.jpg"


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"formats": ("onnx", "torchscript", "pt2")},
        {"formats": ("onnx", "torchscript", "pt2"), "explain": False},
        {"formats": ("onnx",), "embed_resize": True},
        {"formats": ("onnx",), "opset": 13, "input": "float-nchw"},
        {"formats": ("onnx",), "opset": 13, "explain": False, "batch": 4},
    ],
)
def test_every_variant_has_it(judging_run, split_folder, options):
    files = tlx.export(judging_run, options=ExportOptions(**options))
    paths = sorted((split_folder / "val").glob("*/*.jpg"))[::5]
    scores = []
    for file in files:
        (target,) = (one for one in FORMATS if one.name == file.format)
        opened = target.open(file.path, USUAL)
        assert opened.rule is not None
        found = opened.run([prepare(path, opened.card) for path in paths])
        scores.append(found.unknown_score)
        assert (found.features is None) == (options.get("explain") is False)
        tlx.verify(file.path, judging_run)
    for other in scores:
        np.testing.assert_allclose(other, scores[0], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("explain", [True, False])
@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_a_quantized_file_has_a_rule_of_its_own(judging_run, kind, explain, split_folder):
    options = ExportOptions(
        formats=("onnx",),
        quantize=(kind,),
        explain=explain,
        max_drop=100,
        for_another_device=kind == "int8",
    )
    plain, smaller = tlx.export(judging_run, options=options)
    cards = [ModelSession(file.path).card for file in (plain, smaller)]
    assert cards[0].unknown_threshold != cards[1].unknown_threshold
    classifier = tlx.Classifier(smaller.path)
    paths = sorted((split_folder / "val").glob("*/*.jpg"))
    scores = [one.prediction.unknown_score for one in classifier.classify_files(paths)]
    assert choose_threshold(np.array(scores), 0.05) == pytest.approx(
        cards[1].unknown_threshold, rel=1e-3
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_a_constant_that_is_off_in_a_quantized_file_is_caught(judging_run, monkeypatch, kind):
    options = {"max_drop": 100, "for_another_device": kind == "int8"}
    tlx.export(judging_run, options=PLAIN)
    _spoil(monkeypatch, "means")
    with pytest.raises(VerificationError, match="unknown score"):
        tlx.export(
            judging_run, options=ExportOptions(formats=("onnx",), quantize=(kind,), **options)
        )
