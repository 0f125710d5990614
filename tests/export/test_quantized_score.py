"""What a quantized file answers beside the float file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tlx.errors import DataError
from tlx.evaluation.report import score
from tlx.export.quantized_score import FileAnswers, ScoringProgress, answer, score_quantized
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.classifier import Classifier
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing
from tlx.samples.sample import Sample

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
CARD = ModelCard(("a", "b", "c"), Preprocessing(37, 32), PROVENANCE)


def answers(probabilities: list[list[float]], card: ModelCard = CARD) -> FileAnswers:
    values = np.array(probabilities, np.float32)
    return FileAnswers(card, np.log(values), values)


def samples(*labels: str) -> list[Sample]:
    return [Sample(Path(f"{index}.jpg"), label) for index, label in enumerate(labels)]


FLOAT = answers([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
OTHER = answers([[0.6, 0.3, 0.1], [0.3, 0.45, 0.25], [0.1, 0.8, 0.1], [0.3, 0.5, 0.2]])


def test_the_loss_is_paired_picture_by_picture():
    found = score_quantized(FLOAT, OTHER, samples("a", "a", "b", "b"))
    assert found.difference.pictures == 4
    assert (found.difference.first, found.difference.second) == (0.75, 0.75)
    assert (found.difference.only_first, found.difference.only_second) == (1, 1)
    worse = score_quantized(FLOAT, OTHER, samples("a", "a", "b", "c"))
    assert worse.difference.value == 0.5


def test_agreement_is_counted_over_all_and_where_the_float_file_is_clear():
    found = score_quantized(FLOAT, OTHER, samples("a", "a", "b", "b"))
    assert found.agreement == 0.5
    assert found.clear_pictures == 2  # the second is nearer than 0.1, the last just not further
    assert found.clear_agreement == 1
    assert found.mean_probability_difference == pytest.approx(0.8 / 12)
    assert found.max_probability_difference == pytest.approx(0.2)


def test_equal_answers_lose_nothing():
    found = score_quantized(FLOAT, FLOAT, samples("a", "a", "b", "c"))
    assert (found.difference.value, found.agreement, found.max_probability_difference) == (0, 1, 0)


def test_several_labels_agree_only_if_all_of_them_are_chosen_alike():
    card = replace(CARD, task="multi-label", thresholds=(0.5, 0.5, 0.3))
    one = answers([[0.9, 0.2, 0.1], [0.7, 0.6, 0.32], [0.1, 0.2, 0.9]], card)
    two = answers([[0.8, 0.3, 0.1], [0.7, 0.6, 0.28], [0.1, 0.2, 0.9]], card)
    found = score_quantized(one, two, samples("a", "a|b", "c"))
    assert found.agreement == pytest.approx(2 / 3)
    assert (found.clear_pictures, found.clear_agreement) == (2, 1)
    assert found.difference.metric == "mean average precision"
    assert found.difference.value == 0  # the rankings are the same


def test_a_file_is_scored_as_tlx_eval_scores_it(model_file, split_folder):
    some = [Sample(path, path.parent.name) for path in sorted((split_folder / "val").glob("*/*"))]
    events = []
    found = finish(answer(model_file, some, "model.onnx"), events.append)
    assert events[-1] == ScoringProgress("model.onnx", 30, 30)
    outcomes = list(Classifier(model_file).classify_files(sample.path for sample in some))
    report = score("model.onnx", found.card.labels, some, outcomes, 1.0)
    compared = score_quantized(found, found, some)
    assert compared.difference.first == pytest.approx(report.accuracy)
    np.testing.assert_array_equal(found.logits, [one.prediction.logits for one in outcomes])


def test_a_picture_that_is_gone_and_an_unknown_label_are_errors(model_file, split_folder):
    with pytest.raises(DataError, match="cannot be read any more"):
        finish(answer(model_file, [Sample(split_folder / "none.jpg", "red")], "x"))
    with pytest.raises(DataError, match="does not know the label"):
        finish(answer(model_file, [Sample(split_folder / "none.jpg", "pink")], "x"))
