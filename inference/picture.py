"""Opening pictures: the decode rule "tlx-1", from a file's bytes to RGB pixels.

The rule, in this order:
1. A JPEG whose short side is at least 4 times the resize side is decoded at the smallest DCT
   scale of libjpeg (1/2, 1/4, 1/8) that keeps it at least twice the resize side; a smaller one
   fully.
2. Of an animated or multi-page file the first picture counts.
3. 16-bit grey becomes 8-bit by its high byte.
4. Alpha and transparent palettes are composited on white.
5. Any other mode is converted by Pillow (CMYK, grey, palette, YCbCr).
6. The EXIF orientation is applied.
"""

import os
import stat
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from ..errors import PictureError, UsageError
from .opening import open_picture, require_bytes, room_for

Picture = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.uint8]
"""A path, a file's bytes, a Pillow image, or RGB pixels as uint8 `[H, W, 3]`."""

PICTURE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".gif"),
    *(".bmp", ".dib", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"),
)
"""Endings, in lower case, of the files that count as pictures when a folder is searched."""

Used = TypeVar("Used")
_STRIP = 1_000_000
"""Pixels of a strip that is composited at a time."""
_EXIF_ORIENTATION = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(picture: Picture, resize_side: int) -> Image.Image:
    """Decode a picture by the card's rule.

    A path, the same file's bytes, and the image that Pillow opened but has not loaded yet give
    the same pixels. A loaded image and an array are taken as they are: where their pixels were
    decoded in full from a JPEG whose short side is at least four times `resize_side`, they
    differ slightly from the DCT-scaled ones.

    Args:
        picture: path, bytes, Pillow image or uint8 RGB array `[H, W, 3]`; never modified.
        resize_side: the short side, in pixels, that the picture will be resized to.

    Returns:
        A Pillow image of mode RGB.

    Raises:
        PictureError: the picture is missing, damaged, or of a kind without a defined answer.
    """
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    if isinstance(picture, JpegImageFile) and (content := _unread_bytes(picture)):
        return decode_bytes(content, resize_side)
    if isinstance(picture, Image.Image):
        return _guarded(lambda: _converted(picture), None)
    if isinstance(picture, bytes):
        return decode_bytes(picture, resize_side)
    return decode_bytes(read_bytes(picture), resize_side, os.fsdecode(picture))


def decode_bytes(
    content: bytes,
    resize_side: int,
    name: str | None = None,
    look: Callable[[Image.Image], None] | None = None,
) -> Image.Image:
    """Decode a file's bytes by the card's rule; the arguments as for `use_decoded`."""
    return use_decoded(content, resize_side, lambda rgb: rgb, name, look)


def use_decoded(
    content: bytes,
    resize_side: int,
    use: Callable[[Image.Image], Used],
    name: str | None = None,
    look: Callable[[Image.Image], None] | None = None,
) -> Used:
    """Decode a file's bytes by the card's rule and make something smaller of the RGB picture.

    Until that is done it counts among the pixels that may be in memory at a time.

    Args:
        content: the file's.
        resize_side: as for `decode`.
        use: takes the decoded picture, of mode RGB.
        name: for the error's text.
        look: is shown what Pillow opened, before a pixel is decoded; it may not change it.

    Raises:
        PictureError: it cannot be decoded, or `use` raised.
    """
    if not content:
        raise PictureError("empty file (0 bytes)", name)
    return _guarded(lambda: _open_scaled(content, resize_side, use, look), name)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a picture's file; a missing, unreadable or irregular one is a `PictureError`."""
    name = os.fsdecode(path)
    try:
        _require_regular(os.stat(path))  # noqa: PTH116 - before it is opened: a device may act
        with open(path, "rb", opener=_open_without_waiting) as file:
            size = _require_regular(os.fstat(file.fileno()))
            require_bytes(size)
            # Of the system's own files, which have no size, some wait and some never end.
            return file.read() if size else b""
    except PictureError as error:
        raise PictureError(error.reason, name) from None
    except FileNotFoundError:
        raise PictureError("no such file", name) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else None
        raise PictureError(f"cannot be read ({reason or error})", name) from None


