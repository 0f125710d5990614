"""Splits: stratified, identical pictures kept on one side, written to `split.csv`."""

import csv
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import DataError
from ..inference.whole_file import replacing
from .sample import SPLITS, LabelledPictures, Sample

_COLUMNS = ("file", "label", "split")
_ERRORS = "surrogateescape"
"""A file's name need not be UTF-8 on Linux; its bytes stand in `split.csv` as they are."""


def split_off(
    samples: Sequence[Sample], contents: Mapping[Path, str], share: float, seed: int
) -> tuple[list[Sample], list[Sample]]:
    """Divide samples into a rest and a stratified share.

    Args:
        samples: of any number of labels.
        contents: each path's content hash; pictures with equal content stay together.
        share: of each label, 0..1; at least one picture where the label has two or more that
            differ and are no larger group of copies than the share.
        seed: fixes the choice, independently of the order of `samples`.

    Returns:
        (rest, share), each sorted.
    """
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in sorted(samples):
        groups[contents[sample.path]].append(sample)
    by_label: dict[str, list[list[Sample]]] = defaultdict(list)
    for group in groups.values():
        by_label[group[0].label].append(group)
    chosen: list[Sample] = []
    for label in sorted(by_label):
        chosen += _choose(by_label[label], share, random.Random(f"{seed} {label}"))
    rest = sorted(set(samples) - set(chosen))
    return rest, sorted(chosen)


def _choose(groups: list[list[Sample]], share: float, chance: random.Random) -> list[Sample]:
    """Choose whole groups in random order until the share is reached; one group always stays."""
    wanted = max(1, round(share * sum(len(group) for group in groups)))
    chosen: list[Sample] = []
    for group in chance.sample(groups, len(groups) - 1):
        if len(chosen) + len(group) <= wanted:
            chosen += group
    return chosen


def write_split(path: Path, pictures: LabelledPictures) -> None:
    """Write `split.csv`: file (relative to the data folder, with slashes), label, split."""
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=_ERRORS, newline="") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for split in SPLITS:
            for sample in pictures.split(split):
                name = sample.path.relative_to(pictures.root).as_posix()
                rows.writerow((name, sample.label, split))


def read_split(path: Path, root: Path, split: str) -> list[Sample]:
    """Read back the samples of one split.

    Raises:
        DataError: the file is missing or is no `split.csv`.
    """
    try:
        with path.open(encoding="utf-8", errors=_ERRORS, newline="") as file:
            rows = csv.DictReader(file)
            if not {*_COLUMNS} <= {*(rows.fieldnames or ())}:
                raise DataError(f"{path} is no split.csv: it needs the columns file, label, split")
            return [Sample(root / r["file"], r["label"]) for r in rows if r["split"] == split]
    except (OSError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a split: {error}") from None
