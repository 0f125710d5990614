"""The list of what was made in label folders, by which it is taken back."""

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TextIO, cast

from ..errors import DataError

WAYS = ("copy", "link", "move")
MANIFEST = "tlx-manifest.csv"


@dataclass(frozen=True)
class Made:
    """A line of the manifest: what was made, from what, how, and the content's SHA-256.

    Of a folder that was made, `way` is "folder" and the source empty. "gone" stands in no manifest:
    the picture was no longer there.
    """

    place: str
    source: str
    way: str
    sha256: str


def open_manifest(path: Path, mode: str) -> TextIO:
    """Open one; names of files that are not UTF-8 keep their bytes."""
    return cast("TextIO", path.open(mode, encoding="utf-8", errors="surrogateescape", newline=""))


def read_manifest(path: Path) -> list[Made]:
    """Read a manifest.

    Raises:
        DataError: it cannot be read, is none, or names what lies outside its folder.
    """
    names = [field.name for field in fields(Made)]
    try:
        with open_manifest(path, "r") as file:
            lines = csv.DictReader(file)
            rows = list(lines) if lines.fieldnames == names else []
            if lines.fieldnames not in (None, names):
                raise DataError(f"{path} is no list of files that tlx made")
    except (OSError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    for row in rows:
        parts = str(row.get("place")).split("/")
        inside = 1 <= len(parts) <= 2 and not {"", ".", ".."} & set(parts)
        # A row of too few cells has None for the others.
        whole = list(row) == names and None not in row.values()
        if not whole or not inside or row["way"] not in (*WAYS, "folder"):
            raise DataError(f"{path} is no list of files that tlx made")
    return [Made(*(row[name] for name in names)) for row in rows]
