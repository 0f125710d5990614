"""Sides: which picture learns, chooses the epoch, or is only scored."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..inference.wording import counted
from .folders import FoundSamples
from .grouping import group_pictures
from .picture_names import place
from .sample import SPLITS, Sample, labels_of
from .stratification import Stratum, stratify

SPLIT_SEED = 0
"""Fixed, so that runs with different training seeds are scored on the same pictures."""
SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}
FIFTH = {"train": 0.8, "validation": 0.2}


@dataclass(frozen=True)
class ReadPictures:
    """What the reading pass found out.

    Attributes:
        samples: those that can be read.
        contents: SHA-256 of each one's bytes.
        near_duplicates: pairs of such hashes.
    """

    samples: tuple[Sample, ...]
    contents: Mapping[Path, str]
    near_duplicates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Division:
    """Every picture's side, the groups that were kept together, and how it came about."""

    sides: Mapping[Path, str]
    groups: tuple[tuple[Path, ...], ...]
    notes: tuple[str, ...]


def divide(found: FoundSamples, read: ReadPictures) -> Division:
    """Give every picture a side.

    What folders, a CSV or an earlier split say stays. A new picture joins the side of its group
    if one of it has a side; the other groups are divided by stratification.
    """
    groups = group_pictures(read.contents, read.near_duplicates, found.groups)
    sides = {path: side for path, side in known_sides(found).items() if path in read.contents}
    known = {*sides.values()}
    notes = list(_earlier_notes(found))
    new = [path for path in read.contents if path not in sides]
    if new:
        _join_groups(sides, groups)
        shares = {name: part for name, part in SHARES.items() if not known or name in known}
        _stratify(sides, found, read, groups, shares if len(shares) > 1 else FIFTH)
        notes.append(_new_note(len(new), bool(known)))
        notes += _together_note(groups)
    if found.validation is None and "validation" not in sides.values():
        train = {path for path, side in sides.items() if side == "train"}
        for path in train:
            del sides[path]
        _stratify(sides, found, read, groups, FIFTH)
        notes.append("no validation is given: a stratified fifth of train is used for it")
    return Division(sides, tuple(groups), tuple(notes))


def known_sides(found: FoundSamples) -> dict[Path, str]:
    """Give the side of every picture for which folders, a CSV or an earlier split say it."""
    sides: dict[Path, str] = {}
    if not found.flat:
        for side, samples in zip(SPLITS, (found.train, found.validation, found.test), strict=True):
            sides |= {sample.path: side for sample in samples or ()}
    return sides | _fixed(found)


def _fixed(found: FoundSamples) -> dict[Path, str]:
    """Give the fixed sides of the pictures that there are, whatever way their path is spelt."""
    if not found.fixed:
        return {}
    fixed = {place(path): side for path, side in found.fixed.items()}
    places = {sample.path: place(sample.path) for sample in found.everything}
    return {path: fixed[spelt] for path, spelt in places.items() if spelt in fixed}


def _join_groups(sides: dict[Path, str], groups: Iterable[tuple[Path, ...]]) -> None:
    """Let new pictures join their group; one that touches several sides is for training."""
    for group in groups:
        there = {sides[path] for path in group if path in sides}
        if there:
            side = next(name for name in SPLITS if name in there)
            for path in group:
                sides.setdefault(path, side)


def _stratify(
    sides: dict[Path, str],
    found: FoundSamples,
    read: ReadPictures,
    groups: Iterable[tuple[Path, ...]],
    shares: Mapping[str, float],
) -> None:
    """Give a side to every picture that has none."""
    labels = {sample.path: labels_of(sample, found.task) for sample in read.samples}
    members: dict[str, list[Path]] = {}
    for group in groups:
        if undecided := [path for path in group if path not in sides]:
            members[min(read.contents[path] for path in undecided)] = undecided
    strata = [
        Stratum(key, len(paths), Counter(label for path in paths for label in labels[path]))
        for key, paths in members.items()
    ]
    for key, side in stratify(strata, shares, SPLIT_SEED).items():
        sides.update(dict.fromkeys(members[key], side))


def _new_note(count: int, beside_known: bool) -> str:
    if beside_known:
        return f"{counted(count, 'new picture')} without a split: divided among the splits"
    return "one folder without a split: divided 70/15/15 into train, validation, test"


def _together_note(groups: Iterable[tuple[Path, ...]]) -> list[str]:
    sizes = [len(group) for group in groups if len(group) > 1]
    if not sizes:
        return []
    return [
        f"{sum(sizes)} pictures belong together in {counted(len(sizes), 'group')} (copies, "
        "near-duplicates or --group-by); each group stands on one side"
    ]


def _earlier_notes(found: FoundSamples) -> list[str]:
    places = {place(sample.path) for sample in found.everything}
    gone = sorted(path for path in found.fixed if place(path) not in places)
    if not gone:
        return []
    return [f"gone from the earlier split: {counted(len(gone), 'picture')}, such as {gone[0]}"]
