"""report.json fits its schema, and predictions.csv has a row for each picture."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tlx.evaluation.multi_label_report import MultiLabelReport, score_multi_label
from tlx.evaluation.report import Report, score
from tlx.evaluation.report_json import report_json, report_schema, write_predictions
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.sample import Sample

KEYWORDS = {
    "type", "anyOf", "items", "properties", "additionalProperties", "if", "then", "else", "$ref",
}  # fmt: skip
LABELS = ("ant", "bee", "cow")
ADDED = {
    "model_sha256": "0" * 64, "data": "pictures", "date": "2026-01-01", "tlx": "0",
    "split": None, "notes": ["a note"],
}  # fmt: skip
"""What the command adds to a report."""
TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "number": (int, float), "integer": int,
}  # fmt: skip


def problems(value: object, schema: dict, root: dict, at: str = "$") -> list[str]:
    """List what in a value does not fit; knows the keywords that the report's schema uses."""
    if "$ref" in schema:
        return problems(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, at)
    kind = schema.get("type")
    wrong_bool = isinstance(value, bool) and kind != "boolean"
    if kind and (wrong_bool or not isinstance(value, TYPES[kind])):
        return [f"{at} is no {kind}: {value!r}"]
    found = simple_problems(value, schema, at)
    if "anyOf" in schema and all(problems(value, one, root, at) for one in schema["anyOf"]):
        found.append(f"{at} fits none: {value!r}")
    for name, item, one in parts(value, schema):
        found += problems(item, one, root, f"{at}.{name}")
    if "if" in schema:
        branch = "else" if problems(value, schema["if"], root, at) else "then"
        found += problems(value, schema[branch], root, at)
    return found


def simple_problems(value: object, schema: dict, at: str) -> list[str]:
    checks = {
        "const": lambda wanted: value == wanted,
        "enum": lambda wanted: value in wanted,
        "minimum": lambda least: value >= least,
        "maximum": lambda most: value <= most,
        "minItems": lambda least: len(value) >= least,
        "maxItems": lambda most: len(value) <= most,
        "required": lambda names: set(names) <= set(value),
    }
    known = {*checks, *KEYWORDS}
    assert set(schema) <= known | {"$schema", "$defs", "title"}
    return [
        f"{at}: {name} is {schema[name]}, not fit by {value!r}"
        for name, fits in checks.items()
        if name in schema and not fits(schema[name])
    ]


def parts(value: object, schema: dict) -> Iterator[tuple[object, object, dict]]:
    if isinstance(value, list):
        yield from ((index, item, schema.get("items", {})) for index, item in enumerate(value))
    if isinstance(value, dict):
        named, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        yield from ((name, item, named.get(name, others)) for name, item in value.items())


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def single_label(rows: int) -> Report:
    chance = np.random.default_rng(0)
    logits = chance.normal(size=(rows, 3)).astype(np.float32)
    powers = np.exp(logits)
    samples = [
        Sample(Path(f"ü/{LABELS[row % 3]}/{row},.jpg"), LABELS[row % 3]) for row in range(rows)
    ]
    answers = zip(samples, logits, powers / powers.sum(axis=1, keepdims=True), strict=True)
    outcomes = [Outcome(str(s.path), Prediction(LABELS, a, b), None) for s, a, b in answers]
    bad = Sample(Path("bad.jpg"), "ant")
    return score("m", LABELS, [*samples, bad], [*outcomes, Outcome("bad.jpg", None, "empty")], 1.0)


def multi_label(rows: int) -> MultiLabelReport:
    chance = np.random.default_rng(0)
    logits = chance.normal(size=(rows, 3)).astype(np.float32)
    truths = ("ant|cow", "", "cow", "ant")
    samples = [Sample(Path(f"{row}.jpg"), truths[row % 4]) for row in range(rows)]
    half = (0.5,) * 3
    outcomes = [
        Outcome(str(s.path), Prediction(LABELS, one, 1 / (1 + np.exp(-one)), half), None)
        for s, one in zip(samples, logits, strict=True)
    ]
    return score_multi_label("m", LABELS, half, samples, outcomes, 1.0)


@pytest.mark.parametrize("rows", [1, 3, 50])
@pytest.mark.parametrize("make", [single_label, multi_label])
def test_a_report_fits_the_schema_that_is_shipped(make, rows: int):
    content = json.loads(json.dumps({**report_json(make(rows)), **ADDED}, allow_nan=False))
    schema = report_schema()
    assert problems(content, schema, schema) == []
    assert "rows" not in content
    known = {*schema["properties"], *schema["then"]["properties"], *schema["else"]["properties"]}
    assert set(content) <= known, "a key that the schema does not name"


@pytest.mark.parametrize("make", [single_label, multi_label])
def test_the_schema_refuses_what_is_no_report(make):
    schema = report_schema()
    content = json.loads(json.dumps({**report_json(make(9)), **ADDED}))
    for name in content:
        assert problems({key: content[key] for key in content if key != name}, schema, schema), name
    for name, value in (("loss", None), ("schema", 2), ("macro", {}), ("brier_score", "0.1")):
        assert problems({**content, name: value}, schema, schema), name


def test_the_rows_stand_in_a_csv(tmp_path):
    report = single_label(9)
    write_predictions(report, tmp_path / "p.csv")
    rows = read_csv(tmp_path / "p.csv")
    assert [row["path"] for row in rows] == [str(one.path) for one in report.rows]
    for row, one in zip(rows, report.rows, strict=True):
        assert (row["truth"], row["predicted"]) == (one.truth, one.predicted)
        assert float(row["probability"]) == one.probability >= float(row["truth_probability"])
    assert sum(int(row["correct"]) for row in rows) / 9 == report.accuracy


def test_the_rows_of_several_labels_stand_in_a_csv(tmp_path):
    report = multi_label(8)
    write_predictions(report, tmp_path / "p.csv")
    rows = read_csv(tmp_path / "p.csv")
    assert [row["truth"] for row in rows[:4]] == ["ant|cow", "", "cow", "ant"]
    assert sum(int(row["correct"]) for row in rows) / 8 == report.exact_match
    for row, one in zip(rows, report.rows, strict=True):
        missed_or_added = (row["label"] in one.truth) != (row["label"] in one.predicted)
        assert missed_or_added != one.correct
