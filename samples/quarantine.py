"""The quarantine list: which files to look at and set aside. Nothing is moved by it."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..inference.spreadsheet import plain_cells
from ..inference.whole_file import replacing
from .findings import Finding
from .picture_names import relative_name
from .table import ERRORS

HEADER = ("file", "kind", "detail")

_ALL = ("label-conflict", "empty-file", "unreadable", "truncated", "blank")
"""Kinds whose every file is listed: no truth or no picture is known."""
_LATER = ("duplicate", "near-duplicate")
"""Kinds of which the first file stays."""


def write_quarantine(path: Path, findings: Iterable[Finding], root: Path) -> int:
    """Write the list as a CSV: file (relative to the data folder), kind, detail.

    Of a leak the training picture is listed, so that the others' scores stay comparable.

    Returns:
        How many files are listed, each once, under its worst finding.
    """
    rows: dict[str, tuple[str, str, str]] = {}
    for finding in findings:
        for file in _to_set_aside(finding):
            name = relative_name(file, root)
            rows.setdefault(name, (name, finding.kind, finding.detail))
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=ERRORS, newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(plain_cells(rows[name]) for name in sorted(rows))
    return len(rows)


def _to_set_aside(finding: Finding) -> Iterator[Path]:
    if finding.kind in _ALL:
        yield from finding.paths
    elif finding.kind in _LATER:
        yield finding.paths[1]
    elif finding.kind == "leak":  # its first path stands in the earlier split
        yield finding.paths[0]
