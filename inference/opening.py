"""Opening a picture's file within limits: no more pixels, passes or memory than are allowed.

What a header says is held against the limits before anything is decoded. Some small files
take long, or much memory, by their structure; these are known by it.
"""

import os
import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from io import BytesIO
from threading import Condition

from PIL import Image

from ..errors import PictureError
from .pixel_limit import pixel_limit

# Pillow has the first ones loaded; it looks for the others only if none of these fits. What it
# can read beside them, such as PostScript by starting another program, is not opened.
FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "DIB", "PPM", "WEBP", "TIFF"),
    *(("AVIF",) if find_spec("PIL.AvifImagePlugin") else ()),
)
"""Pillow's names of the formats that are read; that of several JPEGs in a file is among them."""

MOST_RUBBISH = 1_000_000
"""Bytes between two markers of a JPEG's header: Pillow looks at each of them alone."""
MOST_SCANS = 100
"""Passes of a progressive JPEG over all its coefficients; encoders make about ten."""
SLOW_CODECS = ("bmp_rle", "ppm", "ppm_plain")
"""Those of Pillow that are written in Python."""
SLOW_PIXELS = 10_000_000
"""Most of them that such a codec is given: a second or two, a few for a picture in text."""
BYTES_A_PIXEL = 4
"""Of a file, at most: as much as its pixels have in memory."""

# Pillow keeps large pictures in blocks of 16 MB, which the C library may not give back to the
# system when they are freed; those above 32 MB it always does. Smaller pictures are not concerned.
getattr(Image.core, "set_block_size", lambda _: None)(64 * 2**20)

_TILE_WIDTH, _TILE_LENGTH = 322, 323
# A marker of JPEG that has a length; not a restart, nor a stuffed byte of the pixels' data.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")
_SCAN, _END = 0xDA, 0xD9


def open_picture(content: bytes) -> Image.Image:
    """Open a file's bytes without decoding them.

    Raises:
        PictureError: it would take too many pixels, passes or bytes.
        Exception: whatever Pillow raises on what it does not know.
    """
    limit = pixel_limit()
    if Image.MAX_IMAGE_PIXELS is not None and limit > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = limit  # Pillow's own limit, at twice of which it raises
    if content.startswith(b"\xff\xd8\xff") and _holds_rubbish(content):
        raise PictureError("a JPEG with rubbish in its header")
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise PictureError(_too_many("it has", limit)) from None
    if problem := _problem(image, content, limit):
        image.close()
        raise PictureError(problem)
    return image


def require_bytes(size: int, whole: bool = True) -> None:
    """Refuse a file that is larger than a picture within the limit can be.

    Args:
        size: in bytes.
        whole: whether that is all of it; else the file may have more.

    Raises:
        PictureError: it is.
    """
    limit = pixel_limit()
    if size > BYTES_A_PIXEL * limit:
        amount = _amount(size) if whole else f"at least {_amount(size)}"
        raise PictureError(_too_many(f"a file of {amount} may have", limit))


def _amount(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size:,} bytes"


def _problem(image: Image.Image, content: bytes, limit: int) -> str | None:
    width, height = image.size
    tiles = getattr(image, "tile", ())
    codec = tiles[0][0] if tiles else ""
    if width * height > limit:
        return _too_many(f"{width} x {height} are", limit)
    if codec in SLOW_CODECS and width * height > SLOW_PIXELS:
        return f"{width} x {height} pixels in a slow format ({codec}); save it as PNG"
    if _tile_pixels(image) > limit:
        return _too_many("its tiles have", limit)
    if image.info.get("progressive") and _scans(content) > MOST_SCANS:
        return f"a JPEG of more than {MOST_SCANS} scans; save it anew"
    return None


def _too_many(what: str, limit: int) -> str:
    return f"{what} more than {limit:,} pixels; --max-pixels allows more"


def _tile_pixels(image: Image.Image) -> int:
    """Count the pixels of one tile of a TIFF, which may be larger than the picture; else 0."""
    fields = getattr(image, "tag_v2", {})
    sides = fields.get(_TILE_WIDTH, 0), fields.get(_TILE_LENGTH, 0)
    return sides[0] * sides[1] if all(isinstance(side, int) for side in sides) else 0


def _holds_rubbish(content: bytes) -> bool:
    """Tell whether more than `MOST_RUBBISH` bytes are no segment of a JPEG's header."""
    place = 2
    while found := _MARKER.search(content, place, place + MOST_RUBBISH):
        if found[1][0] in (_SCAN, _END):
            return False
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
    return len(content) - place > MOST_RUBBISH


def _scans(content: bytes) -> int:
    """Count the scans of a JPEG, as far as they matter."""
    count, place = 0, 2
    while count <= MOST_SCANS and (found := _MARKER.search(content, place)):
        code, place = found[1][0], found.end()
        if code == _END:
            break
        count += code == _SCAN
        place += int.from_bytes(content[place : place + 2])
    return count


class _Share:
    """Pixels that are being decoded by all threads, together no more than the limit."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = 0

    @contextmanager
    def of(self, pixels: int) -> Generator[None]:
        """Wait until there is room for so many more; one picture alone always has it."""
        limit = pixel_limit()
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + pixels <= limit)
            self._taken += pixels
        try:
            yield
        finally:
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()


_share = _Share()
if hasattr(os, "register_at_fork"):  # a thread that decoded does not go on in a loader's process
    os.register_at_fork(after_in_child=_share.__init__)


def room_for(image: Image.Image, whole: tuple[int, int]) -> AbstractContextManager[None]:
    """Give the context in which a picture is decoded: large ones wait for each other.

    Args:
        image: opened, perhaps to be decoded at a smaller scale.
        whole: its size in full, of which a progressive JPEG takes memory at any scale.
    """
    width, height = whole if image.info.get("progressive") else image.size
    return _share.of(width * height)
