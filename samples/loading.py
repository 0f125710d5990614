"""From a data folder to what a training uses: found, read, split, and checked for sense."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DataError
from .folders import FoundSamples
from .reading import ReadSample, read_all
from .sample import SPLITS, LabelledPictures, LeftOut, Sample
from .splitting import split_off

SPLIT_SEED = 0
"""Fixed, so that runs with different training seeds are scored on the same pictures."""


@dataclass(frozen=True)
class ReadingProgress:
    """How many of the pictures have been read."""

    done: int
    total: int


def load_pictures(
    found: FoundSamples, resize_side: int
) -> Generator[ReadingProgress, None, LabelledPictures]:
    """Read and split the pictures of a data folder.

    Args:
        found: by `find_samples`.
        resize_side: short side in pixels, as in the card.

    Yields:
        A `ReadingProgress` a picture.

    Returns:
        The pictures with labels and splits.

    Raises:
        DataError: the folder cannot be trained on.
    """
    everything = [*found.train, *(found.validation or ()), *(found.test or ())]
    read: list[ReadSample] = []
    for result in read_all(everything, resize_side):
        read.append(result)
        yield ReadingProgress(len(read), len(everything))
    return _pictures(found, read)


def _pictures(found: FoundSamples, read: Sequence[ReadSample]) -> LabelledPictures:
    contents = {row.sample.path: row.sha256 for row in read if row.error is None}
    left_out = tuple(LeftOut(row.sample.path, row.error) for row in read if row.error)
    pictures = replace(_with_splits(found, contents), left_out=left_out)
    _require_sense(pictures)
    remarks = (*_not_learned(found, pictures), *_remarks(pictures), *_copies(pictures, contents))
    return replace(
        pictures,
        notes=pictures.notes + remarks,
        fingerprint=_fingerprint(pictures, contents),
        contents=contents,
    )


def _with_splits(found: FoundSamples, contents: dict[Path, str]) -> LabelledPictures:
    train = [sample for sample in found.train if sample.path in contents]
    validation = [sample for sample in found.validation or () if sample.path in contents]
    test = [sample for sample in found.test or () if sample.path in contents]
    notes: list[str] = []
    if found.flat:
        train, test = split_off(train, contents, 0.15, SPLIT_SEED)
        train, validation = split_off(train, contents, 0.15 / 0.85, SPLIT_SEED)
        notes.append("one folder without a split: divided 70/15/15 into train, validation, test")
    elif found.validation is None:
        train, validation = split_off(train, contents, 0.2, SPLIT_SEED)
        notes.append("no validation folder: a stratified fifth of train is used for validation")
    labels = tuple(sorted({sample.label for sample in train}))
    return LabelledPictures(
        found.root, labels, tuple(train), tuple(validation), tuple(test), notes=tuple(notes)
    )


def _require_sense(pictures: LabelledPictures) -> None:
    root = pictures.root
    if not pictures.train and pictures.left_out:
        first = pictures.left_out[0]
        raise DataError(f"no training picture can be read; {first.path}: {first.reason}")
    if len(pictures.labels) < 2:
        unread = f" that can be read ({len(left)} cannot)" if (left := pictures.left_out) else ""
        raise DataError(
            f"{root} has only the label {', '.join(pictures.labels)}; a classifier needs at least "
            f"two sub-folders with pictures{unread}"
        )
    for split in ("validation", "test"):
        _require_known(pictures, split)
    if not pictures.validation:
        raise DataError(
            f"no picture is left for validation in {root}: give three or more a label, or a "
            "val/ folder with pictures that can be read"
        )


def _require_known(pictures: LabelledPictures, split: str) -> None:
    unknown = {sample.label for sample in pictures.split(split)} - set(pictures.labels)
    if unknown:
        raise DataError(
            f"{pictures.root}: {split} has labels that train has no pictures for: "
            f"{', '.join(sorted(unknown))}; add them to train or remove them from {split}"
        )


def _remarks(pictures: LabelledPictures) -> Iterator[str]:
    for split in ("validation", "test"):
        samples = pictures.split(split)
        missing = sorted(set(pictures.labels) - {sample.label for sample in samples})
        if samples and missing:
            yield f"{split} has no picture of: {', '.join(missing)}"
    counts = Counter(sample.label for sample in pictures.train)
    rarest, fewest = min(counts.items(), key=lambda item: item[1])
    if fewest < 10:
        yield f"{rarest!r} has only {fewest} training picture(s); a label wants tens of them"


def _not_learned(found: FoundSamples, pictures: LabelledPictures) -> Iterator[str]:
    for label in sorted({sample.label for sample in found.train} - set(pictures.labels)):
        yield f"{label!r} is not learned: none of its pictures can be read"


def _copies(pictures: LabelledPictures, contents: dict[Path, str]) -> Iterator[str]:
    """Find files of equal content that make a number worthless: leaks and contradicting truth."""
    places: dict[str, list[tuple[str, Sample]]] = defaultdict(list)
    for split in SPLITS:
        for sample in pictures.split(split):
            places[contents[sample.path]].append((split, sample))
    leaks = [group for group in places.values() if len({split for split, _ in group}) > 1]
    contradictions = [g for g in places.values() if len({sample.label for _, sample in g}) > 1]
    for groups, what in (
        (leaks, "stand in more than one split, which flatters the accuracy"),
        (contradictions, "stand under more than one label"),
    ):
        if groups:
            first, second = groups[0][0][1].path, groups[0][-1][1].path
            yield f"{len(groups)} identical picture(s) {what}, such as {first} and {second}"


def _fingerprint(pictures: LabelledPictures, contents: dict[Path, str]) -> str:
    def line(split: str, sample: Sample) -> str:
        return f"{contents[sample.path]} {split} {sample.label}\n"

    lines = sorted(line(split, sample) for split in SPLITS for sample in pictures.split(split))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
