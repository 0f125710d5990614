"""Altered copies: one picture saved again, resized, with its border cut off, made brighter.

`near_duplicates` serves splits and is strict; here the finding is only reported, so more is
looked for. A picture is hashed three times, whole and without borders of 2.5 and 5 % a side, and
they are compared crosswise: the whole of a cropped copy looks like the centre of the original.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .near_duplicates import ENOUGH_TO_AVERAGE, GREY_BYTES
from .perceptual_hash import WINDOW, Floats, Indices, hash_strengths, pairs_by_hash
from .sketch import BORDERS, GREYS, colour_matrix, hash_matrix, part, show_something, stacked

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

_CHUNK = 4096
_ROWS = 512


@dataclass(frozen=True)
class Alike:
    """Two content hashes, in order, whose pictures are one, and how alike: a correlation, 0..1."""

    one: str
    other: str
    correlation: float


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
    names = sorted(sketches)
    pixels = stacked(sketches[name] for name in names)
    shown = np.flatnonzero(show_something(pixels))
    if len(shown) < 2:
        return []
    keys, parts = [names[place] for place in shown], _parts(pixels[shown])
    count = len(keys) * len(BORDERS)
    if count > WINDOW:
        rows = pairs_by_hash(hash_strengths(parts.strengths), FLIPPED_BITS, parts.alike)
    else:
        every = np.stack(np.triu_indices(count, 1), axis=1)
        rows = every[parts.alike(every)]
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
    """What pictures are compared by, three parts each, which are numbered picture by picture.

    `grey` are the sketches, uint8 `[N, 1600]`, `colours` those of the parts, uint8 `[3N, 48]`,
    `common` is an orthonormal basis of what all parts share, `[1024, 1 or 2]`, and `strengths`
    are those of 64 frequencies of what sets a part apart, of length 1, `[3N, 64]`.
    """

    grey: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    common: Floats
    strengths: Floats

    def alike(self, pairs: Indices) -> NDArray[np.bool_]:
        """Tell of pairs `[P, 2]` of parts whether they show one picture, of different files."""
        found = np.zeros(len(pairs), np.bool_)
        one, other = pairs.T
        left = np.flatnonzero(one // len(BORDERS) != other // len(BORDERS))
        for start in range(0, len(left), _CHUNK):
            rows = left[start : start + _CHUNK]
            found[rows[self._agree(pairs[rows])]] = True
        return found

    def correlation(self, pairs: Indices) -> Floats:
        """Correlate what sets the parts of pairs `[P, 2]` apart from all, `[P]`."""
        one, other = (self._own(rows) for rows in pairs.T)
        return (one * other).sum(axis=1)

    def next_alike(self, places: Indices) -> Floats:
        """Correlate whole pictures with others; the third best below `LEAST_ALIKE`, `[P]`."""
        step = -(-len(self.grey) // BESIDE)
        others = self._own(np.arange(0, len(self.colours), step * len(BORDERS)))
        found = [np.empty(0, np.float32)]
        for start in range(0, len(places), _ROWS):
            alike = self._own(places[start : start + _ROWS] * len(BORDERS)) @ others.T
            others_only = np.where(alike < LEAST_ALIKE, alike, 0.0)
            best = np.partition(others_only, -min(NEXT, len(others)), axis=1)
            found.append(best[:, -min(NEXT, len(others))])
        return np.concatenate(found)

    def _own(self, rows: Indices) -> Floats:
        """Give what sets parts apart, of length 1, `[P, 1024]`."""
        own = np.empty((len(rows), GREY_BYTES), np.float32)
        pictures, borders = np.divmod(rows, len(BORDERS))
        for border in range(len(BORDERS)):
            of = borders == border
            own[of] = part(self.grey[pictures[of]].astype(np.float32), border)
        own -= (own @ self.common) @ self.common.T
        return _of_length_1(own)

    def _agree(self, pairs: Indices) -> Indices:
        """Give the places of those that agree; what few numbers tell is looked at first."""
        least = LEAST_ALIKE if self.common.shape[1] > 1 else LEAST_ALIKE_OF_FEW
        one, other = pairs.T
        left = np.flatnonzero(_same_colours(self.colours[one], self.colours[other]))
        one, other = pairs[left].T
        left = left[(self.strengths[one] * self.strengths[other]).sum(axis=1) >= least]
        return left[self.correlation(pairs[left]) >= least]


def _parts(sketches: NDArray[np.uint8]) -> _Parts:
    grey, colours = sketches[:, : GREYS * GREYS], sketches[:, GREYS * GREYS :]
    common, count = _common(grey), len(grey) * len(BORDERS)
    of_parts = _product(colours, colour_matrix()).reshape(count, -1)
    strengths = _product(grey, hash_matrix(common)).reshape(count, -1)
    return _Parts(grey, of_parts.round().astype(np.uint8), common, _of_length_1(strengths))


def _common(grey: NDArray[np.uint8]) -> Floats:
    """Give an orthonormal basis of brightness and of the average picture, if there is one."""
    shared = [np.ones((1, GREY_BYTES), np.float32)]
    if len(grey) >= ENOUGH_TO_AVERAGE:
        average = part(grey.mean(axis=0, dtype=np.float32)[None], 0)
        if average.std() > 1:  # a plain one is the first direction again
            shared.append(average)
    return np.linalg.qr(np.concatenate(shared).T)[0]


def _product(rows: NDArray[np.uint8], matrix: Floats) -> Floats:
    starts = range(0, len(rows), _CHUNK)
    return np.concatenate([rows[s : s + _CHUNK].astype(np.float32) @ matrix for s in starts])


def _of_length_1(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def _same_colours(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Fit the factor of brightness from one to the other, and look at what is left."""
    first, second = one.astype(np.float32), other.astype(np.float32)
    factor = (first * second).sum(axis=1) / np.maximum((first**2).sum(axis=1), 1.0)
    left = np.sqrt(((factor[:, None] * first - second) ** 2).mean(axis=1))
    within = (factor <= BRIGHTEST) & (factor >= 1 / BRIGHTEST)
    return within & (left <= MOST_COLOUR_APART)
