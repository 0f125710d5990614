"""A report as the documented JSON (docs/json.md), and its pictures as a CSV."""

import csv
import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from ..inference.spreadsheet import plain_cells
from ..inference.whole_file import replacing
from ..samples.sample import SEPARATOR
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
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(header)
        rows.writerows(plain_cells(_cells(row)) for row in report.rows)


def _cells(row: ScoredPicture | ScoredLabels) -> tuple[object, ...]:
    correct = int(row.correct)
    if isinstance(row, ScoredPicture):
        values = (row.truth, row.predicted, row.probability, row.truth_probability)
        unknown = "" if row.unknown is None else str(row.unknown).lower()
        return row.path, *values, correct, unknown, row.unknown_score
    # sorted, as in a CSV of truth: the same labels make the same cell
    said = (SEPARATOR.join(sorted(labels)) for labels in (row.truth, row.predicted))
    return row.path, *said, row.label, row.probability, correct
