"""What a file said of each unknown picture, as a CSV (docs/json.md)."""

from itertools import chain
from pathlib import Path

from ..inference.spreadsheet import flag_cell, write_rows
from .unknown_report import AskedPicture, UnknownReport

COLUMNS = ("path", "unknown_score", "unknown", "nearest", "probability", "error")


def write_unknown_pictures(report: UnknownReport, path: Path) -> None:
    """Write a row for each unknown picture, in the order given; an unreadable one has its error."""
    write_rows(path, chain([COLUMNS], map(_cells, report.pictures)))


def _cells(row: AskedPicture) -> tuple[object, ...]:
    return row.path, row.score, flag_cell(row.unknown), row.nearest, row.probability, row.error
