"""Altered copies: one picture saved again, resized, with its border cut off, made brighter.

`near_duplicates` serves splits and is strict; here the finding is only reported, so more is
looked for. A picture is hashed three times, whole and without borders of 2.5 and 5 % a side, and
they are compared crosswise: the whole of a cropped copy looks like the centre of the original.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .near_duplicates import (
    COLOURS,
    ENOUGH_TO_AVERAGE,
    GREY_BYTES,
    THUMBNAIL_BYTES,
    Box,
    shows_something,
)
from .perceptual_hash import SIDE, WINDOW, Floats, Indices, hash_strengths, pairs_by_hash, waves

BORDERS = (0.0, 0.025, 0.05)
"""Of each side, as a share, that is left out for the thumbnails of one picture."""
SKETCH_BYTES = len(BORDERS) * THUMBNAIL_BYTES
LEAST_ALIKE = 0.97
"""Correlation of what sets two grey thumbnails apart from the average picture of the set."""
LEAST_ALIKE_OF_FEW = 0.99
"""The same where pictures are too few for an average; one set's pictures may all look alike."""
MOST_COLOUR_APART = 12.0
"""Root mean square of the colours' difference, in levels of 255, after fitting the brightness."""
BRIGHTEST = 4 / 3
"""Largest change of brightness, as a factor, that is looked for."""
MOST_OF_NEXT = 0.15
"""How far a pair may be apart, as a share of how far the next other pictures are from it."""
NEXT = 3
"""Which of the next ones counts: copies that are altered too much may be nearer."""
BESIDE = 4096
"""Other pictures, spread evenly, among which the next one is looked for."""
FLIPPED_BITS = 10

_REDUCED = 128
_CHUNK = 4096
_ROWS = 512


@dataclass(frozen=True)
class Alike:
    """Two content hashes, in order, whose pictures are one, and how alike: a correlation, 0..1."""

    one: str
    other: str
    correlation: float


def sketch(picture: Image.Image) -> bytes:
    """Make what altered copies are found by: thumbnails of the whole and of its centre, twice.

    Args:
        picture: of mode RGB.

    Returns:
        `SKETCH_BYTES` bytes.
    """
    small = _reduced(picture, _REDUCED)
    grey, colours = small.convert("L"), _reduced(small, SIDE)
    return b"".join(part for border in BORDERS for part in _thumbnail(grey, colours, border))


def _reduced(picture: Image.Image, side: int) -> Image.Image:
    """Average whole pixels as long as the short side stays that long, which is quick."""
    times = min(picture.size) // side
    return picture.reduce(times) if times > 1 else picture


def _thumbnail(grey: Image.Image, colours: Image.Image, border: float) -> tuple[bytes, bytes]:
    """Make the two parts of `near_duplicates.thumbnail` within a border, each of what it needs.

    Three times over the same picture, most of its time goes into three channels of which only
    grey is kept, and colours need no more than a few pixels.
    """
    shape, small = (SIDE, SIDE), (COLOURS, COLOURS)
    return (
        grey.resize(shape, Image.Resampling.BILINEAR, _within(grey, border)).tobytes(),
        colours.resize(small, Image.Resampling.BOX, _within(colours, border)).tobytes(),
    )


def _within(picture: Image.Image, border: float) -> Box:
    width, height = picture.size
    return border * width, border * height, (1 - border) * width, (1 - border) * height


def is_plain(made: bytes) -> bool:
    """Tell whether a sketch is of a picture that shows nothing."""
    return not shows_something(made[:THUMBNAIL_BYTES])


def altered_copies(sketches: Mapping[str, bytes]) -> list[Alike]:
    """Find pairs of pictures that are one picture, altered.

    The hash finds candidates; a pair counts where thumbnails that lie on each other (whole on
    whole, whole on centre) correlate after the average picture of the set is regressed out of
    both (a partial correlation, which no change of brightness or contrast moves), and where the
    colours agree up to one factor of brightness.

    Where a set's pictures have little to differ in, such as handwritten digits of 8 x 8 pixels,
    many correlate so. So a pair must also stand out: the ratio counts of its distance, 1 less
    the correlation, to that of the third next picture that is no candidate (the ratio test of
    Lowe, 2004, https://doi.org/10.1023/B:VISI.0000029664.99615.94).

    Args:
        sketches: by content hash; the order does not matter.

    Returns:
        Sorted. What is found to be a copy is not compared with others any more: of three alike,
        two pairs may be given.
    """
    keys = sorted(key for key, made in sketches.items() if not is_plain(made))
    if len(keys) < 2:
        return []
    parts = _parts([sketches[key] for key in keys])
    count = len(keys) * len(BORDERS)
    if count > WINDOW:
        rows = pairs_by_hash(parts.hashes(), FLIPPED_BITS, parts.alike)
    else:
        rows = parts.alike(np.stack(np.triu_indices(count, 1), axis=1))
    best = _best(parts, rows)
    kept = sorted(pair for pair, stands_out in _stand_out(parts, best).items() if stands_out)
    return [Alike(keys[one], keys[other], best[one, other]) for one, other in kept]


