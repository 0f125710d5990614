"""What the data check learns from reading a picture's file once."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from ..errors import PictureError
from ..inference.cores import available_cores
from ..inference.opening import FORMATS, open_picture, room_for
from ..inference.picture import read_bytes, use_decoded
from .file_endings import is_complete
from .sample import Sample
from .sketch import ENOUGH, show_something, sketch, stacked

_TOGETHER = 16
"""Pictures that a thread is given at once: handing over one costs as much as hashing it."""

_ORIENTATION = 0x0112
_UPRIGHT = 1


@dataclass(frozen=True)
class Header:
    """What a file says before its pixels.

    Attributes:
        format: Pillow's name, such as "JPEG".
        mode: Pillow's, such as "RGB" or "CMYK".
        width, height: in pixels, before the orientation is applied.
        orientation: EXIF, 1 (upright) to 8.
        animated: there is more than one picture in it.
        transparent: it has an alpha channel or a transparent colour.
    """

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    animated: bool
    transparent: bool


@dataclass(frozen=True)
class PictureFacts:
    """A sample's file after reading.

    Attributes:
        sample: as it was given.
        size: in bytes; None if there is no such file or it may not be read.
        sha256: of the bytes, empty where there are none.
        header: None if no format is recognised.
        complete: the content's end mark is there, in formats that have one.
        error: why it cannot be decoded, or None.
        sketch: what copies are found by; empty if it cannot be decoded.
        plain: it is nearly one grey all over.
    """

    sample: Sample
    size: int | None
    sha256: str = ""
    header: Header | None = None
    complete: bool = True
    error: str | None = None
    sketch: bytes = field(default=b"", repr=False, compare=False)
    plain: bool = False


def read_facts(samples: Sequence[Sample]) -> Iterator[PictureFacts]:
    """Read and decode every picture, in parallel; results come in order.

    A JPEG is decoded at the smallest DCT scale that a sketch can be made of. All of its stream is
    read for that, so what is damaged is found as in full; only the inverse transform is shorter.
    """
    parts = [samples[start : start + _TOGETHER] for start in range(0, len(samples), _TOGETHER)]
    with ThreadPoolExecutor(available_cores()) as threads:
        for rows in threads.map(_read_part, parts):
            yield from rows


def _read_part(samples: Sequence[Sample]) -> list[PictureFacts]:
    rows = [_read(sample) for sample in samples]
    sketched = [row for row in rows if row.sketch]
    shown = show_something(stacked(row.sketch for row in sketched))
    plain = {id(row) for row, shows in zip(sketched, shown, strict=True) if not shows}
    return [replace(row, plain=True) if id(row) in plain else row for row in rows]


def _read(sample: Sample) -> PictureFacts:
    try:
        content = read_bytes(sample.path)
    except PictureError as error:
        return PictureFacts(sample, None, error=error.reason)
    sha256 = hashlib.sha256(content).hexdigest()
    error, made = None, b""
    headers: list[Header] = []

    def look(image: Image.Image) -> None:
        if image.format == "JPEG":  # of other formats what the header says may need the pixels
            headers.append(_header(image))

    try:
        made = use_decoded(content, ENOUGH // 2, sketch, look=look)
    except PictureError as failure:
        error = failure.reason
    header = headers[0] if headers else read_header(content)
    return PictureFacts(sample, len(content), sha256, header, is_complete(content), error, made)


def read_header(picture: bytes | Path) -> Header | None:
    """Read what a file, or its bytes, say before the pixels; None if it is no picture inside."""
    try:
        opened = open_picture(picture) if isinstance(picture, bytes) else _open_file(picture)
        # Of a PNG all is decoded, for its orientation may stand behind the pixels.
        with opened as image, room_for(image, image.size):
            return _header(image)
    except Exception:  # noqa: BLE001 - Pillow's plugins raise nearly anything
        return None


def _open_file(path: Path) -> Image.Image:
    return Image.open(path, formats=FORMATS)


def _header(image: Image.Image) -> Header:
    return Header(
        image.format or "",
        image.mode,
        image.width,
        image.height,
        _orientation(image),
        bool(getattr(image, "is_animated", False)),
        image.has_transparency_data,
    )


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(_ORIENTATION, _UPRIGHT)
    except Exception:  # noqa: BLE001 - damaged EXIF data: the picture itself is still good
        return _UPRIGHT
    return orientation if orientation in range(1, 9) else _UPRIGHT
