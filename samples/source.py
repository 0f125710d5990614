"""Where samples come from: folders or a CSV, an earlier split, and groups."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DataError, UsageError
from .folders import FoundSamples, find_samples
from .grouping import groups_by_path
from .labels_csv import LabelledRow, LabelsCsv, read_training_csv
from .picture_names import place
from .sample import SPLITS, Sample
from .splitting import read_sides
from .table import read_table


@dataclass(frozen=True)
class SampleSource:
    """Where the samples of a training come from.

    Attributes:
        root: the folder of pictures; files in CSVs are named relative to it.
        labels: a CSV of files and labels; without one the folders say the labels.
        file_column: the CSV's column of files, if it has no usual name.
        label_columns: its columns of labels, separated by commas, likewise.
        group_by: a column of the CSV, or a regular expression on the path.
        split: an earlier `split.csv`.
    """

    root: Path
    labels: Path | None = None
    file_column: str | None = None
    label_columns: str | None = None
    group_by: str | None = None
    split: Path | None = None


def find_source_samples(source: SampleSource) -> FoundSamples:
    """Find the samples; no picture is opened.

    Raises:
        DataError: the folder, the CSV or the earlier split cannot be used as it is.
        UsageError: `group_by` or `split` fits nothing.
    """
    found = find_samples(source.root) if source.labels is None else _from_csv(source, source.labels)
    if source.group_by is not None and not found.groups:
        paths = [sample.path for sample in found.everything]
        found = replace(found, groups=groups_by_path(paths, source.root, source.group_by))
    if source.split is not None:
        fixed = {**found.fixed, **_earlier(source.split, found)}
        found = replace(found, fixed=fixed)
    return found


def _from_csv(source: SampleSource, path: Path) -> FoundSamples:
    if not source.root.is_dir():
        raise DataError(f"{source.root} is no folder; give that of the files named in {path}")
    labels = read_training_csv(
        path, source.root, source.file_column, source.label_columns, source.group_by
    )
    groups = {row.sample.path: row.group for row in labels.rows if row.group}
    if source.group_by is not None and not groups and _is_column(path, source.group_by):
        raise UsageError(f"--group-by {source.group_by}: the column is empty in {path}")
    found = _by_side(source.root, labels)
    return replace(found, task=labels.task, groups=groups, notes=labels.notes, from_csv=True)


def _is_column(path: Path, name: str) -> bool:
    return name in read_table(path).columns


def _by_side(root: Path, labels: LabelsCsv) -> FoundSamples:
    """Sort rows that all have a split; where some have none, the others' splits are fixed."""
    everything = tuple(row.sample for row in labels.rows)
    sides = {row.sample.path: row.split for row in labels.rows if row.split}
    if len(sides) < len(everything):
        return FoundSamples(root, flat=True, train=everything, fixed=sides)
    train, validation, test = (_of(labels.rows, side) for side in SPLITS)
    if not train:
        raise DataError(f"the CSV gives no picture of {root} the split train; it needs some")
    return FoundSamples(root, False, train, validation or None, test or None)


def _of(rows: tuple[LabelledRow, ...], side: str) -> tuple[Sample, ...]:
    return tuple(row.sample for row in rows if row.split == side)


def _earlier(split: Path, found: FoundSamples) -> Mapping[Path, str]:
    sides = read_sides(split, found.root)
    places = {place(sample.path) for sample in found.everything}
    if not any(place(path) in places for path in sides):
        raise UsageError(f"{split} names no picture of {found.root}; its names are relative")
    return sides
