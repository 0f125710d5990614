"""Near-duplicates: one picture saved, resized or converted again, found by a perceptual hash."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 32
_COLOURS = 4
THUMBNAIL_BYTES = _SIDE * _SIDE + _COLOURS * _COLOURS * 3

MOST_APART = 4.0
"""Root mean square of the difference of two thumbnails, in levels of 255, in grey and in colour."""
LEAST_ALIKE = 0.996
"""Correlation of what sets two grey thumbnails apart from the average picture of the set."""
PLAIN = 2.0
"""Standard deviation of a grey thumbnail, in levels, below which a picture shows nothing."""
ENOUGH_TO_AVERAGE = 32
"""Of fewer pictures an average says little, and is taken for no picture at all."""
FLIPPED_BITS = 6
WINDOW = 64
"""Neighbours looked at in a bucket of the hash: bounds the work where thousands are alike."""

_BYTES = 8
_CHUNK = 4096

Bits = NDArray[np.uint64]
Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


def thumbnail(picture: Image.Image) -> bytes:
    """Make what pictures are compared by: 32 x 32 grey pixels, then 4 x 4 of RGB.

    Args:
        picture: of mode RGB.

    Returns:
        `THUMBNAIL_BYTES` bytes.
    """
    # The triangle filter forgives resizing, where a box is off by part of a pixel.
    small = picture.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, reducing_gap=4.0)
    colours = small.resize((_COLOURS, _COLOURS), Image.Resampling.BOX)
    return small.convert("L").tobytes() + colours.tobytes()


def near_duplicates(thumbnails: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Find pairs of pictures that are one picture saved twice.

    A hash of 64 bits, one a low frequency of the cosine transform, finds the candidates; the
    thumbnails decide. Both look at what sets a picture apart from the others: a bit compares with
    the median of the set, and the average picture is subtracted before correlating. So pictures
    of a fixed camera, all alike to the eye, are no duplicates of each other. Plain pictures have
    nothing to compare and are never called duplicates here.

    After "pHash" (Zauner, 2010, https://www.phash.org/docs/pubs/thesis_zauner.pdf), whose bits
    compare with the picture's own median.

    Args:
        thumbnails: by content hash; the order does not matter.

    Returns:
        Sorted pairs of content hashes. What is found to be a duplicate is not compared with others
        any more: of three alike, two pairs may be given.
    """
    keys = sorted(key for key, pixels in thumbnails.items() if _shows_something(pixels))
    if len(keys) < 2:
        return []
    looks = _looks([thumbnails[key] for key in keys])
    if len(keys) > WINDOW:
        pairs = _by_hash(looks)
    else:
        pairs = looks.alike(np.stack(np.triu_indices(len(keys), 1), axis=1))
    return sorted((keys[min(pair)], keys[max(pair)]) for pair in pairs.tolist())


@dataclass(frozen=True)
class _Looks:
    """Thumbnails as uint8 `[N, 1024]` and `[N, 48]`, and the average of the first, `[1024]`."""

    grey: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    average: Floats

    def alike(self, pairs: Indices) -> Indices:
        """Keep the pairs `[P, 2]` whose thumbnails are those of one picture."""
        chunks = [pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK)]
        return np.concatenate([pairs[:0], *(chunk[self._verdicts(chunk)] for chunk in chunks)])

    def _verdicts(self, pairs: Indices) -> NDArray[np.bool_]:
        one, other = pairs.T
        close = _apart(self.colours[one], self.colours[other]) <= MOST_APART
        close &= _apart(self.grey[one], self.grey[other]) <= MOST_APART
        correlation = _correlation(self.grey[one] - self.average, self.grey[other] - self.average)
        return close & (correlation >= LEAST_ALIKE)


def _shows_something(pixels: bytes) -> bool:
    grey = np.frombuffer(pixels, np.uint8, _SIDE * _SIDE)
    return float(grey.std()) >= PLAIN


