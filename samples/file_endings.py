"""Where a picture's file ends: by its name, and by its content."""

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
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def fits(suffix: str, picture_format: str) -> bool:
    """Tell whether a file's ending, such as ".jpg", names the format that Pillow found."""
    return suffix.lower() in _FORMATS.get(picture_format, ())


def is_complete(content: bytes) -> bool:
    """Tell whether a JPEG or PNG has its end mark, a WebP its length; True for other formats.

    Decoders forgive a missing end: rows that are not there come out grey.
    """
    if content.startswith(_JPEG_START):
        # Within a scan an end mark cannot occur; before it one may, of the thumbnail.
        return content.find(_JPEG_END, _scan_start(content)) >= 0
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
