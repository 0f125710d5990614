"""Where a picture's file ends: by its name, and by its content."""

from collections.abc import Iterator
from pathlib import Path

from .findings import Finding

FORGIVEN = "decoded, but its end mark is missing: part may be grey"

_FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".jpg", ".jpeg", ".jpe", ".jfif"),  # several JPEGs in one, as cameras write them
    "PNG": (".png",),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "DIB": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm"),
}
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_JPEG_SCAN = 0xDA
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_RIFF_START = b"RIFF"
_STARTS = {"JPEG": _JPEG_START, "PNG": _PNG_START, "GIF": b"GIF8", "BMP": b"BM"}
"""Of the formats that are taken for each other, as they are told without opening the file."""
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def content_findings(path: Path, content: bytes) -> Iterator[Finding]:
    """Say of a file that can be decoded where its name or its end are wrong, from its bytes."""
    if not is_complete(content):
        yield Finding("truncated", (path,), FORGIVEN)
    for name, start in _STARTS.items():
        if content.startswith(start) and not fits(path.suffix, name):
            yield Finding("wrong-format", (path,), another_format(path.suffix, name))


def another_format(suffix: str, picture_format: str) -> str:
    """Say that a file's ending names another format than the content has."""
    return f"named {suffix or 'without ending'}, but {picture_format} inside"


def fits(suffix: str, picture_format: str) -> bool:
    """Tell whether a file's ending, such as ".jpg", names the format that Pillow found."""
    return suffix.lower() in _FORMATS.get(picture_format, ())


def is_complete(content: bytes) -> bool:
    """Tell whether a JPEG or PNG has its end mark, a WebP its length; True for other formats.

    Decoders forgive a missing end: rows that are not there come out grey.
    """
    if content.startswith(_JPEG_START):
        # Within a scan an end mark cannot occur; before it one may, of the thumbnail.
        return content.rfind(_JPEG_END, _scan_start(content)) >= 0
    if content.startswith(_PNG_START):
        return content.rfind(_PNG_END) >= 0
    if content.startswith(_RIFF_START):
        return len(content) >= 8 + int.from_bytes(content[4:8], "little")
    return True


def _scan_start(content: bytes) -> int:
    """Walk a JPEG's segments (ITU-T T.81, annex B) to its first scan."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == _JPEG_SCAN:
            return place
        if marker == 0xFF:  # padding
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return len(content) if place + 4 > len(content) else place
