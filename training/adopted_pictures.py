"""Labelled pictures for a classifier that was trained elsewhere: to verify it on, not to train."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import DataError, UsageError
from ..inference.card import ModelCard
from ..samples.folders import FoundSamples, find_samples
from ..samples.loading import ReadingProgress
from ..samples.reading import ReadSample, read_all
from ..samples.sample import SPLITS, LabelledPictures, LeftOut, all_labels
from ..samples.source import SampleSource, find_source_samples

WHOLLY_VALIDATION = (
    "{} has no splits, so all its pictures are for validation; if the network has learned any of "
    "them, its scores there flatter"
)


def read_adopted_pictures(
    data: Path, truth: Path | None, card: ModelCard
) -> Generator[ReadingProgress, None, LabelledPictures]:
    """Find pictures, hold their labels against the card's by name, and see which can be read.

    Splits that the folder or the CSV gives are kept; a picture without one is for validation.

    Args:
        data: the folder.
        truth: a CSV of files in it and their labels, instead of label folders.
        card: of the classifier.

    Raises:
        DataError: a label is none of the classifier's, or no picture is left for validation.
        UsageError: the CSV is of the other task.
    """
    found = find_samples(data) if truth is None else find_source_samples(SampleSource(data, truth))
    _require_task(found, truth, card)
    _require_known(found, card)
    rows: list[ReadSample] = []
    for row in read_all(found.everything, card.preprocessing.resize_side):
        rows.append(row)
        yield ReadingProgress(len(rows), len(found.everything))
    pictures = _divided(found, rows, card)
    _require_validation(pictures)
    return replace(pictures, notes=(*found.notes, *_notes(found, pictures, truth or data)))


def _require_task(found: FoundSamples, truth: Path | None, card: ModelCard) -> None:
    if found.task != card.task:
        raise UsageError(
            f"{truth} is {found.task}, the classifier {card.task}: give the right --task"
        )


def _require_known(found: FoundSamples, card: ModelCard) -> None:
    unknown = sorted({*all_labels(found.everything, found.task)} - {*card.labels})
    if unknown:
        shown = ", ".join(repr(label) for label in unknown[:10])
        more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        raise DataError(
            f"{found.root} has labels that the classifier does not know: {shown}{more}; labels are "
            "matched by name, letter by letter: correct the names there or in the labels file"
        )


def _divided(found: FoundSamples, rows: Sequence[ReadSample], card: ModelCard) -> LabelledPictures:
    sides = _sides(found)
    good = [row.sample for row in rows if row.error is None]
    return LabelledPictures(
        found.root,
        card.labels,
        *(tuple(sample for sample in good if sides[sample.path] == split) for split in SPLITS),
        left_out=tuple(LeftOut(row.sample.path, row.error) for row in rows if row.error),
        task=card.task,
    )


def _sides(found: FoundSamples) -> dict[Path, str]:
    own = {"train": found.train, "validation": found.validation, "test": found.test}
    given = {sample.path: split for split, some in own.items() for sample in some or ()}
    if found.flat:
        given = dict.fromkeys(given, "validation")
    return given | {path: side for path, side in found.fixed.items() if path in given}


def _require_validation(pictures: LabelledPictures) -> None:
    if pictures.validation:
        return
    root = pictures.root
    if pictures.left_out:
        first = pictures.left_out[0]
        why = f"of {len(pictures.left_out)} that cannot be read, {first.path}: {first.reason}"
        raise DataError(f"no picture of {root} is left for validation; {why}")
    raise DataError(
        f"{root} has no pictures for validation, on which exports are verified; add val/, or give "
        "one of its folders as --data"
    )


def _notes(found: FoundSamples, pictures: LabelledPictures, given: Path) -> list[str]:
    notes: list[str] = []
    if found.flat and not found.fixed:
        notes.append(WHOLLY_VALIDATION.format(given))
    seen = {*all_labels(pictures.validation, pictures.task)}
    without = [label for label in pictures.labels if label not in seen]
    if without:
        notes.append(f"{len(without)} of {len(pictures.labels)} labels have no validation picture")
    return notes
