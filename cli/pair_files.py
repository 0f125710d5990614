"""The files of two compared model files: comparison.json and differences.csv."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..inference.spreadsheet import write_rows
from ..inference.whole_file import replacing

RECORD, TABLE = "comparison.json", "differences.csv"
_OURS = {
    ".json": re.compile(r'{\s*"task": "[a-z-]+",\s*"models": \['),
    ".csv": re.compile("path,truth,first,"),
}
"""How a file of such an ending begins, if it was written here."""
_BEGINNING = 1024
"""Characters that are read of a file which may be anybody's, and of any size."""


def is_ours(path: Path) -> bool:
    """Tell whether a file was written here, by its beginning; no for none."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return _OURS[path.suffix].match(file.read(_BEGINNING)) is not None


def write_record(path: Path, content: Mapping[str, object]) -> None:
    """Write the object of `tlx eval A B --json`."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_table(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write the pictures on which the two differ, a row each."""
    write_rows(path, rows)
