"""What the bundle's README says in words is what happens: done by the words, in numpy."""

import math
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tlx.inference.picture import decode
from tlx.inference.preprocessing import Preprocessing, preprocess

Pixels = NDArray[np.uint8]


def coefficients(source: int, out: int) -> NDArray[np.int64]:
    """By the README: whole numbers of 2^-22, [out, source]."""
    matrix = np.zeros((out, source), np.int64)
    scale = source / out
    reach = max(scale, 1)
    for i in range(out):
        centre = (i + 0.5) * scale
        first = max(0, math.floor(centre - reach + 0.5))
        last = min(source, math.floor(centre + reach + 0.5))
        w = [max(0.0, 1 - abs(j - centre + 0.5) / reach) for j in range(first, last)]
        matrix[i, first:last] = [math.floor(x / sum(w) * 2**22 + 0.5) for x in w]
    return matrix


def resize_rows(pixels: Pixels, width: int) -> Pixels:
    if pixels.shape[1] == width:
        return pixels
    sums = np.einsum("hwc,ow->hoc", pixels.astype(np.int64), coefficients(pixels.shape[1], width))
    return np.clip((sums + 2**21) >> 22, 0, 255).astype(np.uint8)


def by_the_words(pixels: Pixels, r: int, s: int) -> Pixels:
    """Resize and crop uint8 [H, W, 3] by the README's words alone."""
    height, width = pixels.shape[:2]
    longer = math.floor(r * max(width, height) / min(width, height))
    new_width, new_height = (r, longer) if width <= height else (longer, r)
    wide = resize_rows(pixels, new_width)
    resized = resize_rows(wide.swapaxes(0, 1), new_height).swapaxes(0, 1)
    left, top = (round((length - s) / 2) for length in (new_width, new_height))
    return resized[top : top + s, left : left + s]


@pytest.mark.parametrize(
    ("size", "r", "s"),
    [
        *(((640, 427), 256, 224), ((427, 640), 256, 224), ((333, 500), 232, 224)),
        *(((48, 40), 37, 32), ((40, 40), 40, 32), ((37, 90), 37, 32), ((20, 13), 37, 32)),
        *(((61, 47), 45, 32), ((1000, 6), 36, 31), ((5, 5), 36, 33)),
    ],
)
def test_the_words_on_resizing_give_the_pixels_bit_for_bit(size, r, s):
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3)).astype(np.uint8)
    assert np.array_equal(by_the_words(pixels, r, s), preprocess(pixels, Preprocessing(r, s)))


def test_the_words_are_those_of_the_readme(plain_bundle: Path):
    text = (plain_bundle / "README.md").read_text(encoding="utf-8")
    for words in (
        "centre  = (i + 0.5) * scale",
        "first   = max(0, floor(centre - reach + 0.5))",
        "last    = min(in, floor(centre + reach + 0.5))",
        "w[j]    = max(0, 1 - abs(j - centre + 0.5) / reach)",
        "k[j]    = round(w[j] / sum(w) * 2^22)",
        "pixel   = clamp((sum(k[j] * source[j]) + 2^21) >> 22, 0, 255)",
        "`floor(R * long / short)`",
        "`(c * a + 255 * (255 - a)) / 255`, rounded to nearest",
        "`R = (255 - K) - (255 - K) * C / 255`, rounded to",
        "S = 32",
        "R = 37",
    ):
        assert words in text


def test_the_words_on_the_golden_png_give_its_golden_pixels(plain_bundle: Path):
    with Image.open(plain_bundle / "golden/1.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    expected = (plain_bundle / "golden/1.rgb").read_bytes()
    assert by_the_words(pixels, 37, 32).tobytes() == expected


def decoded(image: Image.Image, kind: str) -> Pixels:
    file = BytesIO()
    image.save(file, kind)
    return np.asarray(decode(file.getvalue(), 37))


def test_the_words_on_alpha_hold_for_every_value():
    c, a = np.meshgrid(np.arange(256), np.arange(256))
    rgba = np.stack([c, c[::-1], c, a], axis=2).astype(np.uint8)
    expected = np.floor((c * a + 255 * (255 - a)) / 255 + 0.5)
    assert np.array_equal(decoded(Image.fromarray(rgba), "PNG")[..., 0], expected)


def test_the_words_on_cmyk_hold_for_every_value():
    ink, k = np.meshgrid(np.arange(256), np.arange(256))
    cmyk = np.stack([ink, ink, ink, k], axis=2).astype(np.uint8)
    image = Image.frombytes("CMYK", (256, 256), cmyk.tobytes())
    expected = (255 - k) - np.floor((255 - k) * ink / 255 + 0.5)
    assert np.array_equal(decoded(image, "TIFF")[..., 0], expected)
