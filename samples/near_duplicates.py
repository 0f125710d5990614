"""Near-duplicates: one picture saved, resized or converted again, found by a perceptual hash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .perceptual_hash import SIDE, WINDOW, Floats, Indices, hash_strengths, pairs_by_hash, waves

COLOURS = 4
"""Of the thumbnail of colours, in pixels."""
GREY_BYTES = SIDE * SIDE
THUMBNAIL_BYTES = GREY_BYTES + COLOURS * COLOURS * 3

MOST_APART = 4.0
"""Root mean square of the difference of two thumbnails, in levels of 255, in grey and in colour."""
LEAST_ALIKE = 0.996
"""Correlation of what sets two grey thumbnails apart from the average picture of the set."""
PLAIN = 2.0
"""Standard deviation of a grey thumbnail, in levels, below which a picture shows nothing."""
ENOUGH_TO_AVERAGE = 32
"""Of fewer pictures an average says little, and is taken for no picture at all."""
FLIPPED_BITS = 6

_CHUNK = 4096

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""


def thumbnail(picture: Image.Image) -> bytes:
    """Make what pictures are compared by: 32 x 32 grey pixels, then 4 x 4 of RGB.

    Args:
        picture: of mode RGB.

    Returns:
        `THUMBNAIL_BYTES` bytes.
    """
    # The triangle filter forgives resizing, where a box is off by part of a pixel.
    small = picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=4.0)
    colours = small.resize((COLOURS, COLOURS), Image.Resampling.BOX)
    return small.convert("L").tobytes() + colours.tobytes()


def near_duplicates(thumbnails: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Find pairs of pictures that are one picture saved twice.

    A hash of 64 bits, one a low frequency of the cosine transform, finds the candidates; the
    thumbnails decide. Both look at what sets a picture apart from the others: a bit compares with
    the median of the set, and the average picture is subtracted before correlating. So pictures
    of a fixed camera, all alike to the eye, are no duplicates of each other. Plain pictures have
    nothing to compare and are never called duplicates here.

    Args:
        thumbnails: by content hash; the order does not matter.

    Returns:
        Sorted pairs of content hashes. What is found to be a duplicate is not compared with others
        any more: of three alike, two pairs may be given.
    """
    keys = sorted(key for key, pixels in thumbnails.items() if shows_something(pixels))
    if len(keys) < 2:
        return []
    looks = _looks([thumbnails[key] for key in keys])
    if len(keys) > WINDOW:
        pairs = _by_hash(looks)
    else:
        every = np.stack(np.triu_indices(len(keys), 1), axis=1)
        pairs = every[looks.alike(every)]
    return sorted((keys[min(pair)], keys[max(pair)]) for pair in pairs.tolist())


@dataclass(frozen=True)
class _Looks:
    """Thumbnails as uint8 `[N, 1024]` and `[N, 48]`, and the average of the first, `[1024]`."""

    grey: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    average: Floats

    def alike(self, pairs: Indices) -> NDArray[np.bool_]:
        """Tell of pairs `[P, 2]` whether their thumbnails are those of one picture, `[P]`."""
        chunks = [pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK)]
        return np.concatenate([np.empty(0, np.bool_), *map(self._verdicts, chunks)])

    def _verdicts(self, pairs: Indices) -> NDArray[np.bool_]:
        one, other = pairs.T
        close = _apart(self.colours[one], self.colours[other]) <= MOST_APART
        close &= _apart(self.grey[one], self.grey[other]) <= MOST_APART
        correlation = _correlation(self.grey[one] - self.average, self.grey[other] - self.average)
        return close & (correlation >= LEAST_ALIKE)


def shows_something(pixels: bytes) -> bool:
    """Tell whether a thumbnail is not plain."""
    grey = np.frombuffer(pixels, np.uint8, GREY_BYTES)
    return float(grey.std()) >= PLAIN


def _looks(thumbnails: Sequence[bytes]) -> _Looks:
    together = np.frombuffer(b"".join(thumbnails), np.uint8).reshape(-1, THUMBNAIL_BYTES)
    grey, colours = together[:, :GREY_BYTES], together[:, GREY_BYTES:]
    if len(grey) < ENOUGH_TO_AVERAGE:
        return _Looks(grey, colours, np.zeros(grey.shape[1], np.float32))
    return _Looks(grey, colours, grey.mean(axis=0).astype(np.float32))


def _by_hash(looks: _Looks) -> Indices:
    chunks = [looks.grey[start : start + _CHUNK] for start in range(0, len(looks.grey), _CHUNK)]
    strengths = np.concatenate([chunk @ waves() for chunk in chunks])
    return pairs_by_hash(hash_strengths(strengths), FLIPPED_BITS, looks.alike)


def _apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Floats:
    difference = one.astype(np.float32) - other
    return np.sqrt((difference**2).mean(axis=1))


def _correlation(one: Floats, other: Floats) -> Floats:
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / np.maximum(size, 1e-6)
