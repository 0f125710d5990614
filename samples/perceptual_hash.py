"""The perceptual hash: 64 bits of low frequencies, and finding hashes that are nearly equal.

After "pHash" (Zauner, 2010, https://www.phash.org/docs/pubs/thesis_zauner.pdf), whose bits
compare with the picture's own median; here they compare with the median of the set.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

SIDE = 32
"""Of the grey thumbnail that is hashed, in pixels."""
WINDOW = 64
"""Neighbours looked at in a bucket of the hash: bounds the work where thousands are alike."""

_BYTES = 8
_TOGETHER = 65536

Bits = NDArray[np.uint64]
Floats = NDArray[np.float32]
Indices = NDArray[np.intp]
Confirm = Callable[[Indices], NDArray[np.bool_]]
"""Takes pairs of rows, `[P, 2]`; tells, `[P]`, which are one picture."""


def hash_strengths(strengths: Floats) -> NDArray[np.uint8]:
    """Turn the strengths of frequencies, `[N, 64]`, into hashes of 64 bits, uint8 `[N, 8]`."""
    return np.packbits(strengths > np.median(strengths, axis=0), axis=1)


@cache
def waves() -> Floats:
    """Give the cosine transform's 64 lowest frequencies, float32 `[1024, 64]`, but the mean."""
    places = (np.arange(SIDE) + 0.5) * np.pi / SIDE
    frequencies = sorted(((u, v) for u in range(12) for v in range(12)), key=lambda f: (sum(f), f))
    found = [np.outer(np.cos(places * u), np.cos(places * v)) for u, v in frequencies[1:65]]
    return np.stack([wave.ravel() for wave in found], axis=1).astype(np.float32)


def pairs_by_hash(hashes: NDArray[np.uint8], most_flipped: int, confirm: Confirm) -> Indices:
    """Find the pairs that are confirmed, intp `[P, 2]`, without comparing all with all.

    Candidates share some two of eight bytes and are at most `most_flipped` bits apart: of six
    flipped bits or fewer at least two bytes are left as they are, of more mostly. Which row of a
    pair is the later one is not compared with others any more.

    Args:
        hashes: uint8 `[N, 8]`.
        most_flipped: bits.
        confirm: decides on candidates.
    """
    bits = np.ascontiguousarray(hashes).view(np.uint64).ravel()
    found = [np.empty((0, 2), np.intp)]
    left = np.ones(len(bits), np.bool_)  # not yet found to be a duplicate of an earlier one
    in_order = np.argsort(bits, kind="stable")
    for first, second in combinations(range(_BYTES), 2):
        rows = in_order[left[in_order]]
        buckets = hashes[rows, first].astype(np.uint16) << 8 | hashes[rows, second]
        order = np.argsort(buckets, kind="stable")  # of 16 bits a radix sort, which is quick
        for steps in _enough_together(_neighbours(rows[order], buckets[order])):
            candidates = [
                pairs[_count_bits(bits[pairs[:, 0]] ^ bits[pairs[:, 1]]) <= most_flipped]
                for pairs in (step[left[step].all(axis=1)] for step in steps)
            ]
            alike = confirm(np.concatenate(candidates))
            ends = np.cumsum([len(pairs) for pairs in candidates])[:-1]
            for pairs, these in zip(candidates, np.split(alike, ends), strict=True):
                kept = pairs[these]
                kept = kept[left[kept].all(axis=1)]  # an earlier step may have found one of them
                left[kept.max(axis=1, initial=0)] = False
                found.append(kept)
    return np.concatenate(found)


def _enough_together(steps: Iterator[Indices]) -> Iterator[list[Indices]]:
    """Gather steps of few pairs each, which are dearer one by one."""
    waiting: list[Indices] = []
    for step in steps:
        waiting.append(step)
        if sum(map(len, waiting)) >= _TOGETHER:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _neighbours(rows: Indices, buckets: NDArray[np.uint16]) -> Iterator[Indices]:
    """Pair neighbours within buckets, the nearest first."""
    places = np.arange(len(rows))
    for step in range(1, WINDOW + 1):
        places = places[places + step < len(rows)]
        places = places[buckets[places] == buckets[places + step]]
        if not len(places):
            return
        yield np.stack((rows[places], rows[places + step]), axis=1)


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
