"""Truth from a CSV file: which picture each row means, and what it says about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from ..inference.wording import counted
from .folders import SPLIT_NAMES
from .picture_names import PictureNames, place
from .sample import Sample
from .table import Row, Table, read_table
from .truth_columns import Truth, find_file_column, find_truth, shortened


@dataclass(frozen=True)
class LabelledRow:
    """A row that was understood.

    Attributes:
        sample: the picture and its truth.
        split: "train", "validation" or "test"; empty where the CSV does not say.
        group: its cell in the column of groups, or empty.
    """

    sample: Sample
    split: str = ""
    group: str = ""


@dataclass(frozen=True)
class LabelsCsv:
    """A CSV of a training, each picture once.

    Attributes:
        task: "single-label" or "multi-label".
        rows: in the CSV's order.
        notes: what the user should know.
    """

    task: str
    rows: tuple[LabelledRow, ...]
    notes: tuple[str, ...]


def read_labels_csv(
    path: Path,
    root: Path | None = None,
    split: str | None = None,
    file_column: str | None = None,
    label_columns: str | None = None,
) -> list[Sample]:
    """Read samples to be scored from a CSV.

    Args:
        path: UTF-8 text with a header line, in one of the forms of docs/splitting.md.
        root: what relative file names are relative to; by default the CSV's own folder.
        split: take only the rows with this in the column `split`, which a run's `split.csv` has;
            needed where there is such a column.
        file_column: the column of files.
        label_columns: the columns of the truth, separated by commas.

    Raises:
        DataError: the CSV cannot be read, is of no known form, or has a row without truth.
    """
    table = read_table(path)
    if split is not None:
        table.require("split", "--split only where there is one")
    elif "split" in table.columns:
        splits = ", ".join(sorted({row["split"] for row in table.rows}))
        raise DataError(f"{path} has a column split; choose one of them with --split: {splits}")
    column = find_file_column(table, file_column)
    truth = find_truth(table, label_columns, (column, "split"))
    names = PictureNames(root or path.parent)
    rows = [row for row in table.rows if split is None or row["split"] == split]
    if not rows:
        raise DataError(f"{path} has no row of the split {split!r}")
    return [_sample(table, row, column, truth, names) for row in rows]


def read_column(path: Path, column: str, split: str | None = None) -> list[str]:
    """Read what a column says of the rows that `read_labels_csv` takes, in their order.

    Raises:
        DataError: the CSV cannot be read, or has no such column.
    """
    table = read_table(path)
    table.require(column, "--slice-by")
    return [row[column] for row in table.rows if split is None or row["split"] == split]


def read_training_csv(
    path: Path,
    root: Path,
    file_column: str | None = None,
    label_columns: str | None = None,
    group_column: str | None = None,
) -> LabelsCsv:
    """Read the samples of a training from a CSV; the arguments as for `read_labels_csv`.

    Raises:
        DataError: also where two rows contradict each other.
    """
    table = read_table(path)
    column = find_file_column(table, file_column)
    group = group_column if group_column in table.columns else None
    used = (column, "split", *([group] if group else []))
    truth = find_truth(table, label_columns, used)
    names = PictureNames(root)
    rows = [
        (
            row,
            LabelledRow(
                _sample(table, row, column, truth, names),
                _split(table, row),
                row[group] if group else "",
            ),
        )
        for row in table.rows
    ]
    once = _once(table, rows)
    notes = (*truth.notes, *_remarks(table, (*used, *truth.columns), len(rows) - len(once)))
    return LabelsCsv(truth.task, tuple(once), notes)


def _sample(table: Table, row: Row, column: str, truth: Truth, names: PictureNames) -> Sample:
    name = row[column]
    if not name:
        raise DataError(f"{table.where(row)}: {column} is empty")
    return Sample(names.find(name, table.where(row)), truth.label(row))


def _split(table: Table, row: Row) -> str:
    name = row.cells.get("split", "")
    if name and name.lower() not in SPLIT_NAMES:
        raise DataError(
            f"{table.where(row)}: split is {name!r}; it must be train, validation or test"
        )
    return SPLIT_NAMES[name.lower()] if name else ""


def _once(table: Table, rows: list[tuple[Row, LabelledRow]]) -> list[LabelledRow]:
    """Keep one row a picture; refuse rows that contradict each other."""
    seen: dict[str, tuple[Row, LabelledRow]] = {}
    for row, labelled in rows:
        earlier, first = seen.setdefault(place(labelled.sample.path), (row, labelled))
        for what in ("label", "split"):
            if _said(first, what) != _said(labelled, what):
                raise DataError(
                    f"{table.path}, rows {earlier.number} and {row.number}: "
                    f"{labelled.sample.path.name} has two truths ({what} "
                    f"{_said(first, what)!r} and {_said(labelled, what)!r}); keep one row"
                )
    return [labelled for _, labelled in seen.values()]


def _said(row: LabelledRow, what: str) -> str:
    return row.sample.label if what == "label" else row.split


def _remarks(table: Table, used: tuple[str, ...], repeated: int) -> Iterator[str]:
    if repeated:
        named = counted(repeated, "picture")
        yield f"{table.path.name} names {named} more than once; each is used once"
    unused = [name for name in table.columns if name and name not in used]
    if unused:
        yield f"columns of {table.path.name} that are not used: {shortened(unused)}"
