"""Truth from a CSV file with the columns `file` and `label`."""

import csv
from pathlib import Path

from ..errors import DataError
from .sample import Sample, normalise_label


def read_labels_csv(path: Path, root: Path | None = None, split: str | None = None) -> list[Sample]:
    """Read samples from a CSV.

    Args:
        path: UTF-8 text with a header line; other columns are ignored.
        root: what relative file names are relative to; by default the CSV's own folder.
        split: take only the rows with this in the column `split`, which a run's `split.csv` has;
            needed where there is such a column.

    Raises:
        DataError: the CSV is missing, not UTF-8, has no such columns, no rows or an empty cell.
    """
    try:
        # A user's table must be UTF-8; in a run's split.csv a file name keeps its own bytes.
        errors = "surrogateescape" if split else "strict"
        with path.open(encoding="utf-8-sig", errors=errors, newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a UTF-8 CSV file: {error}") from None
    if not rows:
        raise DataError(
            f"{path} has no rows; it needs a header line file,label and a row a picture"
        )
    _require_columns(path, list(rows[0]), ("file", "label", *(["split"] if split else [])))
    if split is None and "split" in rows[0]:
        splits = ", ".join(sorted({str(row["split"]) for row in rows}))
        raise DataError(f"{path} has a column split; choose one of them with --split: {splits}")
    samples = [
        _sample(path, line, row, root or path.parent)
        for line, row in enumerate(rows, 2)
        if split is None or row["split"] == split
    ]
    if not samples:
        raise DataError(f"{path} has no row of the split {split!r}")
    return samples


def _require_columns(path: Path, columns: list[str], wanted: tuple[str, ...]) -> None:
    for name in wanted:
        if name not in columns:
            raise DataError(
                f"{path} has no column {name!r}; its header must name {', '.join(wanted)}"
            )


def _sample(path: Path, line: int, row: dict[str, str], root: Path) -> Sample:
    if not row["file"] or not row["label"]:
        raise DataError(f"{path}, row {line}: file or label is empty")
    return Sample(root / row["file"], normalise_label(row["label"]))
