"""The card refuses to exist with contents that contradict themselves."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from tlx.errors import CardError, ModelFileError, TlxError
from tlx.inference.card import ModelCard
from tlx.inference.preprocessing import Preprocessing

NAN = float("nan")


def with_rule(card: ModelCard, **changes: Any) -> ModelCard:
    return replace(card, preprocessing=replace(card.preprocessing, **changes))


def test_a_card_by_itself_is_single_label_and_uncalibrated(card: ModelCard):
    assert card.task == "single-label"
    assert card.temperature == 1.0
    assert card.thresholds is None
    assert card.unknown_threshold is None
    assert card.results == ()
    assert card.verification is None
    assert card.schema == 2


def test_a_card_cannot_be_changed(card: ModelCard):
    with pytest.raises(FrozenInstanceError):
        card.temperature = 2.0  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"labels": ()}, "0 labels"),
        ({"labels": ("cat",)}, "1 label,"),
        ({"labels": ("cat", "dog", "cat")}, "labels are not unique"),
        ({"labels": ("cat", "")}, "labels is empty"),
        ({"task": "segmentation"}, "task 'segmentation'"),
        ({"temperature": 0.0}, "temperature 0.0"),
        ({"temperature": -1.0}, "temperature -1.0"),
        ({"temperature": NAN}, "temperature nan"),
        ({"thresholds": (0.5,)}, "threshold"),
        ({"thresholds": ()}, "threshold"),
        ({"thresholds": (0.5, 1.5, 0.5)}, "not all in 0..1"),
        ({"thresholds": (0.5, -0.1, 0.5)}, "not all in 0..1"),
        ({"thresholds": (0.5, NAN, 0.5)}, "not all in 0..1"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(
    card: ModelCard, changes: dict[str, Any], named: str
):
    with pytest.raises(CardError, match=named):
        replace(card, **changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"crop": 0}, "crop 0"),
        ({"crop": -32}, "crop -32"),
        ({"crop": 64}, "crop 64 of resize 36"),
        ({"exif": "ignore"}, "EXIF rule 'ignore'"),
        ({"colour": "BGR"}, "colour order 'BGR'"),
        ({"decode": "tlx-9"}, "decode rule 'tlx-9'"),
        ({"resize_filter": "nearest"}, "resize filter 'nearest'"),
        ({"std": (1.0, 0.0, 1.0)}, "std"),
        ({"std": (1.0, NAN, 1.0)}, "std"),
    ],
)
def test_a_card_with_a_preprocessing_that_is_not_ours_is_refused(
    card: ModelCard, changes: dict[str, Any], named: str
):
    with pytest.raises(CardError, match=named):
        with_rule(card, **changes)


def test_a_crop_may_be_as_large_as_the_resized_side(card: ModelCard):
    assert with_rule(card, crop=36).preprocessing == Preprocessing(36, 36)


def test_one_threshold_a_label_is_accepted(card: ModelCard):
    several = replace(card, task="multi-label", thresholds=(0.5, 0.25, 0.75))
    assert several.thresholds == (0.5, 0.25, 0.75)


def test_what_decides_are_the_thresholds_one_half_or_for_a_single_label_nothing(card: ModelCard):
    assert card.decision_thresholds is None
    several = replace(card, task="multi-label")
    assert several.decision_thresholds == (0.5, 0.5, 0.5)
    tuned = replace(several, thresholds=(0.5, 0.0, 1.0))
    assert tuned.decision_thresholds == (0.5, 0.0, 1.0)


def test_a_wrong_card_is_also_a_wrong_model_file(card: ModelCard):
    with pytest.raises(ModelFileError) as caught:
        replace(card, labels=())
    assert isinstance(caught.value, TlxError)
    assert "\n" not in str(caught.value)