def _best(parts: "_Parts", rows: Indices) -> dict[tuple[int, int], float]:
    """Give the best correlation of each pair of pictures, whichever parts of them lie so."""
    best: dict[tuple[int, int], float] = {}
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        for row, alike in zip(chunk.tolist(), parts.correlation(chunk).tolist(), strict=True):
            first, second = sorted(place // len(BORDERS) for place in row)
            best[first, second] = max(alike, best.get((first, second), 0.0))
    return best


def _stand_out(
    parts: "_Parts", best: Mapping[tuple[int, int], float]
) -> dict[tuple[int, int], bool]:
    """Tell of each pair whether it is far more alike than either is with what is no copy."""
    concerned = sorted({place for pair in best for place in pair})
    next_one = dict(zip(concerned, parts.next_alike(np.array(concerned, np.intp)), strict=True))
    return {
        (one, other): 1 - alike <= MOST_OF_NEXT * (1 - max(next_one[one], next_one[other]))
        for (one, other), alike in best.items()
    }


@dataclass(frozen=True)
class _Parts:
    """Thumbnails, one a border, picture by picture: `[3N, 1024]` and `[3N, 48]` of uint8.

    `common` is an orthonormal basis of what all share, `[1024, 1 or 2]`.
    """

    grey: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    common: Floats

    def hashes(self) -> NDArray[np.uint8]:
        """Hash every part to 64 bits, uint8 `[3N, 8]`."""
        starts = range(0, len(self.grey), _CHUNK)
        chunks = [self._own(self.grey[start : start + _CHUNK]) @ waves() for start in starts]
        return hash_strengths(np.concatenate(chunks))

    def alike(self, pairs: Indices) -> Indices:
        """Keep the pairs `[P, 2]` of parts that show one picture, and are of different files."""
        one, other = pairs.T // len(BORDERS)
        pairs = pairs[one != other]
        starts = range(0, len(pairs), _CHUNK)
        return np.concatenate([pairs[:0], *(self._agree(pairs[s : s + _CHUNK]) for s in starts)])

    def correlation(self, pairs: Indices) -> Floats:
        """Correlate what sets the parts of pairs `[P, 2]` apart from all, `[P]`."""
        one, other = (self._own(self.grey[rows]) for rows in pairs.T)
        return (one * other).sum(axis=1)

    def next_alike(self, places: Indices) -> Floats:
        """Correlate whole pictures with others; the third best below `LEAST_ALIKE`, `[P]`."""
        step = -(-len(self.grey) // (len(BORDERS) * BESIDE))
        others = self._own(self.grey[:: step * len(BORDERS)])
        found = [np.empty(0, np.float32)]
        for start in range(0, len(places), _ROWS):
            wholes = self.grey[places[start : start + _ROWS] * len(BORDERS)]
            alike = self._own(wholes) @ others.T
            others_only = np.where(alike < LEAST_ALIKE, alike, 0.0)
            best = np.partition(others_only, -min(NEXT, len(others)), axis=1)
            found.append(best[:, -min(NEXT, len(others))])
        return np.concatenate(found)

    def _own(self, grey: NDArray[np.uint8]) -> Floats:
        """Give what sets thumbnails apart, of length 1."""
        floats = grey.astype(np.float32)
        own = floats - (floats @ self.common) @ self.common.T
        return own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-6)

    def _agree(self, pairs: Indices) -> Indices:
        one, other = pairs.T  # the colours first: there are few of them, and most pairs fail
        pairs = pairs[_same_colours(self.colours[one], self.colours[other])]
        least = LEAST_ALIKE if self.common.shape[1] > 1 else LEAST_ALIKE_OF_FEW
        return pairs[self.correlation(pairs) >= least]


def _parts(sketches: Sequence[bytes]) -> _Parts:
    together = np.frombuffer(b"".join(sketches), np.uint8).reshape(-1, THUMBNAIL_BYTES)
    grey, colours = together[:, :GREY_BYTES], together[:, GREY_BYTES:]
    shared = [np.ones(GREY_BYTES)]
    if len(sketches) >= ENOUGH_TO_AVERAGE:
        average = grey[:: len(BORDERS)].mean(axis=0)
        if average.std() > 1:  # a plain one is the first direction again
            shared.append(average)
    common = np.linalg.qr(np.stack(shared, axis=1))[0].astype(np.float32)
    return _Parts(grey, colours, common)


def _same_colours(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Fit the factor of brightness from one to the other, and look at what is left."""
    first, second = one.astype(np.float32), other.astype(np.float32)
    factor = (first * second).sum(axis=1) / np.maximum((first**2).sum(axis=1), 1.0)
    left = np.sqrt(((factor[:, None] * first - second) ** 2).mean(axis=1))
    within = (factor <= BRIGHTEST) & (factor >= 1 / BRIGHTEST)
    return within & (left <= MOST_COLOUR_APART)
