"""The first stage that differs, and what usually causes it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlx.export.answers import STAGES
from tlx.export.causes import (
    decoding_cause,
    labels_cause,
    logits_cause,
    normalisation_cause,
    resize_cause,
)
from tlx.export.diagnosis import Diagnosis, compare_cards, diagnose
from tlx.export.onnx_opened import OnnxFile
from tlx.export.reference import Reference, compute_reference, prepared_pixels
from tlx.export.torch_opened import TorchScriptFile
from tlx.inference.card import ModelCard, Provenance, VerificationSummary
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing
from tlx.training.checkpoint import load_checkpoint

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
RULE = Preprocessing(37, 32)
CARD = ModelCard(("a", "b", "c"), RULE, PROVENANCE)


@pytest.fixture(scope="module")
def reference(model_file, split_folder) -> Reference:
    paths = sorted((split_folder / "val").glob("*/000.jpg"))
    return finish(compute_reference(load_checkpoint(model_file.parent / "best.pt"), paths))


@pytest.mark.parametrize("kind", [OnnxFile, TorchScriptFile])
def test_a_healthy_file_differs_at_no_stage(reference, model_file, kind):
    file = kind(model_file if kind is OnnxFile else model_file.with_name("model.ts"))
    found = diagnose(reference, file, 1)
    assert "influence each other" in found.cause


@pytest.mark.parametrize("kind", [OnnxFile, TorchScriptFile])
def test_a_stage_that_differs_is_the_one_that_is_named(reference, model_file, kind):
    file = kind(model_file if kind is OnnxFile else model_file.with_name("model.ts"))

    healthy: dict[str, np.ndarray] = {}

    class Faulty:
        card = file.card

        def __init__(self, stage: str) -> None:
            self.stage = stage

        def stages(self, images, blocks):
            healthy.update(healthy or file.stages(images, blocks))
            later = STAGES[STAGES.index(self.stage) :]  # a fault carries on to the end
            return {n: value * (1.001 if n in later else 1) for n, value in healthy.items()}

    stages = STAGES[3:-1]  # this file has no score for unknown pictures
    assert tuple(diagnose(reference, Faulty(stage), 0).stage for stage in stages) == stages


def test_a_graph_of_another_structure_still_gets_a_diagnosis(reference, model_file):
    file = OnnxFile(model_file)
    found = file.stages(np.zeros((2, 32, 32, 3), np.uint8), [3, 4, 6, 3])
    assert list(found)[:2] == ["normalisation", "stem"]
    assert not any(stage.startswith("layer") for stage in found)
    assert diagnose(reference, file, 0).stage == "probabilities"


def test_equal_cards_have_nothing_to_tell():
    assert compare_cards(CARD, CARD) is None


def test_a_verification_in_the_card_is_no_difference():
    verified = replace(CARD, verification=VerificationSummary(3, 1e-7, 1.0, 1e-4, 1e-8))
    assert compare_cards(verified, CARD) is None


@pytest.mark.parametrize(
    ("card", "cause"),
    [
        (replace(CARD, labels=("b", "a", "c")), "its labels have changed places: 'a', 'b'"),
        (replace(CARD, labels=("a", "b", "d")), "its labels are not the checkpoint's: 'c', 'd'"),
        (replace(CARD, temperature=2.0), "its temperature is 2.0"),
        (replace(CARD, task="multi-label"), "its task is multi-label"),
        (replace(CARD, thresholds=(0.5, 0.5, 0.5)), "the checkpoint has none"),
        (replace(CARD, unknown_threshold=1.0), "its unknown_threshold is 1.0"),
        (replace(CARD, preprocessing=Preprocessing(38, 32)), "preprocessing has resize_side 38"),
        (
            replace(CARD, preprocessing=Preprocessing(37, 32, mean=(0.5, 0.5, 0.5))),
            "preprocessing has mean (0.5, 0.5, 0.5)",
        ),
        (replace(CARD, provenance=replace(PROVENANCE, seed=5)), "its provenance has seed 5, not 0"),
    ],
)
def test_a_card_that_differs_is_the_first_stage(card, cause):
    found = compare_cards(card, CARD)
    assert isinstance(found, Diagnosis)
    assert found.stage == "card"
    assert cause in found.cause


def test_labels_of_another_set_are_told_from_labels_in_another_order():
    assert labels_cause(("a", "x"), ("a", "b")) == "its labels are not the checkpoint's: 'b', 'x'"
    assert labels_cause(("b", "a"), ("a", "b")) == "its labels have changed places: 'a', 'b'"


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mirror", [1, -1])
def test_a_picture_that_is_turned_or_mirrored_points_to_exif(turns, mirror):
    expected = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    found = np.rot90(expected[:, ::mirror], turns)
    assert "EXIF orientation is not applied" in decoding_cause(found, expected)
    assert "is not applied" not in decoding_cause(found // 2, expected)


def _shifted(path: Path, down: int, right: int) -> np.ndarray:
    resized = Image.open(path).resize((44, 37), Image.Resampling.BILINEAR)
    left, top = 6 + right, 2 + down
    return np.array(resized.crop((left, top, left + 32, top + 32)))


@pytest.mark.parametrize(("down", "right"), [(1, 0), (-2, 0), (0, 2), (1, -1), (2, 2)])
def test_a_shifted_crop_is_told_with_its_direction(split_folder, down, right):
    path = split_folder / "val" / "red" / "000.jpg"
    assert (_shifted(path, 0, 0) == prepared_pixels(path, RULE)).all()
    found = resize_cause(_shifted(path, down, right), path, RULE)
    assert found == f"the crop is shifted by {down} pixels down and {right} to the right"


def _normalised(pixels: np.ndarray, rule: Preprocessing) -> np.ndarray:
    return ((pixels / 255 - rule.mean) / rule.std).transpose(2, 0, 1)


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def test_another_mean_and_deviation_are_told_in_numbers(pixels):
    used = Preprocessing(37, 32, mean=(0.5, 0.5, 0.25), std=(0.5, 0.2, 0.25))
    text = normalisation_cause(_normalised(pixels, used), pixels, RULE)
    assert "mean [0.5, 0.5, 0.25] and std [0.5, 0.2, 0.25], not [0.485" in text


def test_reversed_channels_are_told(pixels):
    text = normalisation_cause(_normalised(pixels[..., ::-1], RULE), pixels, RULE)
    assert text == "the channels are in BGR order"


def test_a_picture_of_one_colour_proves_no_cause(pixels):
    flat = np.full_like(pixels, (200, 50, 40))
    text = normalisation_cause(_normalised(flat[..., ::-1], RULE), flat, RULE)
    assert text == "mean, std or the order of channels or axes differs"


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        ([3.0, 1.0, -2.0], "outputs have changed places: 'a', 'b'"),
        ([3.0, -2.0, 1.0], "outputs have changed places: 'a', 'b', 'c'"),
        ([0.5, 1.5, -1.0], "they are 0.5 times too large"),
        ([1.0, 3.1, -2.0], "the head's weights or bias are not the checkpoint's"),
        ([np.nan, 3.0, -2.0], "the head's weights or bias are not the checkpoint's"),
    ],
)
def test_logits_tell_what_happened_to_the_head(found, cause):
    expected = np.array([1.0, 3.0, -2.0])
    assert cause in logits_cause(np.array(found), expected, ("a", "b", "c"))


@pytest.mark.parametrize(
    ("thresholds", "cause"),
    [
        ((0.5, 0.41, 0.3), "its threshold of 'b' is 0.41, the checkpoint's 0.4"),
        ((0.4, 0.5, 0.3), "its threshold of 'a' is 0.4, the checkpoint's 0.5"),
        (None, "its thresholds are not the checkpoint's: its card has none"),
    ],
)
def test_a_card_with_another_threshold_names_its_label(thresholds, cause):
    expected = replace(CARD, task="multi-label", thresholds=(0.5, 0.4, 0.3))
    found = compare_cards(replace(expected, thresholds=thresholds), expected)
    assert found == Diagnosis("card", cause)
    assert compare_cards(expected, expected) is None
