"""The files of two compared model files: comparison.json and differences.csv."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..inference.spreadsheet import plain_cells
from ..inference.whole_file import replacing
from ..samples.table import ERRORS

RECORD, TABLE = "comparison.json", "differences.csv"
_OURS = {".json": '"disagreements"', ".csv": "path,truth,first,"}
"""What a file of such an ending holds, if it was written here."""


def is_ours(path: Path) -> bool:
    """Tell whether a file was written here, by its content; no for none."""
    content = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return _OURS[path.suffix] in content


def write_record(path: Path, content: Mapping[str, object]) -> None:
    """Write the object of `tlx eval A B --json`."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_table(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write the pictures on which the two differ, a row each."""
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=ERRORS, newline="") as file,
    ):
        csv.writer(file).writerows(map(plain_cells, rows))