def _require_regular(status: os.stat_result) -> int:
    """Give a file's size in bytes; a FIFO would wait for ever."""
    if stat.S_ISDIR(status.st_mode):
        raise PictureError("a folder")
    if not stat.S_ISREG(status.st_mode):
        raise PictureError("not a regular file")
    return status.st_size


def _open_without_waiting(path: str, flags: int) -> int:
    """Open what may have become a FIFO since it was looked at."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unread_bytes(image: JpegImageFile) -> bytes:
    """Read the file behind an image that Pillow has not loaded yet; empty if it has."""
    file = image.fp
    if file is None or not image.tile:
        return b""
    position = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(position)
    return content


def _guarded(action: Callable[[], Used], name: str | None) -> Used:
    """Run a decoder; whatever it raises on a damaged file becomes a row's error."""
    try:
        return action()
    except PictureError as error:
        raise PictureError(error.reason, name) from None
    except UsageError:
        raise  # of the limits that the user sets: it is no picture's fault
    except UnidentifiedImageError:
        raise PictureError("not a picture in a known format", name) from None
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise nearly anything
        text = " ".join(str(error).split()) or type(error).__name__
        raise PictureError(f"cannot be decoded ({text})", name) from None


def _open_scaled(
    content: bytes,
    resize_side: int,
    use: Callable[[Image.Image], Used],
    look: Callable[[Image.Image], None] | None,
) -> Used:
    with open_picture(content) as image:
        whole = image.size
        if look is not None:
            look(image)
        # draft() does nothing to formats without DCT scales, nor below twice the size asked.
        image.draft(None, (2 * resize_side, 2 * resize_side))
        with room_for(image, whole):
            return use(_to_rgb(image))


def _converted(image: Image.Image) -> Image.Image:
    """Convert somebody's picture; theirs is not given back as ours."""
    rgb = _to_rgb(image)
    return rgb.copy() if rgb is image else rgb


def _to_rgb(image: Image.Image) -> Image.Image:
    # Loading first: a PNG's EXIF or transparency may stand behind its pixels, and Pillow turns
    # a TIFF upright while it loads, after which its orientation is 1.
    image.load()
    orientation = _orientation(image)
    rgb = _without_depth_and_alpha(image)
    return rgb.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else rgb


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - damaged EXIF data: the picture itself is still good
        return 1
    return orientation if isinstance(orientation, int) else 1


def _without_depth_and_alpha(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _high_byte(image).convert("RGB")
    if image.mode == "F":
        raise PictureError("floating-point pixels have no defined range; save it as 8 or 16 bit")
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.has_transparency_data:
        return _on_white(image)
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """Composite strip by strip: whole copies of a large picture take gigabytes."""
    width, height = image.size
    rgb = Image.new("RGB", image.size)
    rows = max(1, _STRIP // width)
    for top in range(0, height, rows):
        part = image.crop((0, top, width, min(top + rows, height)))
        straight = part.convert("LA") if part.mode == "La" else part
        rgba = straight.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        rgb.paste(Image.alpha_composite(white, rgba).convert("RGB"), (0, top))
    return rgb


def _high_byte(image: Image.Image) -> Image.Image:
    """16-bit grey to 8-bit. Pillow's own conversion would clip at 255."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 0xFFFF:
        raise PictureError("pixel values beyond 16 bits; save it as 8 or 16 bit")
    return Image.fromarray((values >> 8).astype(np.uint8))


def _from_array(pixels: NDArray[np.uint8]) -> Image.Image:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise PictureError(
            f"an array must be uint8 RGB of shape [H, W, 3], not {pixels.dtype} "
            f"{list(pixels.shape)}"
        )
    return Image.fromarray(np.ascontiguousarray(pixels))
