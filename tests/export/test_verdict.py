"""What a verification that failed is said to be due to."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tlx.errors import VerificationError
from tlx.evaluation.paired import PairedDifference
from tlx.export.answers import Answers
from tlx.export.comparison import FP16, INT8, compare, limits_of
from tlx.export.reference import Reference
from tlx.export.verdict import require_passed
from tlx.export.verification import ConditionResult, Verification
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
CARD = ModelCard(("a", "b"), Preprocessing(37, 32), PROVENANCE)
LOGITS = np.array([[2.0, 0.5], [0.1, 3.0]])
ANSWERS = Answers(LOGITS, np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True))
REFERENCE = Reference(CARD, None, (), ANSWERS, 1e-7)  # type: ignore[arg-type]
DROP = PairedDifference("accuracy", 100, 0.9, 0.7, (0.1, 0.3), 20, 0)
SLOW = ConditionResult("CPU, 1 thread, batches of 8", 9, 0.3, False)


def _verification(kind: str, answers: Answers = ANSWERS, **changes: object) -> Verification:
    found = compare(REFERENCE, answers, CARD.labels, limits_of(REFERENCE, kind))
    usual = Verification(answers, found, Path("x.jpg"), (), None, "folder", quantized=True)
    return replace(usual, max_drop=0.005, **changes)


def _told(kind: str, verification: Verification) -> str:
    file = SimpleNamespace(card=SimpleNamespace(quantization=SimpleNamespace(kind=kind)))
    with pytest.raises(VerificationError) as caught:
        require_passed(verification, REFERENCE, file, f"model.{kind}.onnx")  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(("kind", "calibrated"), [("fp16", False), ("int8", True)])
def test_only_a_loss_of_accuracy_alone_is_due_to_quantization(kind, calibrated):
    text = _told(kind, _verification(kind, scores=DROP))
    assert f"model.{kind}.onnx lost too much by quantization (accuracy drops by 20.00" in text
    assert f"export {kind} with" in text
    assert ("--calibration" in text) == calibrated


@pytest.mark.parametrize("scores", [None, DROP])
def test_a_condition_that_fails_is_named_with_or_without_a_loss(scores):
    text = _told("fp16", _verification("fp16", scores=scores, conditions=(SLOW,)))
    assert "it depends on how it is asked: CPU, 1 thread, batches of 8" in text
    assert "quantization" not in text


def test_an_fp16_file_is_held_to_its_numbers_and_an_int8_file_to_their_mean():
    off = replace(ANSWERS, probabilities=ANSWERS.probabilities + 0.04)
    assert not _verification("fp16", off).passed
    assert _verification("int8", off).passed
    far = replace(ANSWERS, probabilities=ANSWERS.probabilities + 1.2 * INT8.mean)
    (failure,) = _verification("int8", far).failures
    assert failure.startswith("mean difference in probability")
    near = replace(ANSWERS, probabilities=ANSWERS.probabilities + 0.9 * FP16.probability)
    assert _verification("fp16", near).passed


def test_where_float32_itself_is_far_off_an_fp16_file_may_be_further():
    unsteady = replace(REFERENCE, eager_distance=1e-5, eager_relative=1e-5)
    assert limits_of(unsteady, "fp16").probability == pytest.approx(0.041, abs=1e-3)
    assert limits_of(REFERENCE, "fp16") == FP16
