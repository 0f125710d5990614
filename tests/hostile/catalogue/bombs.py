"""Small files that want much memory or time."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from catalogue.kinds import EITHER, Kind, put
from catalogue.pictures import encoded, frames, png_chunk
from PIL import Image

JUST_TOO_MANY = (10_010, 10_000)
JUST_FEW_ENOUGH = (9_990, 10_000)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(size: tuple[int, int], depth: int = 8, colour: int = 2, data: bytes | None = None) -> bytes:
    """Write a PNG of zeros, whatever its size; `colour` as the format numbers it."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    if data is None:
        row = bytes(1 + -(-size[0] * depth * channels // 8))
        packer = zlib.compressobj(1)
        data = b"".join(packer.compress(row) for _ in range(size[1])) + packer.flush()
    palette = png_chunk(b"PLTE", bytes(6)) if colour == 3 else b""
    parts = (png_chunk(b"IHDR", header), palette, png_chunk(b"IDAT", data), png_chunk(b"IEND", b""))
    return SIGNATURE + b"".join(parts)


def _headers(folder: Path) -> None:
    """Huge sizes before next to no content."""
    jpeg, bmp, gif = encoded("JPEG"), encoded("BMP"), encoded("GIF")
    place = jpeg.index(b"\xff\xc0") + 5
    put(
        folder,
        {
            "a.png": png((2**31 - 1, 2**31 - 1), data=zlib.compress(bytes(100))),
            "b.png": png((50_000, 50_000), data=zlib.compress(bytes(100))),
            "c.jpg": jpeg[:place] + struct.pack(">HH", 65500, 65500) + jpeg[place + 4 :],
            "d.bmp": bmp[:18] + struct.pack("<ii", 50_000, 50_000) + bmp[26:],
            "e.gif": gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:],
            "f.ppm": b"P6\n60000 40000\n255\n" + bytes(100),
            "g.ppm": b"P6\n99999999999999999999 1\n255\n" + bytes(100),
            "h.ppm": b"P3\n50000 50000\n255\n1 2 3",
            "i.tif": _tiff_header(100_000, 100_000),
            "j.tif": _tiff_header(2**32 - 1, 2**32 - 1),
        },
    )


def _tiff_header(width: int, height: int) -> bytes:
    fields = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
              (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, height), (279, 4, 1, 100)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *field) for field in fields)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + bytes(4 + 100)


def _over_the_limit(folder: Path) -> None:
    put(
        folder,
        {
            "black-and-white.png": png(JUST_TOO_MANY, 1, 0),
            "grey.png": png(JUST_TOO_MANY, 8, 0),
            "twice.png": png((20_001, 10_000), 1, 0),
            "square.bmp": _run_length_bmp(JUST_TOO_MANY),
            "wide.jpg": _saved(JUST_TOO_MANY, "JPEG"),
        },
    )


def _under_the_limit(folder: Path) -> None:
    """As much as may be, in the modes that take most memory."""
    put(
        folder,
        {
            "rgb.png": png(JUST_FEW_ENOUGH, 8, 2),
            "alpha.png": png(JUST_FEW_ENOUGH, 8, 6),
            "deep.png": png(JUST_FEW_ENOUGH, 16, 0),
            "deep-colour.png": png(JUST_FEW_ENOUGH, 16, 6),
            "palette.png": png(JUST_FEW_ENOUGH, 1, 3),
            "plain.jpg": _saved(JUST_FEW_ENOUGH, "JPEG"),
            "progressive.jpg": _saved(JUST_FEW_ENOUGH, "JPEG", progressive=True, subsampling=0),
            "cmyk.jpg": _saved(JUST_FEW_ENOUGH, "JPEG", "CMYK"),
            "packed.tif": _saved(JUST_FEW_ENOUGH, "TIFF", compression="tiff_adobe_deflate"),
        },
    )


def _saved(size: tuple[int, int], kind: str, mode: str = "RGB", **options) -> bytes:
    file = BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return file.getvalue()


def _run_length_bmp(size: tuple[int, int], content: bytes = b"\0\1") -> bytes:
    """Write a BMP of run lengths; `content` says that it ends, or what comes."""
    start = 14 + 40 + 8
    header = struct.pack("<2sIHHI", b"BM", start + len(content), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, *size, 1, 8, 1, len(content), 0, 0, 2, 0)
    return header + info + bytes(8) + content


def _slow_bmp(folder: Path) -> None:
    """Every two bytes end a line, which a decoder fills up byte by byte."""
    width, height = JUST_FEW_ENOUGH
    content = _run_length_bmp((width, height), b"\1\0\0\0" * height + b"\0\1")
    put(folder, {"lines.bmp": content})


def _many_scans(folder: Path) -> None:
    """A progressive JPEG that goes over all its coefficients thousands of times."""
    whole = _saved((6000, 6000), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    scan = whole[last:-2]
    put(folder, {"scans.jpg": whole[:last] + scan * 3000 + b"\xff\xd9"})


def _tile(folder: Path) -> None:
    """A TIFF of 64 x 64 pixels in a tile of 40,000 x 40,000, packed well."""
    packer = zlib.compressobj(1)
    row = bytes(40_000)
    data = b"".join(packer.compress(row) for _ in range(40_000)) + packer.flush()
    fields = [(256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1),
              (277, 3, 1, 1), (322, 4, 1, 40_000), (323, 4, 1, 40_000), (324, 4, 1, 8),
              (325, 4, 1, len(data))]  # fmt: skip
    offset = 8 + len(data)
    entries = b"".join(struct.pack("<HHII", *field) for field in fields)
    content = b"II*\0" + struct.pack("<I", offset) + data + struct.pack("<H", len(fields)) + entries
    put(folder, {"tile.tif": content + bytes(4)})


def _many_frames(folder: Path) -> None:
    put(folder, {"frames.gif": frames("GIF", 3000, (16, 16)), "pages.tif": frames("TIFF", 1500)})


def _noise_at_the_limit(folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    picture.save(folder / "noise.jpg", quality=95)


BOMBS: tuple[Kind, ...] = (
    Kind("huge size in a header", _headers),
    Kind("more pixels than are allowed", _over_the_limit),
    Kind("all pixels that are allowed", _under_the_limit, EITHER),
    Kind("BMP that is filled up slowly", _slow_bmp, EITHER),
    Kind("JPEG of 3,000 scans", _many_scans, EITHER),
    Kind("TIFF with a tile of 1.6 billion pixels", _tile, EITHER),
    Kind("thousands of frames", _many_frames, EITHER),
    Kind("12 megapixels of noise", _noise_at_the_limit, EITHER),
)
