"""The pictures of a measurement: some of a folder's, spread over it, or made ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import DataError
from ..samples.folders import find_pictures

MOST = 256
MADE = 16
MADE_SIZE = 640, 480


@dataclass(frozen=True)
class BenchPictures:
    """Pictures to measure with.

    Attributes:
        paths: in an order by chance with a fixed seed, so that the first few are a fair part too.
        made: whether tlx made them.
        found: how many the folder holds.
    """

    paths: tuple[Path, ...]
    made: bool
    found: int


def pictures_of(folder: Path) -> BenchPictures:
    """Take up to `MOST` pictures, spread evenly over the folder in sorted order.

    Raises:
        DataError: no such folder, or no pictures in it.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"--data {folder} {what}; give a folder of pictures")
    found = list(find_pictures(folder))
    if not found:
        raise DataError(f"no pictures in {folder}; give a folder of pictures, or no --data at all")
    count = min(MOST, len(found))
    spread = [found[index * len(found) // count] for index in range(count)]
    order = np.random.default_rng(0).permutation(count)
    return BenchPictures(tuple(spread[index] for index in order), made=False, found=len(found))


def make_pictures(folder: Path) -> BenchPictures:
    """Write JPEGs of 640 x 480 whose detail falls off as in photographs, always the same ones."""
    paths = [folder / f"made-{index:02}.jpg" for index in range(MADE)]
    for seed, path in enumerate(paths):
        Image.fromarray(_made_pixels(seed)).save(path, quality=90)
    return BenchPictures(tuple(paths), made=True, found=len(paths))


def _made_pixels(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Add up noise of five sizes of grain, each half as strong as the next coarser one."""
    chance = np.random.default_rng(seed)
    width, height = MADE_SIZE
    total = np.full((height, width, 3), 127.0)
    for step in range(5):
        grain = 2 ** (6 - step)  # 64 down to 4 px
        coarse = chance.integers(0, 256, (-(-height // grain), -(-width // grain), 3), np.uint8)
        fine = Image.fromarray(coarse).resize(MADE_SIZE, Image.Resampling.BICUBIC)
        total += (np.asarray(fine, np.float64) - 127.5) * 0.5**step
    return total.clip(0, 255).astype(np.uint8)
