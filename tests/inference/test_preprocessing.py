"""Our preprocessing is torchvision's `ImageClassification` preset, bit for bit."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torchvision.models import ResNet18_Weights

from tlx.errors import PictureError
from tlx.inference.picture import decode
from tlx.inference.preprocessing import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocessing,
    preprocess,
    resize_and_crop,
    resized_size,
)

RULES = [(256, 224), (232, 224), (37, 32), (32, 32), (33, 32), (75, 64), (293, 256), (51, 17)]
SIZES = [(97, 61), (61, 97), (20, 15), (224, 224), (300, 401)]


def preset(rgb: Image.Image, rule: Preprocessing) -> NDArray[np.uint8]:
    """Give torchvision's answer as the uint8 pixels that it was made from."""
    assert rgb.mode == "RGB"
    transforms = ResNet18_Weights.IMAGENET1K_V1.transforms(
        crop_size=rule.crop, resize_size=rule.resize_side, mean=(0, 0, 0), std=(1, 1, 1)
    )
    levels = transforms(rgb) * 255
    return levels.round().to(torch.uint8).permute(1, 2, 0).numpy()


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def by_pillow(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as image:
        return image.convert("RGB")


def on_white(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as image:
        rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def high_byte(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as image:
        values = np.asarray(image).astype(np.uint32)
    return Image.fromarray((values // 256).astype(np.uint8)).convert("RGB")


def grey16(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.uint16)
    return Image.fromarray(values[..., 0] * 256 + values[..., 1])


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putalpha(noise(*image.size, seed=1).convert("L"))
    return image


Encode = Callable[[Image.Image], bytes]
Reference = Callable[[bytes], Image.Image]
KINDS: dict[str, tuple[Encode, Reference]] = {
    "RGB JPEG": (lambda p: encoded(p, "JPEG"), by_pillow),
    "progressive JPEG": (lambda p: encoded(p, "JPEG", progressive=True), by_pillow),
    "grey JPEG": (lambda p: encoded(p.convert("L"), "JPEG"), by_pillow),
    "CMYK JPEG": (lambda p: encoded(p.convert("CMYK"), "JPEG"), by_pillow),
    "RGB PNG": (lambda p: encoded(p, "PNG"), by_pillow),
    "grey PNG": (lambda p: encoded(p.convert("L"), "PNG"), by_pillow),
    "black and white PNG": (lambda p: encoded(p.convert("1"), "PNG"), by_pillow),
    "16-bit PNG": (lambda p: encoded(grey16(p), "PNG"), high_byte),
    "PNG with alpha": (lambda p: encoded(with_alpha(p), "PNG"), on_white),
    "grey PNG with alpha": (lambda p: encoded(with_alpha(p).convert("LA"), "PNG"), on_white),
    "palette PNG": (lambda p: encoded(p.convert("P"), "PNG"), by_pillow),
    "palette PNG, one transparent": (
        lambda p: encoded(p.convert("P"), "PNG", transparency=7),
        on_white,
    ),
    "palette PNG, many transparent": (
        lambda p: encoded(p.convert("P"), "PNG", transparency=bytes(range(256))),
        on_white,
    ),
    "GIF": (lambda p: encoded(p.convert("P"), "GIF"), by_pillow),
    "WebP": (lambda p: encoded(p, "WEBP"), by_pillow),
    "BMP": (lambda p: encoded(p, "BMP"), by_pillow),
    "TIFF": (lambda p: encoded(p, "TIFF"), by_pillow),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_gets_the_presets_pixels(kind: str, size: tuple[int, int]):
    encode, reference = KINDS[kind]
    content = encode(noise(*size))
    for rule in (Preprocessing(256, 224), Preprocessing(37, 32)):
        ours = preprocess(content, rule)
        assert ours.dtype == np.uint8
        assert ours.shape == (rule.crop, rule.crop, 3)
        if kind.endswith("JPEG") and min(size) >= 4 * rule.resize_side:
            expected = preset(decode(content, rule.resize_side), rule)
        else:
            expected = preset(reference(content), rule)
        assert np.array_equal(ours, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_gets_the_presets_pixels(kind: str, orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(noise(83, 40), kind, exif=exif)
    with Image.open(BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    rule = Preprocessing(37, 32)
    assert np.array_equal(preprocess(content, rule), preset(upright, rule))


@pytest.mark.parametrize(("side", "crop"), RULES)
def test_every_size_gets_the_presets_pixels(side: int, crop: int):
    # Sizes near the resized one and odd remainders are where rounding differs from // 2.
    chance = np.random.default_rng(side * 1000 + crop)
    sizes = [(side, side), (side + 1, side), (side, side + 3), (crop, crop), (1, 1), (1, 7)]
    sizes += [
        (int(w), int(h)) for w, h in chance.integers(2, 2 * side, (40 if side < 100 else 10, 2))
    ]
    rule = Preprocessing(side, crop)
    for number, size in enumerate(sizes):
        rgb = noise(*size, seed=number)
        assert np.array_equal(resize_and_crop(rgb, rule), preset(rgb, rule)), size


@pytest.mark.parametrize("excess", range(8))
def test_an_odd_rest_is_cropped_where_the_preset_crops_it(excess: int):
    rgb = noise(40 + excess, 32)
    rule = Preprocessing(32, 31 if excess % 2 else 32)
    assert np.array_equal(resize_and_crop(rgb, rule), preset(rgb, rule))


@pytest.mark.parametrize("size", [(20, 1000), (1000, 20), (7, 350), (350, 7), (3, 100), (1, 200)])
def test_long_strips_get_the_presets_pixels(size: tuple[int, int]):
    content = encoded(noise(*size), "PNG")
    rule = Preprocessing(37, 32)
    assert np.array_equal(preprocess(content, rule), preset(noise(*size), rule))


@pytest.mark.parametrize("size", [(1, 201), (201, 1), (2, 401), (3000, 14)])
def test_a_shape_beyond_1_to_200_is_no_picture_to_us(size: tuple[int, int]):
    width, height = size
    with pytest.raises(PictureError, match=f"{width} x {height} pixels is a shape beyond 1:200"):
        preprocess(encoded(noise(*size), "PNG"), Preprocessing(37, 32))


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels_is_no_picture_to_us(size: tuple[int, int]):
    with pytest.raises(PictureError):
        preprocess(Image.new("RGB", size), Preprocessing(37, 32))


def test_a_picture_of_the_right_size_is_left_as_it_is():
    rgb = noise(32, 32)
    assert np.array_equal(resize_and_crop(rgb, Preprocessing(32, 32)), np.asarray(rgb))


def test_the_result_is_the_callers_own():
    rgb = noise(32, 32)
    resize_and_crop(rgb, Preprocessing(32, 32))[:] = 0
    assert np.asarray(rgb).any()


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((400, 300), 256, (341, 256)),
        ((300, 400), 256, (256, 341)),
        ((100, 100), 37, (37, 37)),
        ((3, 2), 37, (55, 37)),
        ((1, 200), 32, (32, 6400)),
    ],
)
def test_the_longer_side_is_rounded_down(
    size: tuple[int, int], side: int, expected: tuple[int, int]
):
    assert resized_size(size, side) == expected


def test_the_rule_by_itself_has_imagenets_mean_and_deviation():
    weights = ResNet18_Weights.IMAGENET1K_V1.transforms()
    assert list(IMAGENET_MEAN) == weights.mean
    assert list(IMAGENET_STD) == weights.std
    assert Preprocessing(256, 224).mean == IMAGENET_MEAN
    assert Preprocessing(256, 224).std == IMAGENET_STD


def test_real_pictures_get_the_presets_pixels(real_pictures: Path):
    rule = Preprocessing(256, 224)
    folders = sorted({path.parent for path in real_pictures.rglob("*.jpg")})
    paths = [min(folder.glob("*.jpg")) for folder in folders]
    assert paths
    for path in paths:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        assert min(upright.size) < 4 * rule.resize_side
        assert np.array_equal(preprocess(path, rule), preset(upright, rule)), path
