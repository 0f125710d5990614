"""Findings about pairs: one picture twice, and whether that falsifies a number."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from .altered_copies import altered_copies
from .findings import Finding
from .folders import FoundSamples
from .label_checks import sides_of
from .picture_facts import PictureFacts
from .sample import SPLITS


@dataclass(frozen=True, order=True)
class _Standing:
    """Where a picture stands: the place of its split in `SPLITS`, its label and path."""

    rank: int
    label: str
    path: Path


SIDE_HASHED = 8
"""Short side, in pixels, below which only equal files are copies: a hash has 8 x 8 bits."""

_ByContent = Mapping[str, Sequence[_Standing]]


def pair_findings(found: FoundSamples, facts: Sequence[PictureFacts]) -> Iterator[Finding]:
    """Find files of equal content, and pictures that are copies of each other, altered."""
    places = _by_content(found, facts)
    for content in sorted(places):
        yield from _identical(places[content])
    sketches = {row.sha256: row.sketch for row in facts if _has_detail(row)}
    for pair in altered_copies(sketches):
        one, other = _worst(places[pair.one], places[pair.other])
        yield _finding(one, other, "near-duplicate", f"one picture ({pair.correlation:.3f} alike)")


def _has_detail(row: PictureFacts) -> bool:
    """Tell whether a picture has at least as many pixels as its hash has bits."""
    header = row.header
    return (
        header is not None and min(header.width, header.height) >= SIDE_HASHED and row.sketch != b""
    )


def group_findings(found: FoundSamples) -> Iterator[Finding]:
    """Find groups of --group-by that stand in more than one split."""
    if found.flat and not found.fixed:
        return
    there: dict[str, dict[str, Path]] = defaultdict(dict)
    for split, samples in sides_of(found).items():
        for sample in samples:
            if sample.path in found.groups:
                there[found.groups[sample.path]].setdefault(split, sample.path)
    for name, paths in sorted(there.items()):
        if len(paths) > 1:
            detail = f"group {name!r} stands in {' and '.join(paths)}"
            yield Finding("group-leak", tuple(paths.values()), detail)


def _by_content(found: FoundSamples, facts: Sequence[PictureFacts]) -> _ByContent:
    ranks = {
        sample.path: SPLITS.index(split)
        for split, samples in sides_of(found).items()
        for sample in samples
    }
    places: dict[str, list[_Standing]] = defaultdict(list)
    for row in facts:
        if row.sketch:
            sample = row.sample
            places[row.sha256].append(_Standing(ranks[sample.path], sample.label, sample.path))
    return {content: sorted(standing) for content, standing in places.items()}


def _identical(standing: Sequence[_Standing]) -> Iterator[Finding]:
    """Pair every file with the first of its content, or with the first where it is worse."""
    for place, other in enumerate(standing[1:], start=1):
        one, _ = _worst(standing[:place], [other])
        yield _finding(one, other, "duplicate", "identical files")


def _worst(some: Sequence[_Standing], others: Sequence[_Standing]) -> tuple[_Standing, _Standing]:
    return max(product(some, others), key=lambda pair: _badness(*pair))


def _badness(one: _Standing, other: _Standing) -> int:
    return 2 * (one.label != other.label) + (one.rank != other.rank)


def _finding(one: _Standing, other: _Standing, harmless: str, how: str) -> Finding:
    first, second = sorted((one, other))
    kind, where = harmless, ""
    if one.rank != other.rank:
        kind, where = "leak", f", in {SPLITS[first.rank]} and {SPLITS[second.rank]}"
    if one.label != other.label:
        kind = "label-conflict"
        where = f", labelled {first.label!r} and {second.label!r}{where}"
    return Finding(kind, (first.path, second.path), how + where)
