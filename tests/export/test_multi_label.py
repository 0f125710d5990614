"""A run of the multi-label task, exported, verified, and answering from its files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import tlx
from tlx.errors import VerificationError
from tlx.evaluation.scoring import evaluate
from tlx.export import pictures as chosen_pictures
from tlx.export import publish
from tlx.export.onnx_opened import OnnxFile
from tlx.export.torch_opened import TorchScriptFile
from tlx.inference.events import finish
from tlx.inference.preprocessing import preprocess
from tlx.samples.labels_csv import read_labels_csv
from tlx.training.checkpoint import load_checkpoint, restore_network


@pytest.fixture(scope="module")
def pictures(multi_label_run) -> list[Path]:
    return sorted((multi_label_run.parent / "data").glob("*.png"))


def test_both_files_are_verified_on_every_picture_and_parts_of_photographs(multi_label_run):
    content = json.loads((multi_label_run / "verification.json").read_text(encoding="utf-8"))
    assert [row["format"] for row in content["files"]] == ["onnx", "torchscript"]
    for row in content["files"]:
        assert (row["verified"], row["pictures"], row["agreement"]) == (True, 64, 1)
        assert row["source"] == "run and sample"
        assert (row["metric"], row["score"]) == (
            "mean average precision", pytest.approx(1, abs=0.02)
        )  # fmt: skip
        assert row["max_probability_difference"] < 1e-4


@pytest.mark.parametrize(("name", "kind"), [("onnx", OnnxFile), ("ts", TorchScriptFile)])
def test_a_files_probabilities_are_the_sigmoid_of_its_logits(multi_label_run, pictures, name, kind):
    file = kind(multi_label_run / f"model.{name}")
    rule = file.card.preprocessing
    answers = file.run(np.stack([preprocess(path, rule) for path in pictures[::5]]))
    assert answers.probabilities == pytest.approx(1 / (1 + np.exp(-answers.logits)), abs=1e-6)
    assert (answers.probabilities.sum(axis=1) > 1.5).any()
    assert file.card.task == "multi-label"


@pytest.mark.parametrize(("name", "kind"), [("onnx", OnnxFile), ("ts", TorchScriptFile)])
def test_a_file_carries_the_thresholds_of_the_checkpoint(multi_label_run, name, kind):
    card = load_checkpoint(multi_label_run / "best.pt").card
    assert card.thresholds is not None
    assert kind(multi_label_run / f"model.{name}").card.thresholds == card.thresholds


def test_the_classifier_chooses_what_the_checkpoint_does(multi_label_run, pictures):
    classifier = tlx.Classifier(multi_label_run / "model.onnx")
    checkpoint = load_checkpoint(multi_label_run / "best.pt")
    rule = checkpoint.card.preprocessing
    images = torch.from_numpy(np.stack([preprocess(path, rule) for path in pictures]))
    with torch.no_grad():
        probabilities = restore_network(checkpoint)(images).sigmoid().numpy()
    for outcome, row in zip(classifier.classify_files(pictures), probabilities, strict=True):
        assert outcome.prediction is not None
        pairs = zip(checkpoint.card.labels, row, checkpoint.card.thresholds, strict=True)
        expected = {label for label, value, threshold in pairs if value >= threshold}
        assert {ranked.label for ranked in outcome.prediction.chosen} == expected


def test_the_pictures_of_the_run_are_answered_right(multi_label_run):
    classifier = tlx.Classifier(multi_label_run / "model.onnx")
    samples = read_labels_csv(multi_label_run.parent / "data" / "truth.csv")
    report = finish(evaluate(classifier, samples))
    assert isinstance(report, tlx.MultiLabelReport)
    assert (report.pictures, report.labels_counted) == (48, 3)
    assert report.mean_average_precision == pytest.approx(1, abs=0.02)
    assert report.exact_match > 0.9
    assert report.thresholds == classifier.card.thresholds


@pytest.fixture
def light_copy(multi_label_run, tmp_path) -> Path:
    run = tmp_path / "light"
    run.mkdir()
    for name in ("config.json", "split.csv", "best.pt"):
        (run / name).symlink_to(multi_label_run / name)
    return run


def plant(monkeypatch, change_network=lambda _n: None, change_card=lambda card: card) -> None:
    (target,) = (target for target in publish.FORMATS if target.name == "torchscript")

    def write(network, card, path, options) -> None:
        change_network(network)
        target.write(network, change_card(card), path, options)

    monkeypatch.setattr(chosen_pictures, "MOST", 12)
    monkeypatch.setattr(chosen_pictures, "FEWEST", 12)
    monkeypatch.setattr(publish, "FORMATS", (replace(target, write=write),))


def test_a_file_with_a_softmax_is_refused(light_copy, monkeypatch):
    plant(monkeypatch, lambda network: setattr(network, "multi_label", False))
    with pytest.raises(VerificationError, match="is probabilities: temperature, softmax or sig"):
        tlx.export(light_copy)
    assert not (light_copy / "model.ts").exists()


def test_a_file_with_another_threshold_is_refused_by_its_label(light_copy, monkeypatch):
    def raised(card):
        return replace(card, thresholds=(*card.thresholds[:2], 0.75))

    plant(monkeypatch, change_card=raised)
    with pytest.raises(VerificationError, match=r"is card: its threshold of 'red' is 0\.75"):
        tlx.export(light_copy)


def test_a_file_whose_thresholds_were_dropped_is_refused(light_copy, monkeypatch):
    plant(monkeypatch, change_card=lambda card: replace(card, thresholds=None))
    with pytest.raises(VerificationError, match="thresholds are not the checkpoint's: its card ha"):
        tlx.export(light_copy)
    assert not (light_copy / "model.ts").exists()
