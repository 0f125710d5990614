"""Which columns of a CSV hold the truth, and what they say about a row."""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import DataError
from ..inference.label_text import SEPARATOR, joined
from .sample import normalise_label
from .table import Row, Table

FILE_COLUMNS = ("filename", "image", "path", "image_id", "id")
"""Names of a file's column that are understood beside "file"."""
_FLAGS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
_MOST_NAMED = 10


@dataclass(frozen=True)
class Truth:
    """How to read a row's label.

    Attributes:
        task: "single-label" or "multi-label".
        columns: those that are read.
        label: a row's label, joined where there are several, as in `Sample`; a `DataError` where
            the row has none that the task allows.
        notes: what the user should know.
    """

    task: str
    columns: tuple[str, ...]
    label: Callable[[Row], str]
    notes: tuple[str, ...] = ()


def find_file_column(table: Table, wanted: str | None) -> str:
    """Find the column of files: the one that was named, "file", or the only usual name.

    Raises:
        DataError: there is none, or there are several.
    """
    if wanted is not None:
        table.require(wanted, "--file-column")
        return wanted
    if "file" in table.columns:
        return "file"
    usual = [name for name in FILE_COLUMNS if name in table.columns]
    if len(usual) > 1:
        raise DataError(f"{table.path}: {' and '.join(usual)} could name the files; --file-column")
    if not usual:
        table.require("file", "--file-column")
    return usual[0]


def find_truth(table: Table, wanted: str | None, others: tuple[str, ...]) -> Truth:
    """Find out which form the truth has.

    Args:
        table: the CSV.
        wanted: `--label-columns`.
        others: columns that are no truth, such as that of files.

    Raises:
        DataError: no form is understood, or a cell does not fit it.
    """
    if wanted is not None:
        return _wanted(table, [name.strip() for name in wanted.split(",")])
    if "label" in table.columns:
        return _one(table, "label")
    if "labels" in table.columns:
        return _several(table, "labels")
    names = [name for name in table.columns if name and name not in others]
    flags = tuple(name for name in names if all(_flag(row[name]) is not None for row in table.rows))
    if len(flags) < 2:
        raise DataError(
            f"{table.path} has no column 'label' or 'labels', nor two or more columns of 0 and 1; "
            f"name them with --label-columns, of: {table.names()}"
        )
    return _flags(table, flags, (f"labels are the 0/1 columns {shortened(flags)}",))


def shortened(names: tuple[str, ...] | list[str]) -> str:
    """List names, at most ten."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _wanted(table: Table, names: list[str]) -> Truth:
    for name in names:
        table.require(name, "--label-columns")
    if len(names) > 1:
        return _flags(table, tuple(names), ())
    separated = any(SEPARATOR in row[names[0]] for row in table.rows)
    return (_several if separated else _one)(table, names[0])


def _one(table: Table, column: str) -> Truth:
    def label(row: Row) -> str:
        if text := normalise_label(row[column]):
            return text
        raise DataError(f"{table.where(row)}: {column} is empty")

    return Truth("single-label", (column,), label)


def _several(table: Table, column: str) -> Truth:
    def label(row: Row) -> str:
        return join_labels(row[column].split(SEPARATOR))

    return Truth("multi-label", (column,), label)


def _flags(table: Table, columns: tuple[str, ...], notes: tuple[str, ...]) -> Truth:
    for name in columns:
        if SEPARATOR in name:
            raise DataError(f"{table.path}: the column {name!r} is no label: it holds {SEPARATOR}")

    def label(row: Row) -> str:
        return join_labels([name for name in columns if _require_flag(table, row, name)])

    unused = tuple(name for name in columns if not any(_flag(row[name]) for row in table.rows))
    if unused:
        notes = (*notes, f"not learned, because no row has a 1 there: {shortened(unused)}")
    return Truth("multi-label", columns, label, notes)


def join_labels(labels: list[str]) -> str:
    """Join labels as `Sample.label` wants them."""
    return joined({normalise_label(label.strip()) for label in labels} - {""})


def _require_flag(table: Table, row: Row, column: str) -> bool:
    flag = _flag(row[column])
    if flag is None:
        raise DataError(f"{table.where(row)}: {column} is {row[column]!r}, neither 0 nor 1")
    return flag


def _flag(cell: str) -> bool | None:
    return _FLAGS.get(cell.lower())
