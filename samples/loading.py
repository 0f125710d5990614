"""From a data folder to what a training uses: found, read, split, and checked for sense."""

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .checks import remarks, require_sense
from .dividing import ReadPictures, divide
from .folders import FoundSamples
from .near_duplicates import near_duplicates
from .quick_check import training_findings
from .reading import Keep, ReadSample, read_all
from .sample import SPLITS, LabelledPictures, LeftOut, Sample, all_labels


@dataclass(frozen=True)
class ReadingProgress:
    """How many of the pictures have been read."""

    done: int
    total: int


def load_pictures(
    found: FoundSamples, resize_side: int, keep: Keep | None = None
) -> Generator[ReadingProgress, None, LabelledPictures]:
    """Read and split the pictures of a data folder.

    Args:
        found: by `find_source_samples` or `find_samples`.
        resize_side: short side in pixels, as in the card.
        keep: takes every good picture while it is open, in the reading threads.

    Yields:
        A `ReadingProgress` a picture.

    Returns:
        The pictures with labels and splits.

    Raises:
        DataError: the folder cannot be trained on.
    """
    everything = found.everything
    read: list[ReadSample] = []
    for result in read_all(everything, resize_side, keep):
        read.append(result)
        yield ReadingProgress(len(read), len(everything))
    return _pictures(found, read)


def _pictures(found: FoundSamples, rows: Sequence[ReadSample]) -> LabelledPictures:
    read = _read_pictures(rows)
    division = divide(found, read)
    splits = {
        split: tuple(s for s in read.samples if division.sides[s.path] == split) for split in SPLITS
    }
    pictures = LabelledPictures(
        found.root,
        all_labels(splits["train"], found.task),
        *(splits[split] for split in SPLITS),
        left_out=tuple(LeftOut(row.sample.path, row.error) for row in rows if row.error),
        task=found.task,
        contents=read.contents,
    )
    require_sense(pictures)
    of_files = (finding for row in rows for finding in row.findings)
    return replace(
        pictures,
        findings=training_findings(found, pictures, of_files),
        notes=(*found.notes, *division.notes, *remarks(pictures, found, read, division)),
        fingerprint=_fingerprint(pictures, read.contents),
    )


def _read_pictures(rows: Sequence[ReadSample]) -> ReadPictures:
    good = [row for row in rows if row.error is None]
    thumbnails = {row.sha256: row.thumbnail for row in good}
    return ReadPictures(
        tuple(row.sample for row in good),
        {row.sample.path: row.sha256 for row in good},
        tuple(near_duplicates(thumbnails)),
    )


def _fingerprint(pictures: LabelledPictures, contents: Mapping[Path, str]) -> str:
    def line(split: str, sample: Sample) -> str:
        return f"{contents[sample.path]} {split} {sample.label}\n"

    lines = sorted(line(split, sample) for split in SPLITS for sample in pictures.split(split))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
