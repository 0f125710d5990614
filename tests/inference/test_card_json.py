"""Cards as JSON: the same card comes back, and whatever is not a card is named and refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tlx.errors import CardError
from tlx.inference.card import (
    SCHEMA,
    MeasuredResult,
    ModelCard,
    Provenance,
    Quantization,
    VerificationSummary,
)
from tlx.inference.card_json import card_from_json, card_to_json
from tlx.inference.preprocessing import Preprocessing

STORED = Path(__file__).parent / "cards"

SCHEMA_1 = ModelCard(
    labels=("Hose", "T-Shirt, weiß", "帽子"),
    preprocessing=Preprocessing(256, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    provenance=Provenance(
        tlx="0.1.0",
        torch="2.14.1",
        architecture="resnet50",
        weights="imagenet-v2",
        weights_sha256="11ad3fa62fe1bc1ad85bd0c1dcd9ee9c1a3c8f8c3a3a2bb1b5d1b0ea8f1b1e0f",
        freeze="layer2",
        data_fingerprint="8c1f2b1fbd1f3f6c9b0e4f6f0a7d1c2e5b4a39281706f5e4d3c2b1a09f8e7d6c",
        date="2026-11-23",
        seed=7,
    ),
    task="multi-label",
    temperature=1.25,
    thresholds=(0.5, 0.25, 0.75),
    unknown_threshold=12.5,
    results=(
        MeasuredResult("accuracy", 0.9375, (0.875, 0.96875), "validation", 160, True),
        MeasuredResult("loss", 0.25, None, "test", 80, False),
    ),
    verification=VerificationSummary(64, 1e-6, 1.0, 1e-4, 5e-7),
)
QUANTIZED = Quantization(
    kind="int8",
    recipe="per-channel, uint8 x int8, min-max",
    calibration_pictures=256,
    pictures=341,
    metric="mean average precision",
    drop=0.0029,
    drop_interval=(-0.0058, 0.0117),
    max_drop=0.005,
    agreement=0.9912,
    speedup=3.5,
    measured_on="x86_64 with AVX512-VNNI",
)
SCORED = VerificationSummary(
    pictures=64,
    max_probability_difference=1e-6,
    agreement=1.0,
    limit=None,
    eager_distance=5e-7,
    source="sample",
    metric="accuracy",
    score=0.75,
    checkpoint_score=0.5,
    score_interval=(0.125, 0.375),
)
FULL = replace(SCHEMA_1, input="float-nchw", quantization=QUANTIZED, verification=SCORED)


def changed(change: Callable[[Any], object]) -> str:
    content = json.loads(card_to_json(FULL))
    change(content)
    return json.dumps(content)


def with_value(path: tuple[str | int, ...], value: object) -> str:
    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return changed(change)


def test_a_full_card_comes_back_as_it_was():
    assert card_from_json(card_to_json(FULL)) == FULL


def test_a_card_with_nothing_but_what_it_needs_comes_back_as_it_was(card: ModelCard):
    assert card_from_json(card_to_json(card)) == card


def test_equal_cards_give_equal_text():
    assert card_to_json(replace(FULL)) == card_to_json(FULL)


def test_labels_in_any_script_stay_readable_in_the_text():
    assert '"T-Shirt, weiß"' in card_to_json(FULL)
    assert '"帽子"' in card_to_json(FULL)


def test_every_schema_ever_released_has_a_stored_card():
    names = sorted(path.name for path in STORED.iterdir())
    assert names == [f"schema-{number}.json" for number in range(1, SCHEMA + 1)]


def test_the_stored_card_of_schema_1_stays_readable():
    assert card_from_json((STORED / "schema-1.json").read_text(encoding="utf-8")) == SCHEMA_1


def test_the_stored_card_of_schema_2_stays_readable():
    assert card_from_json((STORED / "schema-2.json").read_text(encoding="utf-8")) == FULL


def test_an_earlier_card_is_written_again_as_one_of_the_latest_schema():
    read = card_from_json((STORED / "schema-1.json").read_text(encoding="utf-8"))
    assert json.loads(card_to_json(read))["schema"] == SCHEMA


def test_the_text_of_a_card_is_the_stored_one():
    assert card_to_json(FULL) + "\n" == (STORED / "schema-2.json").read_text(encoding="utf-8")


def test_fields_with_a_default_may_be_missing():
    def only_the_needed(content: Any) -> None:
        for name in ("task", "temperature", "thresholds", "unknown_threshold", "results"):
            del content[name]

    read = card_from_json(changed(only_the_needed))
    assert (read.task, read.temperature, read.results) == ("single-label", 1.0, ())


@pytest.mark.parametrize("text", ["", "{", "labels: [a, b]", "\x00", "[" * 100_000])
def test_what_is_not_json_is_refused(text: str):
    with pytest.raises(CardError, match="not JSON"):
        card_from_json(text)


@pytest.mark.parametrize("text", ["{}", "[]", "null", "1", '"card"', '{"labels": ["a", "b"]}'])
def test_json_without_a_schema_number_is_no_card_of_ours(text: str):
    with pytest.raises(CardError, match="no schema number"):
        card_from_json(text)


@pytest.mark.parametrize("schema", [0, 3, 99, "1", None, [1], 1.5])
def test_an_unknown_schema_is_refused_before_anything_else_is_read(schema: object):
    text = json.dumps({"schema": schema, "anything": "goes"})
    with pytest.raises(CardError, match=r"has schema .*, this tlx reads 1 to 2"):
        card_from_json(text)


@pytest.mark.parametrize("schema", [True, 1.0])
def test_a_schema_that_only_looks_like_1_is_refused(schema: object):
    with pytest.raises(CardError, match=r"has schema .*, this tlx reads 1 to 2"):
        card_from_json(with_value(("schema",), schema))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_know_is_refused(number: str):
    text = card_to_json(FULL).replace("1.25", number)
    with pytest.raises(CardError, match=f"{number} is no number of JSON"):
        card_from_json(text)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400])
def test_a_number_too_large_for_a_float_is_refused_by_name(number: str):
    text = card_to_json(FULL).replace("1.25", number)
    with pytest.raises(CardError, match=r"card\.temperature is beyond"):
        card_from_json(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_card_with_a_number_that_is_none_cannot_be_written(value: float):
    with pytest.raises(CardError, match="cannot be written"):
        card_to_json(replace(FULL, unknown_threshold=value))


def test_a_whole_number_stands_for_a_float():
    assert card_from_json(with_value(("temperature",), 2)).temperature == 2.0
    assert type(card_from_json(with_value(("temperature",), 2)).temperature) is float


@pytest.mark.parametrize(
    ("within", "name"),
    [
        ((), "labels"),
        ((), "preprocessing"),
        ((), "provenance"),
        (("preprocessing",), "crop"),
        (("preprocessing",), "resize_side"),
        (("provenance",), "weights_sha256"),
        (("provenance",), "seed"),
        (("results", 0), "split"),
        (("verification",), "limit"),
    ],
)
def test_a_missing_field_is_named(within: tuple[str | int, ...], name: str):
    def remove(content: Any) -> None:
        for step in within:
            content = content[step]
        del content[name]

    where = "".join(f"[{step}]" if type(step) is int else f".{step}" for step in within)
    with pytest.raises(CardError) as caught:
        card_from_json(changed(remove))
    assert str(caught.value) == f"card{where} has no field {name!r}"


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("author",), "card"),
        (("preprocessing", "rotate"), "card.preprocessing"),
        (("provenance", "host"), "card.provenance"),
        (("results", 1, "note"), r"card.results\[1\]"),
    ],
)
def test_an_unknown_field_is_named(path: tuple[str | int, ...], where: str):
    with pytest.raises(CardError, match=f"{where} has an unknown field '{path[-1]}'"):
        card_from_json(with_value(path, "x"))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("labels",), "a", "card.labels should be a list, not str"),
        (("labels",), {"a": 1}, "card.labels should be a list, not dict"),
        (("labels",), None, "card.labels should be a list, not NoneType"),
        (("labels", 1), 5, "card.labels[1] should be str, not int"),
        (("preprocessing",), [], "card.preprocessing should be an object, not list"),
        (("preprocessing", "crop"), "224", "card.preprocessing.crop should be int, not str"),
        (("preprocessing", "crop"), 224.0, "card.preprocessing.crop should be int, not float"),
        (("preprocessing", "crop"), True, "card.preprocessing.crop should be int, not bool"),
        (("preprocessing", "mean"), [0.5], "card.preprocessing.mean should have 3 values, not 1"),
        (
            ("preprocessing", "std", 2),
            "0.2",
            "card.preprocessing.std[2] should be float, not str",
        ),
        (("provenance", "seed"), None, "card.provenance.seed should be int, not NoneType"),
        (
            ("provenance", "weights_sha256"),
            7,
            "card.provenance.weights_sha256 should be str, not int",
        ),
        (("temperature",), True, "card.temperature should be float, not bool"),
        (("thresholds", 0), None, "card.thresholds[0] should be float, not NoneType"),
        (("unknown_threshold",), "1", "card.unknown_threshold should be float, not str"),
        (("results",), {}, "card.results should be a list, not dict"),
        (("results", 0), 0.9, "card.results[0] should be an object, not float"),
        (
            ("results", 0, "interval"),
            [0.1, 0.2, 0.3],
            "card.results[0].interval should have 2 values, not 3",
        ),
        (
            ("results", 0, "used_for_selection"),
            1,
            "card.results[0].used_for_selection should be bool, not int",
        ),
        (("verification",), False, "card.verification should be an object, not bool"),
    ],
)
def test_a_value_of_another_type_is_named(path: tuple[str | int, ...], value: object, said: str):
    with pytest.raises(CardError) as caught:
        card_from_json(with_value(path, value))
    assert str(caught.value) == said


def test_a_well_formed_card_that_contradicts_itself_is_refused():
    with pytest.raises(CardError, match="labels are not unique"):
        card_from_json(with_value(("labels",), ["a", "b", "a"]))
