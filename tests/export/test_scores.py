"""How well both sides score on pictures whose truth is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tlx.export.answers import Answers
from tlx.export.pictures import VerificationPictures
from tlx.export.reference import Reference
from tlx.export.scores import score_both
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing
from tlx.samples.sample import Sample

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
LABELS = ("a", "b", "c")
CARD = ModelCard(LABELS, Preprocessing(37, 32), PROVENANCE)
EYE = np.eye(3)


def _answers(said: str) -> Answers:
    """Give answers whose first labels are these."""
    logits = EYE[[LABELS.index(label) for label in said]]
    return Answers(logits, logits)


def _pictures(truth: list[str], labelled: int | None = None) -> VerificationPictures:
    samples = tuple(Sample(Path(f"{number}.png"), label) for number, label in enumerate(truth))
    return VerificationPictures(samples, "folder", len(truth) if labelled is None else labelled)


def _reference(answers: Answers, card: ModelCard = CARD) -> Reference:
    return Reference(card, None, (), answers, 1e-7)  # type: ignore[arg-type]


def test_accuracy_is_counted_on_both_sides_with_the_pictures_that_only_one_gets_right():
    found = score_both(
        _reference(_answers("abcab")), _answers("abbac"), LABELS, _pictures([*"abcaa"])
    )
    assert (found.metric, found.pictures) == ("accuracy", 5)
    assert (found.first, found.second) == (0.8, 0.6)
    assert (found.only_first, found.only_second) == (1, 0)
    assert found.interval[0] < found.value < found.interval[1]


def test_the_files_labels_are_aligned_by_name():
    answers = _answers("abcab")
    order = [2, 0, 1]
    turned = replace(answers, logits=answers.logits[:, order])
    found = score_both(_reference(answers), turned, ("c", "a", "b"), _pictures([*"abcaa"]))
    assert (found.first, found.second) == (0.8, 0.8)
    assert (found.only_first, found.only_second) == (0, 0)


def test_only_pictures_whose_truth_is_known_are_scored():
    found = score_both(
        _reference(_answers("abc")), _answers("abb"), LABELS, _pictures([*"abc"], labelled=2)
    )
    assert (found.pictures, found.first, found.second) == (2, 1.0, 1.0)


def test_without_truth_nothing_is_scored():
    answers = _answers("abc")
    assert score_both(_reference(answers), answers, LABELS, _pictures([*"abc"], 0)) is None


def test_several_labels_are_scored_by_mean_average_precision():
    card = replace(CARD, task="multi-label")
    truth = _pictures(["a|b", "b", "c", "a|c"])
    right = Answers(*[np.array([[2, 1, -1], [-1, 2, -1], [-2, -1, 2], [1, -2, 1.0]])] * 2)
    worse = replace(right, logits=right.logits * [[-1, 1, 1]])
    found = score_both(_reference(right, card), worse, LABELS, truth)
    assert found.metric == "mean average precision"
    assert found.first == pytest.approx(1)
    assert found.second < 0.9
