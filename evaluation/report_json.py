"""A report as the documented JSON (docs/json.md), and its pictures as a CSV."""

import json
from dataclasses import asdict, replace
from functools import cache
from itertools import chain
from pathlib import Path

from ..inference.label_text import joined
from ..inference.spreadsheet import flag_cell, write_rows
from .multi_label_report import MultiLabelReport
from .report import Report
from .scored_picture import ScoredLabels, ScoredPicture

SCHEMA = 1
"""Raised when a key changes its meaning or goes; added keys do not raise it."""
HEADERS = {
    "single-label": (
        *("path", "truth", "predicted", "probability", "truth_probability", "correct"),
        *("unknown", "unknown_score"),
    ),
    "multi-label": ("path", "truth", "predicted", "label", "probability", "correct"),
}
"""Columns of predictions.csv, by task."""


def report_json(report: Report | MultiLabelReport) -> dict[str, object]:
    """Give the documented JSON of a report; it holds no NaN."""
    task = "single-label" if isinstance(report, Report) else "multi-label"
    if isinstance(report, Report):  # asdict would copy a million counts of a thousand labels
        content = asdict(replace(report, rows=(), confusion=()))
        content["confusion"] = report.confusion
    else:
        content = asdict(replace(report, rows=()))
    del content["rows"]
    content["unreadable"] = [
        {"path": str(row.path), "error": row.reason} for row in report.unreadable
    ]
    return {"schema": SCHEMA, "task": task, **content, "error": None}


@cache
def report_schema() -> dict[str, object]:
    """Read the JSON Schema (draft 2020-12) that every report.json fits."""
    path = Path(__file__).with_name("report.schema.json")
    return json.loads(path.read_text(encoding="utf-8"))


def write_predictions(report: Report | MultiLabelReport, path: Path) -> None:
    """Write predictions.csv: a row for each picture that was scored, in the order given."""
    header = HEADERS["single-label" if isinstance(report, Report) else "multi-label"]
    write_rows(path, chain([header], map(_cells, report.rows)))


def _cells(row: ScoredPicture | ScoredLabels) -> tuple[object, ...]:
    correct = int(row.correct)
    if isinstance(row, ScoredPicture):
        values = (row.truth, row.predicted, row.probability, row.truth_probability)
        return row.path, *values, correct, flag_cell(row.unknown), row.unknown_score
    said = joined(row.truth), joined(row.predicted)
    return row.path, *said, row.label, row.probability, correct
