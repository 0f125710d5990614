"""Cells of CSV files that people open in a spreadsheet."""

import csv
from collections.abc import Iterable
from pathlib import Path

from .whole_file import replacing

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
"""Of a formula, as spreadsheets see it: https://owasp.org/www-community/attacks/CSV_Injection."""


def plain_cells(cells: Iterable[object]) -> tuple[object, ...]:
    """Put an apostrophe before texts that a spreadsheet would compute, or run; numbers stay."""
    return tuple(
        f"'{cell}" if isinstance(cell, str) and cell.startswith(_BEGINNINGS) else cell
        for cell in cells
    )


def write_rows(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV, whole or not at all; names of files that are not UTF-8 keep their bytes."""
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        csv.writer(file).writerows(map(plain_cells, rows))


def flag_cell(flag: bool | None) -> str:
    """Write true, false, or nothing where it is not known."""
    return "" if flag is None else str(flag).lower()
