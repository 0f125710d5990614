"""What altered copies are found by: a picture of a few pixels, from which its parts are made.

The parts are thumbnails of the whole and of the whole without its border. They are linear in the
sketch, so of many pictures they are made, and hashed, by a few products of matrices.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .near_duplicates import COLOURS, GREY_BYTES, PLAIN
from .perceptual_hash import SIDE, Floats, waves

GREYS = 40
"""Side of a sketch in grey, in pixels; in colour it is a quarter."""
REDUCED = 4
SKETCH_BYTES = GREYS * GREYS + 3 * (GREYS // REDUCED) ** 2
BORDERS = (0.0, 0.025, 0.05)
"""Of each side, as a share, that is left out for the parts of one picture."""
ENOUGH = GREYS * 6 // 5
"""Short side, in pixels, from which a picture may be decoded at a smaller scale."""

_CHUNK = 256


def sketch(picture: Image.Image) -> bytes:
    """Make what altered copies are found by: 40 x 40 grey pixels, then 10 x 10 of RGB.

    Args:
        picture: of mode RGB.

    Returns:
        `SKETCH_BYTES` bytes.
    """
    # Averages of whole pixels are quick; the triangle filter then forgives parts of a pixel.
    times = min(picture.size) // (2 * GREYS)
    small = picture.reduce(times) if times > 1 else picture
    square = small.resize((GREYS, GREYS), Image.Resampling.BILINEAR)
    return square.convert("L").tobytes() + square.reduce(REDUCED).tobytes()


def stacked(sketches: Iterable[bytes]) -> NDArray[np.uint8]:
    """Put sketches into one array, uint8 `[N, SKETCH_BYTES]`."""
    return np.frombuffer(b"".join(sketches), np.uint8).reshape(-1, SKETCH_BYTES)


def show_something(sketches: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell of sketches as `stacked` gives them whether they are not plain, bool `[N]`."""
    chunks = [sketches[s : s + _CHUNK, : GREYS * GREYS] for s in range(0, len(sketches), _CHUNK)]
    spreads = [chunk.std(axis=1, dtype=np.float32) for chunk in chunks]
    return np.concatenate([np.empty(0, np.float32), *spreads]) >= PLAIN


@cache
def across(source: int, target: int, border: float) -> Floats:
    """Give the matrix, float32 `[target, source]`, that resizes a row without its borders.

    A square of `source` pixels a side becomes `across @ square @ across.T`, as Pillow would
    resize it with the triangle filter, but not rounded.
    """
    unit = Image.fromarray(np.eye(source, dtype=np.float32))
    within = (border * source, 0, (1 - border) * source, source)
    resized = unit.resize((target, source), Image.Resampling.BILINEAR, within)
    return np.asarray(resized, np.float32).T.copy()


def part(greys: Floats, border: int) -> Floats:
    """Make the thumbnails of one border, float32 `[N, 1024]`, of sketches `[N, 1600]` in grey."""
    matrix = across(GREYS, SIDE, BORDERS[border])
    squares = greys.reshape(-1, GREYS, GREYS)
    return np.asarray(matrix @ squares @ matrix.T, np.float32).reshape(-1, GREY_BYTES)


def colour_matrix() -> Floats:
    """Give the colours' matrix, float32 `[300, 144]`: from a sketch's to 4 x 4 of each part."""
    side = GREYS // REDUCED
    matrices = [across(side, COLOURS, border) for border in BORDERS]
    both = [np.einsum("ai,bj,cd->ijcabd", one, one, np.eye(3)) for one in matrices]
    return np.concatenate([one.reshape(side * side * 3, -1) for one in both], axis=1).astype(
        np.float32
    )


def hash_matrix(common: Floats) -> Floats:
    """Give the matrix, float32 `[1600, 192]`, from sketches to 64 frequencies of each part.

    Args:
        common: orthonormal, `[1024, K]`: what is taken out of a part before.
    """
    own = waves() - common @ (common.T @ waves())
    squares = own.reshape(SIDE, SIDE, -1)
    matrices = [across(GREYS, SIDE, border) for border in BORDERS]
    made = [np.einsum("ai,bj,abk->ijk", one, one, squares, optimize=True) for one in matrices]
    return np.concatenate([one.reshape(GREYS * GREYS, -1) for one in made], axis=1)
