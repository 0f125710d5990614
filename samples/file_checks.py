"""Findings about single pictures: damage, format, size, mode."""

from collections.abc import Iterator

from ..inference.preprocessing import MAX_SHAPE
from .file_endings import FORGIVEN, another_format, fits
from .findings import Finding
from .picture_facts import Header, PictureFacts

TINY = 32
"""Short side, in pixels, below which a photograph shows little."""
HUGE = 50_000_000
"""Pixels from which decoding is slow."""
LONG = 5
"""Ratio of the sides beyond which the centre crop shows less than a fifth of a picture."""

_MODES = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey with alpha",
    "P": "a palette",
    "PA": "a palette with alpha",
    "CMYK": "CMYK",
    "YCbCr": "YCbCr",
    "LAB": "LAB",
}


def file_findings(facts: PictureFacts) -> Iterator[Finding]:
    """Say what one picture's file has that the user should know."""
    path = (facts.sample.path,)
    if facts.size is None:
        gone = not facts.sample.path.exists()
        yield Finding("missing-file" if gone else "unreadable", path, facts.error or "")
    elif not facts.size:
        yield Finding("empty-file", path, "0 bytes")
    elif facts.error is not None:
        yield Finding(_damage(facts), path, facts.error)
    elif not facts.complete:
        yield Finding("truncated", path, FORGIVEN)
    if facts.header is None or facts.error is not None:
        return
    if facts.plain:
        yield Finding("blank", path, "nearly one grey all over")
    for kind, detail in (*_container(facts, facts.header), *_shape(facts.header)):
        yield Finding(kind, path, detail)


def _damage(facts: PictureFacts) -> str:
    # Formats without an end mark are known to be cut by Pillow's words alone.
    cut = not facts.complete or "truncated" in (facts.error or "")
    return "truncated" if cut else "unreadable"


def _container(facts: PictureFacts, header: Header) -> Iterator[tuple[str, str]]:
    suffix = facts.sample.path.suffix
    if not fits(suffix, header.format):
        yield "wrong-format", another_format(suffix, header.format)
    if header.orientation != 1:
        yield "orientation", f"EXIF orientation {header.orientation}"
    if header.mode.startswith("I"):
        yield "colour-mode", f"16-bit grey ({header.mode})"
    elif header.mode in _MODES:
        yield "colour-mode", f"{_MODES[header.mode]} ({header.mode})"
    if header.transparent:
        yield "transparency", "has transparent parts or an alpha channel"
    if header.animated:
        yield "animated", "holds more than one picture"


def _shape(header: Header) -> Iterator[tuple[str, str]]:
    short, long = sorted((header.width, header.height))
    size = f"{header.width} x {header.height} pixels"
    if long > MAX_SHAPE * short:
        yield "extreme-shape", f"{size}, beyond 1:{MAX_SHAPE}: it is left out"
    elif long > LONG * short:
        yield "extreme-shape", f"{size}, 1:{long / short:.0f}"
    if short < TINY:
        yield "tiny", size
    if header.width * header.height >= HUGE:
        yield "huge", f"{size}, {header.width * header.height / 1e6:.0f} megapixels"
