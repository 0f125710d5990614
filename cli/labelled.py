"""Labelled pictures as a command or request names them: a folder, or a CSV."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DataError, UsageError

if TYPE_CHECKING:
    from ..evaluation.slices import Values
    from ..samples.sample import Sample


@dataclass(frozen=True)
class Labels:
    """A CSV of labelled pictures, and how to read it (docs/splitting.md)."""

    path: Path
    root: Path | None = None
    split: str | None = None
    file_column: str | None = None
    label_columns: str | None = None


def read_samples(folder: Path | None, table: Labels | None, for_a_table: bool) -> "list[Sample]":
    """List the samples of a folder or a CSV; `for_a_table`: there are options of a CSV.

    Raises:
        UsageError: not one of the two, or a folder with a CSV's options.
        DataError: there are no samples, or they are not understood.
    """
    from ..samples.folders import label_folders, looks_split
    from ..samples.labels_csv import read_labels_csv

    if (folder is None) == (table is None):
        raise UsageError("give either a FOLDER of label folders or --labels CSV")
    if table is not None:
        return read_labels_csv(
            table.path, table.root, table.split, table.file_column, table.label_columns
        )
    assert folder is not None
    if for_a_table:
        raise UsageError(
            "--root, --split, --file-column, --label-columns, --slice-by go with --labels; "
            "a FOLDER needs none"
        )
    if folder.is_dir() and looks_split(folder):
        names = ", ".join(str(path) for path in sorted(folder.iterdir()) if path.is_dir())
        raise DataError(f"{folder} holds splits, not labels; give one of them: {names}")
    return label_folders(folder)


def require_pictures(table: Labels, samples: "list[Sample]") -> None:
    """Refuse a CSV none of whose pictures is there: most likely its names begin elsewhere.

    Raises:
        UsageError: the root that was given is no folder.
        DataError: there is no picture.
    """
    if table.root is not None and not table.root.is_dir():
        raise UsageError(f"--root {table.root} is no folder; give that of the pictures")
    if not any(os.path.lexists(sample.path) for sample in samples):
        raise DataError(
            f"{table.path} names no picture that is there; the first one: {samples[0].path}; "
            "--root names the folder of the pictures"
        )


def read_columns(table: Labels, samples: "list[Sample]", names: list[str]) -> "dict[str, Values]":
    """Read what the CSV's columns say of the samples, which are its chosen rows in their order."""
    from ..samples.labels_csv import read_column

    paths = [sample.path for sample in samples]
    return {
        name: dict(zip(paths, read_column(table.path, name, table.split), strict=True))
        for name in names
    }
