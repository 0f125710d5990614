"""Decoded pictures, kept so that each is decoded once: in memory, or in a file that is mapped.

What is kept is the RGB picture after the card's resize, before any crop: augmentation and
validation begin from there whether it was kept or not, so that a cache changes no result.
"""

import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..inference.cores import available_cores
from ..inference.picture import decode
from ..inference.preprocessing import resize

Pixels = NDArray[np.uint8]

AHEAD = 256
"""Pictures decoded before they are written: so many lie in memory at once."""


@dataclass(frozen=True)
class CachingProgress:
    """How many pictures have been decoded into the cache."""

    done: int
    total: int


class RamCache:
    """Pictures kept in memory while all of them fit, else none.

    Args:
        resize_side: the card's, in pixels.
        limit: bytes.
    """

    def __init__(self, resize_side: int, limit: int) -> None:
        self.fits = True
        self._side = resize_side
        self._limit = limit
        self._size = 0
        self._pictures: dict[Path, Pixels] = {}
        self._lock = threading.Lock()

    def keep(self, path: Path, _sha256: str, picture: Image.Image) -> None:
        """Keep a decoded RGB picture; several threads may call it at once."""
        if not self.fits:
            return
        pixels = np.asarray(resize(picture, self._side))
        with self._lock:
            self._size += pixels.nbytes
            self.fits = self.fits and self._size <= self._limit
            if self.fits:
                self._pictures[path] = pixels
            else:
                self._pictures.clear()

    def get(self, path: Path) -> Pixels | None:
        """Get uint8 `[h, w, 3]`, or None where it is not kept."""
        return self._pictures.get(path)

    def keep_only(self, paths: Sequence[Path]) -> None:
        """Forget all other pictures."""
        self._pictures = {path: self._pictures[path] for path in paths if path in self._pictures}


class DiskCache:
    """Pictures in one file, mapped into memory; each process maps it for itself.

    Args:
        path: the file.
        places: by picture, where it begins in the file, its height and its width.
    """

    def __init__(self, path: Path, places: dict[Path, tuple[int, int, int]]) -> None:
        self.path = path
        self._places = places
        self._bytes: Pixels | None = None

    def __getstate__(self) -> dict[str, object]:
        """Go to a worker process without the mapped bytes."""
        return {**self.__dict__, "_bytes": None}

    def get(self, path: Path) -> Pixels | None:
        """Get uint8 `[h, w, 3]`, or None where it is not kept."""
        if path not in self._places:
            return None
        if self._bytes is None:
            self._bytes = np.memmap(self.path, np.uint8, "r")
        start, height, width = self._places[path]
        return self._bytes[start : start + height * width * 3].reshape(height, width, 3)


PictureCache = RamCache | DiskCache


def resized_picture(path: Path, resize_side: int, cache: PictureCache | None) -> Image.Image:
    """Get a picture as the card resizes it, from the cache where it is kept.

    Raises:
        PictureError: it cannot be read.
    """
    kept = cache.get(path) if cache else None
    if kept is not None:
        return Image.fromarray(kept)
    return resize(decode(path, resize_side), resize_side)


def write_disk_cache(
    path: Path, pictures: Sequence[Path], resize_side: int, limit: float
) -> Generator[CachingProgress, None, DiskCache | None]:
    """Decode pictures into a file; None, and no file, where they do not fit.

    Args:
        path: the file; what lies there is replaced.
        pictures: all that will be asked for.
        resize_side: the card's, in pixels.
        limit: bytes.

    Raises:
        PictureError: a picture cannot be read any more.
    """
    places: dict[Path, tuple[int, int, int]] = {}
    end = 0
    path.unlink(missing_ok=True)  # in a stranger's run it may be a link to somebody's own file
    with path.open("xb") as file:
        for done, (picture, pixels) in enumerate(_decoded(pictures, resize_side), 1):
            height, width, _ = pixels.shape
            places[picture] = (end, height, width)
            end += file.write(pixels.tobytes())
            if end > limit:
                break
            yield CachingProgress(done, len(pictures))
    if end > limit:
        remove_disk_cache(path)
        return None
    return DiskCache(path, places)


def remove_disk_cache(path: Path) -> None:
    """Remove the file; where it is still mapped (Windows), it stays."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _decoded(pictures: Sequence[Path], resize_side: int) -> Iterator[tuple[Path, Pixels]]:
    def read(path: Path) -> tuple[Path, Pixels]:
        return path, np.asarray(resize(decode(path, resize_side), resize_side))

    with ThreadPoolExecutor(available_cores()) as threads:
        for start in range(0, len(pictures), AHEAD):
            yield from threads.map(read, pictures[start : start + AHEAD])
