"""Pictures whose content is bad: cut short, altered, of another format, or none at all."""

import random
import struct
import zlib
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from catalogue.kinds import ANSWERED, EITHER, Kind, put
from PIL import Image

ENDINGS = {
    "JPEG": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tif",
    "AVIF": "avif",
    "PPM": "ppm",
}


def encoded(kind: str, size: tuple[int, int] = (12, 9), mode: str = "RGB", **options) -> bytes:
    """Encode a picture of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(noise).convert(mode).save(file, kind, **options)
    return file.getvalue()


def frames(kind: str, count: int = 3, size: tuple[int, int] = (40, 40), **options) -> bytes:
    """Encode several plain pictures in one file, red and blue in turn, the first one red."""
    colours = [(200, 50, 40), (40, 60, 200)]
    pictures = [Image.new("RGB", size, colours[index % 2]) for index in range(count)]
    file = BytesIO()
    pictures[0].save(file, kind, save_all=True, append_images=pictures[1:], **options)
    return file.getvalue()


def _cut_everywhere(kind: str) -> Kind:
    def write(folder: Path) -> None:
        whole = encoded(kind)
        ending = ENDINGS[kind]
        put(folder, {f"{end:04}.{ending}": whole[:end] for end in range(len(whole))})

    return Kind(f"{kind} cut at every byte", write, EITHER)


def _altered(kind: str, name: str, **options) -> Kind:
    def write(folder: Path) -> None:
        whole, chance = encoded(kind, **options), random.Random(kind + name)
        for index in range(40):
            damaged = bytearray(whole)
            for _ in range(chance.randint(1, 5)):
                damaged[chance.randrange(min(len(damaged), 300))] = chance.randrange(256)
            (folder / f"{index:02}.{ENDINGS[kind]}").write_bytes(damaged)

    return Kind(f"{name} with altered bytes", write, EITHER)


def _one(name: str, content: Callable[[], bytes], file: str, answer: str = "refused") -> Kind:
    return Kind(name, lambda folder: put(folder, {file: content()}), answer)


def _named_jpg(name: str, content: Callable[[], bytes], answer: str = "refused") -> Kind:
    return _one(f"{name} named .jpg", content, "wrong.jpg", answer)


def _magic_alone(folder: Path) -> None:
    for kind, ending in ENDINGS.items():
        for length in (2, 4, 8, 12, 26):
            (folder / f"{length:02}.{ending}").write_bytes(encoded(kind)[:length])


def _zip() -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("../outside.txt", "no picture")
    return file.getvalue()


def _with_chunk(name: bytes, content: bytes) -> bytes:
    """Put a chunk into a PNG behind its header."""
    whole = encoded("PNG", (40, 40))
    return whole[:33] + png_chunk(name, content) + whole[33:]


def png_chunk(name: bytes, content: bytes) -> bytes:
    """Write a chunk of a PNG with its length and checksum."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def _exif_that_points_at_itself() -> bytes:
    """A TIFF header whose directory names itself as the Exif directory and as the next one."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 8)


def _jpeg_with_exif(exif: bytes) -> bytes:
    return encoded("JPEG", (40, 40), exif=b"Exif\0\0" + exif)


def _tiff_in_a_ring() -> bytes:
    """A TIFF whose second directory says that the first one follows."""
    whole = bytearray(frames("TIFF", 2))
    (first,) = struct.unpack_from("<I", whole, 4)
    (entries,) = struct.unpack_from("<H", whole, first)
    (second,) = struct.unpack_from("<I", whole, first + 2 + 12 * entries)
    (entries,) = struct.unpack_from("<H", whole, second)
    struct.pack_into("<I", whole, second + 2 + 12 * entries, first)
    return bytes(whole)


def _floats() -> bytes:
    file = BytesIO()
    Image.fromarray(np.linspace(0, 1, 1600, dtype=np.float32).reshape(40, 40)).save(file, "TIFF")
    return file.getvalue()


def _deep_integers() -> bytes:
    file = BytesIO()
    Image.fromarray(np.full((40, 40), 70_000, np.int32)).save(file, "TIFF")
    return file.getvalue()


def _strip(size: tuple[int, int]) -> Callable[[], bytes]:
    return lambda: encoded("PNG", size)


def _no_size(folder: Path) -> None:
    png, bmp, gif = encoded("PNG"), encoded("BMP"), encoded("GIF")
    header = struct.pack(">II", 0, 0) + png[24:29]
    content = png[:12] + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    put(
        folder,
        {
            "no-size.png": content + png[33:],
            "no-size.bmp": bmp[:18] + bytes(8) + bmp[26:],
            "no-size.gif": gif[:6] + bytes(4) + gif[10:],
            "negative.bmp": bmp[:18] + struct.pack("<ii", -12, -9) + bmp[26:],
            "no-size.ppm": b"P6\n0 0\n255\n",
            "negative.ppm": b"P6\n-4 -4\n255\n",
        },
    )


POSTSCRIPT = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 40 40
(was-here) (w) file closefile
showpage
%%EOF
"""

