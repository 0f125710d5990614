"""A CSV file as people's spreadsheets write it: header, numbered rows, delimiter found out."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError

ERRORS = "surrogateescape"
"""A file's name need not be UTF-8 on Linux; in our own `split.csv` its bytes stand as they are."""
OWN_HEADERS = (b"file,label,split", b"file,labels,split")
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Row:
    """A row: its number in the file, the header being row 1, and its cells by column.

    A row that ends early has empty cells; they are not stored, or a small file with a long header
    and many short rows would take gigabytes.
    """

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    """A CSV file with a header; at least one row.

    Cells are without the space around them, but in a run's own `split.csv`, where it is part of a
    file's or label's name.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def where(self, row: Row) -> str:
        """Say where a row stands, for an error."""
        return f"{self.path}, row {row.number}"

    def require(self, column: str, option: str) -> None:
        """Refuse a column that is not there."""
        if column not in self.columns:
            raise DataError(
                f"{self.path} has no column {column!r}; name it with {option}, of: {self.names()}"
            )

    def names(self) -> str:
        """List the columns, for an error."""
        return ", ".join(self.columns)


def require_file(path: Path) -> None:
    """Refuse what reading would wait for, or never end with: a FIFO, a device.

    Raises:
        DataError: it is there, and neither a file nor a folder.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise DataError(f"{path} is not a regular file; save it as one")


def read_table(path: Path) -> Table:
    """Read a CSV file: UTF-8 with or without byte order mark, delimited by , or ; or tab.

    Raises:
        DataError: it is missing, not UTF-8, no CSV, or has no rows.
    """
    lines = _lines(path)
    if len(lines) < 2:
        raise DataError(
            f"{path} has no rows; it needs a header line such as file,label and a row a picture"
        )
    columns = tuple(name.strip() for name in lines[0][1])
    for name, count in Counter(columns).items():
        if name and count > 1:
            raise DataError(f"{path} has two columns {name!r}; rename or remove one")
    own = ",".join(lines[0][1]).encode() in OWN_HEADERS
    rows = [
        (number, cells if own else [cell.strip() for cell in cells]) for number, cells in lines[1:]
    ]
    return Table(path, columns, tuple(_row(path, columns, *row) for row in rows))


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Give the lines that are not empty, with their numbers."""
    require_file(path)
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        own = content.split(b"\n", 1)[0].strip() in OWN_HEADERS
        text = content.decode(errors=ERRORS if own else "strict")
        delimiter = _delimiter(text.split("\n", 1)[0])
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [(number, cells) for number, cells in enumerate(lines, 1) if any(cells)]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a UTF-8 CSV file: {error}") from None


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _row(path: Path, columns: tuple[str, ...], number: int, cells: list[str]) -> Row:
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        raise DataError(
            f"{path}, row {number} has {len(cells)} cells, its header {len(columns)}; put a cell "
            'that holds the delimiter into "quotes"'
        )
    return Row(number, dict(zip(columns, cells, strict=False)))
