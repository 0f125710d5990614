"""The sizes of pictures, from their files' headers: nothing is decoded."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from ..inference.cores import available_cores
from ..inference.opening import FORMATS
from .scored_picture import Size


def read_sizes(paths: Iterable[Path]) -> dict[Path, Size]:
    """Read width and height in pixels, as stored; what cannot be read is left out."""
    wanted = list(paths)
    with ThreadPoolExecutor(available_cores()) as threads:
        sizes = threads.map(_read, wanted)
        return {path: size for path, size in zip(wanted, sizes, strict=True) if size}


def _read(path: Path) -> Size | None:
    try:
        if not path.is_file():  # a FIFO would wait for ever
            return None
        with Image.open(path, formats=FORMATS) as image:
            return image.size
    except Exception:  # noqa: BLE001 - Pillow's plugins raise nearly anything
        return None
