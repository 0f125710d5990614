"""The decode rule on files that are really encoded: depth, alpha, EXIF, DCT scale."""

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tlx.errors import PictureError
from tlx.inference.picture import decode, decode_bytes

SIDE = 32
WHITE = (255, 255, 255)

# How the pixels of an upright picture are stored, by the EXIF standard's words for each value.
STORED_AS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: upright.swapaxes(0, 1)[::-1],
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: upright.swapaxes(0, 1)[:, ::-1],
}


def lopsided(width: int = 50, height: int = 30) -> NDArray[np.uint8]:
    """Pixels that no turning or mirroring leaves as they are."""
    y, x = np.mgrid[:height, :width]
    channels = (x * 255 // width, y * 255 // height, (x * 3 + y) % 256)
    return np.stack(channels, axis=2).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(picture: Any, side: int = SIDE) -> NDArray[np.uint8]:
    decoded = decode(picture, side)
    assert decoded.mode == "RGB"
    return np.asarray(decoded)


def with_orientation(value: object) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def orientation_option(kind: str, value: int) -> dict[str, Any]:
    if kind == "TIFF":
        return {"tiffinfo": {0x0112: value}}
    return {"exif": with_orientation(value), **({"lossless": True} if kind == "WEBP" else {})}


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM"])
def test_a_lossless_rgb_picture_comes_out_as_it_went_in(kind: str):
    content = encoded(Image.fromarray(lopsided()), kind)
    assert np.array_equal(pixels(content), lopsided())


@pytest.mark.parametrize("orientation", STORED_AS)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_an_exif_orientation_is_undone(kind: str, orientation: int):
    stored = Image.fromarray(np.ascontiguousarray(STORED_AS[orientation](lopsided())))
    content = encoded(stored, kind, **orientation_option(kind, orientation))
    assert np.array_equal(pixels(content), lopsided())


@pytest.mark.parametrize("orientation", STORED_AS)
def test_a_jpegs_orientation_is_undone_as_pillow_does_it(orientation: int):
    exif = with_orientation(orientation)
    content = encoded(Image.fromarray(lopsided()), "JPEG", quality=95, exif=exif)
    with Image.open(BytesIO(content)) as image:
        assert np.array_equal(pixels(content), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("orientation", STORED_AS)
def test_an_orientation_counts_on_a_pillow_image_too(orientation: int):
    stored = Image.fromarray(np.ascontiguousarray(STORED_AS[orientation](lopsided())))
    content = encoded(stored, "PNG", exif=with_orientation(orientation))
    with Image.open(BytesIO(content)) as image:
        assert np.array_equal(pixels(image), lopsided())


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_leaves_the_picture_as_it_is(value: int):
    content = encoded(Image.fromarray(lopsided()), "PNG", exif=with_orientation(value))
    assert np.array_equal(pixels(content), lopsided())


def damaged_exif(what: str) -> bytes:
    exif = with_orientation(6)
    content = encoded(Image.fromarray(lopsided()), "JPEG", quality=95, exif=exif)
    start = content.index(b"Exif\0\0") + 6
    order = "<" if content[start : start + 2] == b"II" else ">"
    replaced = {
        "no byte order": (0, b"\xff" * 8),
        "a directory beyond the end": (4, b"\xff\xff\xff\x7f"),
        "a directory of 65535 entries": (8, b"\xff\xff"),
        "two orientations": (14, struct.pack(order + "I", 2)),
        "an orientation in words": (12, struct.pack(order + "H", 2)),
    }
    offset, wrong = replaced[what]
    start += offset
    return content[:start] + wrong + content[start + len(wrong) :]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Possibly corrupt EXIF data")
@pytest.mark.parametrize(
    "what",
    [
        *("no byte order", "a directory beyond the end", "a directory of 65535 entries"),
        *("two orientations", "an orientation in words"),
    ],
)
def test_damaged_exif_does_not_lose_the_picture(what: str):
    decoded = pixels(damaged_exif(what)).astype(int)
    upright = lopsided().astype(int)
    turned = STORED_AS[8](lopsided()).astype(int)
    expected = upright if decoded.shape == upright.shape else turned
    assert np.abs(decoded - expected).mean() < 16


def test_exif_that_is_no_exif_does_not_lose_the_picture():
    content = encoded(Image.fromarray(lopsided()), "PNG", exif=b"Exif\0\0no such thing at all")
    assert np.array_equal(pixels(content), lopsided())


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_becomes_8_bit_by_its_high_byte(kind: str):
    grey = (np.arange(32 * 40, dtype=np.uint32).reshape(32, 40) * 51).astype(np.uint16)
    decoded = pixels(encoded(Image.fromarray(grey), kind))
    assert np.array_equal(decoded, np.repeat((grey >> 8)[..., None], 3, axis=2))


@pytest.mark.parametrize("dtype", [np.dtype(">u2"), np.dtype(np.int32)])
def test_16_bit_values_count_the_same_however_they_are_stored(dtype: np.dtype[Any]):
    grey = np.array([[0, 255, 256], [300, 40000, 65535]], dtype)
    decoded = pixels(encoded(Image.fromarray(grey), "TIFF"))
    assert decoded[..., 0].tolist() == [[0, 0, 1], [1, 156, 255]]


def test_alpha_is_composited_on_white():
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0] = [(200, 100, 0, 255), (200, 100, 0, 0), (200, 100, 0, 128)]
    clear, solid, half = (pixels(encoded(Image.fromarray(rgba), "PNG"))[0, i] for i in (1, 0, 2))
    assert tuple(clear) == WHITE
    assert tuple(solid) == (200, 100, 0)
    expected = np.array([200, 100, 0]) * (128 / 255) + 255 * (127 / 255)
    assert np.abs(half - expected).max() <= 1


def test_grey_with_alpha_is_composited_on_white():
    image = Image.merge("LA", [Image.new("L", (4, 4), 10), Image.new("L", (4, 4), 0)])
    assert (pixels(encoded(image, "PNG")) == 255).all()


@pytest.mark.parametrize("transparency", [2, b"\xff\xff\x00\xff"])
def test_the_transparent_colour_of_a_palette_becomes_white(transparency: int | bytes):
    image = Image.fromarray(np.array([[0, 1, 2, 3]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    content = encoded(image, "PNG", transparency=transparency)
    expected = [[10, 20, 30], [40, 50, 60], list(WHITE), [100, 110, 120]]
    assert pixels(content)[0].tolist() == expected


def test_a_palette_without_transparency_keeps_its_colours():
    image = Image.fromarray(np.array([[0, 1, 2, 3]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    assert pixels(encoded(image, "PNG"))[0].tolist()[2] == [70, 80, 90]


def test_the_transparent_colour_of_an_rgb_png_becomes_white():
    image = Image.fromarray(np.array([[(9, 8, 7), (1, 2, 3)]], np.uint8))
    content = encoded(image, "PNG", transparency=(1, 2, 3))
    assert pixels(content)[0].tolist() == [[9, 8, 7], list(WHITE)]


def test_of_an_animated_picture_the_first_one_counts():
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ((250, 0, 0), (0, 0, 250)))
    content = encoded(first, "GIF", save_all=True, append_images=[second])
    assert (pixels(content) == (250, 0, 0)).all()


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((2400, 1600), 72, (300, 200)),
        ((1600, 2400), 72, (200, 300)),
        ((1200, 800), 100, (300, 200)),
        ((1200, 799), 100, (600, 400)),
        ((1200, 800), 200, (600, 400)),
        ((1200, 799), 200, (1200, 799)),
        ((300, 200), 256, (300, 200)),
    ],
)
def test_a_large_jpeg_is_decoded_at_the_smallest_scale_of_twice_the_side(
    size: tuple[int, int], side: int, expected: tuple[int, int]
):
    content = encoded(Image.fromarray(lopsided(*size)), "JPEG")
    decoded = decode(content, side)
    assert decoded.size == expected
    assert min(decoded.size) >= min(2 * side, *size)


def test_only_jpegs_are_decoded_at_a_scale():
    content = encoded(Image.fromarray(lopsided(640, 480)), "PNG")
    assert decode(content, 16).size == (640, 480)


@pytest.mark.parametrize("side", [16, 32, 64, 100, 128])
def test_a_path_and_its_bytes_agree_at_every_scale(tmp_path: Path, side: int):
    path = tmp_path / "large.jpg"
    Image.fromarray(lopsided(1000, 700)).save(path, exif=with_orientation(6))
    assert np.array_equal(pixels(path, side), pixels(path.read_bytes(), side))
    assert np.array_equal(pixels(str(path), side), pixels(path, side))


def test_a_scaled_jpeg_shows_the_same_picture():
    smooth = lopsided(1600, 1200)
    smooth[..., 2] = 0
    content = encoded(Image.fromarray(smooth), "JPEG")
    scaled = decode(content, 64)
    with Image.open(BytesIO(content)) as image:
        full = image.convert("RGB").resize(scaled.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(scaled, int) - np.asarray(full, int)).mean() < 2


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda array: array, id="as it is"),
        pytest.param(lambda array: array[:, ::-1], id="mirrored"),
        pytest.param(lambda array: array[..., ::-1], id="channels turned round"),
        pytest.param(lambda array: array[5:20:2, 3:40:3], id="a part"),
        pytest.param(np.asfortranarray, id="by columns"),
    ],
)
def test_an_array_in_any_memory_layout_is_taken_by_its_values(
    view: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
):
    assert np.array_equal(pixels(view(lopsided())), view(lopsided()))


def test_nothing_that_is_given_is_modified(tmp_path: Path):
    path = tmp_path / "turned.jpg"
    Image.fromarray(lopsided()).save(path, exif=with_orientation(6))
    content, changed = path.read_bytes(), path.stat().st_mtime_ns
    array = lopsided()
    with Image.open(path) as image:
        before = (image.size, image.mode, image.tobytes(), image.getexif()[0x0112])
        for picture in (path, content, image, array):
            decode(picture, SIDE)
        assert (image.size, image.mode, image.tobytes(), image.getexif()[0x0112]) == before
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (content, changed)
    assert np.array_equal(array, lopsided())


def test_an_array_that_is_locked_for_writing_is_fine():
    array = lopsided()
    array.flags.writeable = False
    assert np.array_equal(pixels(array), lopsided())


def test_an_array_changed_afterwards_does_not_change_the_picture():
    array = lopsided()
    decoded = decode(array, SIDE)
    array[:] = 0
    assert np.array_equal(np.asarray(decoded), lopsided())


@pytest.mark.parametrize(
    "shape", [(8, 8), (8, 8, 4), (8, 8, 1), (1, 8, 8, 3), (0, 8, 3), (3, 8, 8)]
)
def test_an_array_of_another_shape_is_refused(shape: tuple[int, ...]):
    with pytest.raises(PictureError, match=r"uint8 RGB of shape \[H, W, 3\], not uint8") as caught:
        decode(np.zeros(shape, np.uint8), SIDE)
    assert str(list(shape)) in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint16, np.bool_])
def test_an_array_of_another_type_is_refused(dtype: type[np.generic]):
    with pytest.raises(PictureError, match=f"not {np.dtype(dtype)}"):
        decode(np.zeros((8, 8, 3), dtype), SIDE)  # pyright: ignore[reportArgumentType]


def test_an_image_that_is_not_loaded_yet_gives_the_pixels_of_its_large_file(tmp_path: Path):
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 255, (200, 260, 3)).astype(np.uint8)
    path = tmp_path / "large.jpg"
    Image.fromarray(pixels).save(path)
    with Image.open(path) as image:
        assert np.array_equal(decode(image, 40), decode(path, 40))
        assert image.size == (260, 200), "the caller's image is as it was"
        image.load()
        assert decode(image, 40).size == (260, 200)


def test_whoever_looks_sees_the_file_as_it_was_opened(tmp_path):
    Image.new("CMYK", (1200, 900)).save(tmp_path / "a.jpg")
    seen = []
    picture = decode_bytes(
        (tmp_path / "a.jpg").read_bytes(), 100, look=lambda one: seen.append((one.mode, one.size))
    )
    assert seen == [("CMYK", (1200, 900))]
    assert (picture.mode, picture.size) == ("RGB", (300, 225))
