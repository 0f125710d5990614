"""`split.csv`: which picture stood in which split, written by a run and read back."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError
from ..inference.whole_file import replacing
from .folders import SPLIT_NAMES
from .picture_names import relative_name
from .sample import SPLITS, LabelledPictures, Sample
from .table import ERRORS, require_file

_LABEL_COLUMN = {"single-label": "label", "multi-label": "labels"}


def write_split(path: Path, pictures: LabelledPictures) -> None:
    """Write `split.csv`: file (relative to the data folder, with slashes), label, split.

    In the multi-label task the second column is `labels`, with | between them.
    """
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=ERRORS, newline="") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(("file", _LABEL_COLUMN[pictures.task], "split"))
        for split in SPLITS:
            for sample in pictures.split(split):
                rows.writerow((relative_name(sample.path, pictures.root), sample.label, split))


def read_split(path: Path, root: Path, split: str) -> list[Sample]:
    """Read back the samples of one split.

    Raises:
        DataError: the file is missing or is no `split.csv`.
    """
    return [
        Sample(root / row["file"], row.get("label") or row.get("labels") or "")
        for row in _rows(path, labelled=True)
        if row["split"] == split
    ]


def read_sides(path: Path, root: Path) -> dict[Path, str]:
    """Read back the split of every picture.

    Args:
        path: a run's `split.csv`, or any CSV with the columns file and split.
        root: what the names in it are relative to.

    Raises:
        DataError: the file is missing, has no such columns, or names no split that there is.
    """
    sides: dict[Path, str] = {}
    for row in _rows(path, labelled=False):
        if row["split"].lower() not in SPLIT_NAMES:
            raise DataError(
                f"{path}: {row['file']} has the split {row['split']!r}; it must be train, "
                "validation or test"
            )
        sides[root / row["file"]] = SPLIT_NAMES[row["split"].lower()]
    return sides


def _rows(path: Path, labelled: bool) -> Iterator[dict[str, str]]:
    if path.is_dir():
        raise DataError(f"{path} is a folder; give a file, such as the split.csv of a run")
    require_file(path)
    try:
        with path.open(encoding="utf-8-sig", errors=ERRORS, newline="") as file:
            lines = csv.reader(file)
            columns = next(lines, [])
            names = {*columns}
            if not {"file", "split"} <= names or (labelled and not names & {"label", "labels"}):
                raise DataError(f"{path} is no split.csv: it needs the columns file, label, split")
            # A cell that is missing is empty. It is not stored: a header may be very long.
            yield from (
                defaultdict(str, zip(columns, cells, strict=False)) for cells in lines if cells
            )
    except (OSError, csv.Error) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{path} cannot be read as a split: {said}") from None