def _looks(thumbnails: Sequence[bytes]) -> _Looks:
    together = np.frombuffer(b"".join(thumbnails), np.uint8).reshape(-1, THUMBNAIL_BYTES)
    grey, colours = together[:, : _SIDE * _SIDE], together[:, _SIDE * _SIDE :]
    if len(grey) < ENOUGH_TO_AVERAGE:
        return _Looks(grey, colours, np.zeros(grey.shape[1], np.float32))
    return _Looks(grey, colours, grey.mean(axis=0).astype(np.float32))


def _hashes(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Hash grey thumbnails to 64 bits, uint8 `[N, 8]`."""
    waves = _waves()
    chunks = [grey[start : start + _CHUNK] @ waves for start in range(0, len(grey), _CHUNK)]
    strengths = np.concatenate(chunks)
    return np.packbits(strengths > np.median(strengths, axis=0), axis=1)


@cache
def _waves() -> Floats:
    """Give the cosine transform's 64 lowest frequencies, float32 `[1024, 64]`, but the mean."""
    places = (np.arange(_SIDE) + 0.5) * np.pi / _SIDE
    frequencies = sorted(((u, v) for u in range(12) for v in range(12)), key=lambda f: (sum(f), f))
    waves = [np.outer(np.cos(places * u), np.cos(places * v)) for u, v in frequencies[1:65]]
    return np.stack([wave.ravel() for wave in waves], axis=1).astype(np.float32)


def _by_hash(looks: _Looks) -> Indices:
    """Find the alike at most `FLIPPED_BITS` apart, intp `[P, 2]`, without comparing all with all.

    Six flipped bits leave at least two of eight bytes as they are: pictures that share some two
    bytes share a bucket.
    """
    hashes = _hashes(looks.grey)
    bits = np.ascontiguousarray(hashes).view(np.uint64).ravel()
    found = [np.empty((0, 2), np.intp)]
    left = np.ones(len(bits), np.bool_)  # not yet found to be a duplicate of an earlier one
    for first, second in combinations(range(_BYTES), 2):
        rows = np.flatnonzero(left)
        buckets = hashes[rows, first].astype(np.uint16) << 8 | hashes[rows, second]
        order = np.lexsort((bits[rows], buckets))
        found += _in_buckets(looks, bits, rows[order], buckets[order], left)
    return np.concatenate(found)


def _in_buckets(
    looks: _Looks, bits: Bits, rows: Indices, buckets: NDArray[np.uint16], left: NDArray[np.bool_]
) -> Iterator[Indices]:
    """Compare neighbours within buckets, the nearest first; strike what is found from `left`."""
    places = np.arange(len(rows))
    for step in range(1, WINDOW + 1):
        places = places[places + step < len(rows)]
        places = places[buckets[places] == buckets[places + step]]
        if not len(places):
            return
        pairs = np.stack((rows[places], rows[places + step]), axis=1)
        pairs = pairs[left[pairs].all(axis=1)]
        near = _count_bits(bits[pairs[:, 0]] ^ bits[pairs[:, 1]]) <= FLIPPED_BITS
        alike = looks.alike(pairs[near])
        left[alike.max(axis=1, initial=0)] = False
        yield alike


_ODD, _PAIRS, _NIBBLES, _SUM = (
    np.uint64(mask)
    for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F, 0x0101010101010101)
)
_1, _2, _4, _56 = (np.uint64(shift) for shift in (1, 2, 4, 56))


def _count_bits(bits: Bits) -> Bits:
    """Count the ones of 64 bits; numpy's own count is not in 1.26."""
    twos: Bits = bits - ((bits >> _1) & _ODD)
    fours: Bits = (twos & _PAIRS) + ((twos >> _2) & _PAIRS)
    eights: Bits = (fours + (fours >> _4)) & _NIBBLES
    return (eights * _SUM) >> _56


def _apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Floats:
    difference = one.astype(np.float32) - other
    return np.sqrt((difference**2).mean(axis=1))


def _correlation(one: Floats, other: Floats) -> Floats:
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / np.maximum(size, 1e-6)
