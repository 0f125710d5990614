"""Slices: the score by picture size, by sub-folder, and by the columns of a CSV."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..samples.sample import Sample, normalise_label
from .metrics import wilson_interval
from .scored_picture import ScoredLabels, ScoredPicture, Size

FEW = 30
"""Pictures below which a slice is marked as small."""
MOST_SLICES = 40
"""Slices kept of one kind: those with the most pictures."""
SIZE, FOLDER = "short side", "folder"

Values = Mapping[Path, str]
"""What a column of a CSV says of pictures."""


@dataclass(frozen=True)
class Facts:
    """What is known of pictures beside their truth.

    Attributes:
        sizes: width and height in pixels.
        columns: of a CSV, by name: what they say of the pictures.
    """

    sizes: Mapping[Path, Size] = field(default_factory=dict[Path, Size])
    columns: Mapping[str, Values] = field(default_factory=dict[str, Values])


@dataclass(frozen=True)
class Slice:
    """The pictures that have something in common.

    Attributes:
        by: "short side" (of the picture, in thirds), "folder" (below the label's), or the name
            of a CSV's column.
        name: what they have in common, such as "under 320 px".
        pictures: how many were scored, at least one.
        score: share of them that is right, 0..1: accuracy, for multi-label the exact match.
        interval: 95 %, Wilson.
        small: fewer than 30 pictures: `score` says little.
    """

    by: str
    name: str
    pictures: int
    score: float
    interval: tuple[float, float]
    small: bool


Rows = Sequence[ScoredPicture] | Sequence[ScoredLabels]


def slice_up(
    rows: Rows, samples: Sequence[Sample], columns: Mapping[str, Values], multi_label: bool
) -> tuple[Slice, ...]:
    """Score the slices of N pictures; of each kind the worst first.

    A kind with one slice only says nothing and is left out.

    Args:
        rows: what was scored.
        samples: the same pictures, in the same order.
        columns: by the name of a CSV's column. Numbers of more than ten values are cut in thirds.
        multi_label: the task; pictures of it lie in no label folders.
    """
    kinds = {
        SIZE: _thirds([min(row.size) if row.size else None for row in rows], " px"),
        FOLDER: _folders(samples, multi_label),
        **{name: _cells(values, samples) for name, values in columns.items()},
    }
    return tuple(one for by, names in kinds.items() for one in _scored(by, names, rows))


def _scored(by: str, names: Sequence[str | None], rows: Rows) -> list[Slice]:
    counts: dict[str, tuple[int, int]] = {}
    for name, row in zip(names, rows, strict=True):
        if name is not None:
            pictures, right = counts.get(name, (0, 0))
            counts[name] = pictures + 1, right + row.correct
    if len(counts) < 2:
        return []
    largest = sorted(counts.items(), key=lambda item: -item[1][0])[:MOST_SLICES]
    slices = [
        Slice(by, name, pictures, right / pictures, wilson_interval(right, pictures), small)
        for name, (pictures, right) in largest
        for small in (pictures < FEW,)
    ]
    return sorted(slices, key=lambda one: (one.score, one.name))


def _thirds(values: Sequence[float | None], unit: str = "") -> list[str | None]:
    """Name the third that each value falls into; equal values are never parted."""
    known = np.array([value for value in values if value is not None], np.float64)
    if not known.size:
        return [None] * len(values)
    edges = np.unique(np.quantile(known, [1 / 3, 2 / 3], method="higher"))
    edges = edges[edges > known.min()]
    texts = [f"{edge:.12g}" for edge in edges]
    names = [f"{low} to under {high}{unit}" for low, high in pairwise(texts)]
    if texts:
        names = [f"under {texts[0]}{unit}", *names, f"{texts[-1]}{unit} and more"]
    else:
        names = [f"{known.min():.12g}{unit}"]
    return [
        None if value is None else names[int(np.searchsorted(edges, value, side="right"))]
        for value in values
    ]


def _folders(samples: Sequence[Sample], multi_label: bool) -> list[str]:
    """Name the folder of each picture below its label's, or below the one that all share."""
    parents = [sample.path.parent for sample in samples]
    shared = Path(os.path.commonpath(parents)) if _have_common(parents) else Path()
    names = [None if multi_label else _below(sample) for sample in samples]
    return [
        parent.relative_to(shared).as_posix() if name is None else name
        for name, parent in zip(names, parents, strict=True)
    ]


def _below(sample: Sample) -> str | None:
    parts = [normalise_label(part) for part in sample.path.parent.parts]
    if sample.label not in parts:
        return None
    last = len(parts) - parts[::-1].index(sample.label)
    return "/".join(parts[last:]) or "."


def _have_common(parents: Sequence[Path]) -> bool:
    return len({parent.is_absolute() for parent in parents}) == 1


def _cells(values: Values, samples: Sequence[Sample]) -> list[str | None]:
    cells = [values.get(sample.path) for sample in samples]
    numbers = list(_numbers(cells))
    if len(set(numbers)) > 10 and len(numbers) == len(cells):
        return _thirds(numbers)
    return [None if cell is None else cell or "(empty)" for cell in cells]


def _numbers(cells: Sequence[str | None]) -> Iterator[float | None]:
    """Give the cells that are numbers, and None for the empty ones."""
    for cell in cells:
        try:
            number = float(cell) if cell else None
        except ValueError:
            return
        if number is not None and not math.isfinite(number):
            return
        yield number
