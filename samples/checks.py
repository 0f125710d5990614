"""Whether pictures can be trained on, and what the user should know about them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError
from ..inference.wording import counted
from .dividing import Division, ReadPictures
from .folders import FoundSamples
from .sample import SPLITS, LabelledPictures, Sample, all_labels, labels_of


def require_sense(pictures: LabelledPictures) -> None:
    """Refuse pictures that no classifier can be trained on.

    Raises:
        DataError: too few labels, or a split that is empty or has labels of its own.
    """
    root = pictures.root
    if not pictures.train and pictures.left_out:
        first = pictures.left_out[0]
        raise DataError(f"no training picture can be read; {first.path}: {first.reason}")
    _require_labels(pictures)
    for split in ("validation", "test"):
        _require_known(pictures, split)
    if not pictures.validation:
        raise DataError(
            f"no picture is left for validation in {root}: give three or more a label, or a "
            "val/ folder with pictures that can be read"
        )


def remarks(
    pictures: LabelledPictures, found: FoundSamples, read: ReadPictures, division: Division
) -> Iterator[str]:
    """Say what makes the numbers worth less than they look."""
    learned = {*pictures.labels}
    for label in sorted({*all_labels(found.train, found.task)} - learned):
        yield f"{label!r} is not learned: none of its pictures can be read"
    yield from _rare(pictures)
    yield from _copies(pictures)
    yield from _near_duplicates(pictures, read)
    yield from _torn_groups(found, division)


def _require_labels(pictures: LabelledPictures) -> None:
    if len(pictures.labels) >= (1 if pictures.task == "multi-label" else 2):
        return
    unread = f" that can be read ({len(left)} cannot)" if (left := pictures.left_out) else ""
    raise DataError(
        f"{pictures.root} has only the label {', '.join(pictures.labels) or '(none)'}; a "
        f"classifier needs at least two labels (sub-folders) with pictures{unread}"
    )


def _require_known(pictures: LabelledPictures, split: str) -> None:
    unknown = {*all_labels(pictures.split(split), pictures.task)} - {*pictures.labels}
    if unknown:
        raise DataError(
            f"{pictures.root}: {split} has labels that train has no pictures for: "
            f"{', '.join(sorted(unknown))}; add them to train or remove them from {split}"
        )


def _rare(pictures: LabelledPictures) -> Iterator[str]:
    for split in ("validation", "test"):
        samples = pictures.split(split)
        missing = sorted({*pictures.labels} - {*all_labels(samples, pictures.task)})
        if samples and missing:
            yield f"{split} has no picture of: {', '.join(missing)}"
    train = (labels_of(sample, pictures.task) for sample in pictures.train)
    counts = Counter(label for labels in train for label in labels)
    rarest, fewest = min(counts.items(), key=lambda item: item[1])
    if fewest < 10:
        there = counted(fewest, "training picture")
        yield f"{rarest!r} has only {there}; a label wants tens of them"


Standing = tuple[str, Sample]
"""A split, and a sample that stands in it."""


def _copies(pictures: LabelledPictures) -> Iterator[str]:
    """Find files of equal content that make a number worthless: leaks and contradicting truth."""
    for groups, what in _worthless(list(_by_content(pictures).values())):
        first, second = groups[0][0][1].path, groups[0][-1][1].path
        sets = counted(len(groups), "set")
        yield f"{sets} of identical pictures {what}, such as {first} and {second}"


def _near_duplicates(pictures: LabelledPictures, read: ReadPictures) -> Iterator[str]:
    by_content = _by_content(pictures)
    pairs = [[by_content[one][0], by_content[other][0]] for one, other in read.near_duplicates]
    for groups, what in _worthless(pairs):
        first, second = (sample.path for _, sample in groups[0])
        told = counted(len(groups), "pair")
        yield f"{told} of near-duplicates {what}, such as {first} and {second}"


def _worthless(groups: list[list[Standing]]) -> Iterator[tuple[list[list[Standing]], str]]:
    leaks = [group for group in groups if len({split for split, _ in group}) > 1]
    contradictions = [group for group in groups if len({s.label for _, s in group}) > 1]
    if leaks:
        yield leaks, "in more than one split, which flatters the accuracy"
    if contradictions:
        yield contradictions, "under more than one label"


def _by_content(pictures: LabelledPictures) -> dict[str, list[Standing]]:
    places: dict[str, list[Standing]] = defaultdict(list)
    for split in SPLITS:
        for sample in pictures.split(split):
            places[pictures.contents[sample.path]].append((split, sample))
    return places


def _torn_groups(found: FoundSamples, division: Division) -> Iterator[str]:
    sides: dict[str, dict[str, Path]] = defaultdict(dict)
    for path, name in found.groups.items():
        if path in division.sides:
            sides[name].setdefault(division.sides[path], path)
    torn = [name for name, there in sides.items() if len(there) > 1]
    if torn:
        yield (
            f"{counted(len(torn), 'group')} of --group-by in more than one split, such as "
            f"{min(torn)}: the splits were given and are kept"
        )
