"""What a file said of each unknown picture, as a CSV (docs/json.md)."""

import csv
from pathlib import Path

from ..inference.spreadsheet import plain_cells
from ..inference.whole_file import replacing
from .unknown_report import AskedPicture, UnknownReport

COLUMNS = ("path", "unknown_score", "unknown", "nearest", "probability", "error")


def write_unknown_pictures(report: UnknownReport, path: Path) -> None:
    """Write a row for each unknown picture, in the order given; an unreadable one has its error."""
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows(plain_cells(_cells(row)) for row in report.pictures)


def _cells(row: AskedPicture) -> tuple[object, ...]:
    unknown = "" if row.unknown is None else str(row.unknown).lower()
    return row.path, row.score, unknown, row.nearest, row.probability, row.error