CONTENTS: tuple[Kind, ...] = (
    *(_cut_everywhere(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")),
    _altered("JPEG", "JPEG", size=(40, 40)),
    _altered("JPEG", "progressive JPEG", size=(40, 40), progressive=True),
    _altered("JPEG", "CMYK JPEG", size=(40, 40), mode="CMYK"),
    _altered("PNG", "PNG", size=(40, 40)),
    _altered("PNG", "palette PNG", size=(40, 40), mode="P"),
    _altered("WEBP", "WebP", size=(40, 40)),
    _altered("GIF", "GIF", size=(40, 40)),
    _altered("BMP", "BMP", size=(40, 40)),
    _altered("TIFF", "TIFF", size=(40, 40)),
    _altered("TIFF", "LZW TIFF", size=(40, 40), compression="tiff_lzw"),
    _altered("AVIF", "AVIF", size=(40, 40)),
    _altered("PPM", "PPM", size=(40, 40)),
    Kind("first bytes alone", _magic_alone),
    _one("empty file", lambda: b"", "empty.jpg"),
    _one("zeros", lambda: bytes(4096), "zeros.png"),
    _one("random bytes", lambda: random.Random(0).randbytes(5000), "random.webp"),
    _named_jpg("text", lambda: b"This is a note, no picture.\n"),
    _named_jpg("HTML", lambda: b"<!doctype html><title>404</title>"),
    _named_jpg("SVG with a script", lambda: b"<svg><script>alert(1)</script></svg>"),
    _named_jpg("PDF", lambda: b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"),
    _named_jpg("PostScript", lambda: POSTSCRIPT),
    _named_jpg("zip", _zip),
    _named_jpg("program", lambda: b"\x7fELF\x02\x01\x01" + bytes(200)),
    _named_jpg("Git LFS pointer", lambda: b"version https://git-lfs.github.com/spec/v1\n"),
    _named_jpg("icon", lambda: encoded("ICO", (32, 32))),
    _named_jpg("PNG", lambda: encoded("PNG", (40, 40)), ANSWERED),
    _named_jpg("TIFF", lambda: encoded("TIFF", (40, 40)), ANSWERED),
    _one("JPEG named .png", lambda: encoded("JPEG", (40, 40)), "wrong.png", ANSWERED),
    _one("JPEG behind rubbish", lambda: b"rubbish" + encoded("JPEG"), "behind.jpg"),
    _one("JPEG before rubbish", lambda: encoded("JPEG") + bytes(5000), "before.jpg", ANSWERED),
    _one("two JPEGs in a file", lambda: 2 * encoded("JPEG"), "two.jpg", ANSWERED),
    _one(
        "EXIF that points at itself",
        lambda: _jpeg_with_exif(_exif_that_points_at_itself()),
        "exif.jpg",
        ANSWERED,
    ),
    _one("EXIF of rubbish", lambda: _jpeg_with_exif(b"\xff" * 900), "exif.jpg", ANSWERED),
    _one(
        "EXIF orientation 99",
        lambda: _jpeg_with_exif(b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x0112, 3, 1, 99, 0)),
        "exif.jpg",
        ANSWERED,
    ),
    _one(
        "ICC profile of rubbish",
        lambda: encoded("JPEG", icc_profile=b"rubbish" * 99),
        "icc.jpg",
        ANSWERED,
    ),
    _one(
        "PNG with text that swells",
        lambda: _with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000))),
        "text.png",
        EITHER,
    ),
    _one(
        "PNG with a profile that swells",
        lambda: _with_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000))),
        "profile.png",
        EITHER,
    ),
    _one("TIFF in a ring", _tiff_in_a_ring, "ring.tif", ANSWERED),
    _one("floating-point TIFF", _floats, "floats.tif"),
    _one("TIFF beyond 16 bits", _deep_integers, "deep.tif"),
    _one("strip of 1 x 8000", _strip((1, 8000)), "strip.png"),
    _one("strip of 8000 x 1", _strip((8000, 1)), "strip.png"),
    _one("picture of one pixel", _strip((1, 1)), "pixel.png", ANSWERED),
    Kind("headers without a size", _no_size, EITHER),
)


def _animated(kinds: Iterable[str]) -> Kind:
    def write(folder: Path) -> None:
        put(folder, {f"several.{ENDINGS[kind]}": frames(kind) for kind in kinds})

    return Kind("animated and of several pages", write, ANSWERED)


SEVERAL = _animated(("GIF", "WEBP", "PNG", "TIFF"))
