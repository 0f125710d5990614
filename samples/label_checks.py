"""Findings about labels and splits: spelling, absence, and numbers too small to say much."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

from ..inference.wording import counted
from .dividing import SHARES, known_sides
from .findings import Finding
from .folders import FoundSamples
from .sample import SPLITS, Sample, labels_of

FEW = 10
"""Training pictures below which a label is hardly learned."""
IMBALANCED = 10
"""Ratio of the largest label to the smallest from which it is said."""

_Z = 1.959964  # of a two-sided 95 % interval


@dataclass(frozen=True)
class Claim:
    """What accuracy is to be claimed, and how closely: 0.9 and 0.05 are 90 % to 5 points."""

    accuracy: float = 0.9
    margin: float = 0.05


@dataclass(frozen=True)
class _Counts:
    """Pictures by split and label; estimated where the splits are still to be made."""

    splits: Mapping[str, Mapping[str, int]]
    pictures: Mapping[str, int]
    estimated: bool


def label_findings(found: FoundSamples, claim: Claim) -> Iterator[Finding]:
    """Say what the labels and the splits' sizes make impossible or doubtful; opens no picture."""
    counts = _count(found)
    yield from _spelling(counts)
    if not counts.estimated:
        yield from _absent(counts)
    yield from _sizes(counts)
    yield from _small_splits(counts, claim)


def half_width(share: float, trials: int) -> float:
    """Compute half the 95 % interval of a share (Wilson, 1927); trials >= 1."""
    spread = sqrt(share * (1 - share) / trials + (_Z / (2 * trials)) ** 2)
    return _Z * spread / (1 + _Z**2 / trials)


def _count(found: FoundSamples) -> _Counts:
    estimated = found.flat and not found.fixed
    if estimated:
        everything = _by_label(found.train, found.task)
        splits = {
            split: {label: round(part * count) for label, count in everything.items()}
            for split, part in SHARES.items()
        }
        sizes = {split: round(part * len(found.train)) for split, part in SHARES.items()}
        return _Counts(splits, sizes, estimated=True)
    sides = sides_of(found)
    samples = {split: sides[split] for split in SPLITS if sides[split]}
    by_label = {split: _by_label(there, found.task) for split, there in samples.items()}
    return _Counts(by_label, {split: len(there) for split, there in samples.items()}, False)


def sides_of(found: FoundSamples) -> Mapping[str, tuple[Sample, ...]]:
    """Give the samples by split, as folders, CSV or an earlier split say; others in "train"."""
    known = known_sides(found)
    sides: dict[str, list[Sample]] = {split: [] for split in SPLITS}
    for sample in found.everything:
        sides[known.get(sample.path, "train")].append(sample)
    return {split: tuple(samples) for split, samples in sides.items()}


def _by_label(samples: tuple[Sample, ...], task: str) -> Counter[str]:
    return Counter(label for sample in samples for label in labels_of(sample, task))


def _spelling(counts: _Counts) -> Iterator[Finding]:
    alike: dict[str, set[str]] = defaultdict(set)
    for there in counts.splits.values():
        for label in there:
            alike["".join(unicodedata.normalize("NFKC", label).casefold().split())].add(label)
    for labels in alike.values():
        if len(labels) > 1:
            names = ", ".join(repr(label) for label in sorted(labels))
            yield Finding("label-spelling", (), f"{names} are learned as different labels")


def _absent(counts: _Counts) -> Iterator[Finding]:
    trained = counts.splits.get("train", {})
    for split in ("validation", "test"):
        if split not in counts.splits:
            continue
        there = counts.splits[split]
        for label in sorted({*there} - {*trained}):
            detail = f"{label!r} has {counted(there[label], f'{split} picture')} and none in train"
            yield Finding("label-not-trained", (), detail)
        for label in sorted({*trained} - {*there}):
            detail = f"{split} has no picture of {label!r}: its score says nothing about it"
            yield Finding("label-missing", (), detail)


def _sizes(counts: _Counts) -> Iterator[Finding]:
    trained = counts.splits.get("train", {})
    about = "about " if counts.estimated else ""
    for label, count in sorted(trained.items()):
        if count < FEW:
            detail = f"{label!r} has only {about}{counted(count, 'training picture')}"
            yield Finding("few-pictures", (), detail)
    if len(trained) < 2:
        return
    ordered = sorted(trained.items(), key=lambda item: (item[1], item[0]))
    (rare, fewest), (common, most) = ordered[0], ordered[-1]
    if most >= IMBALANCED * max(fewest, 1):
        detail = f"{common!r} has {about}{most} training pictures, {rare!r} {about}{fewest}"
        yield Finding("imbalance", (), detail)


def _small_splits(counts: _Counts, claim: Claim) -> Iterator[Finding]:
    for split in ("validation", "test"):
        count = counts.pictures.get(split, 0)
        if not count:
            continue
        width = half_width(claim.accuracy, count)
        if width > claim.margin:
            about = "will have about" if counts.estimated else "has"
            yield Finding(
                "small-split",
                (),
                f"{split} {about} {counted(count, 'picture')}: an accuracy of "
                f"{claim.accuracy:.0%} would be known to ±{100 * width:.1f} points "
                f"(95%, Wilson); ±{100 * claim.margin:g} needs {_enough(claim)}",
            )


def _enough(claim: Claim) -> int:
    """Find how many pictures the claim needs, by halving: the width falls with the number."""
    low, high = 1, 1
    while half_width(claim.accuracy, high) > claim.margin:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if half_width(claim.accuracy, middle) > claim.margin:
            low = middle + 1
        else:
            high = middle
    return high
