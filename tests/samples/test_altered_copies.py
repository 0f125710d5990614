"""Copies that were saved again, resized, cropped or lit differently are found; others are not."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tlx.samples.altered_copies import altered_copies
from tlx.samples.sketch import sketch

COUNT = 60
Alter = Callable[[Image.Image], Image.Image]


def jpeg(picture: Image.Image, quality: int = 90) -> Image.Image:
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def half(picture: Image.Image) -> Image.Image:
    size = (picture.width // 2, picture.height // 2)
    return jpeg(picture.resize(size, Image.Resampling.LANCZOS))


def cropped(share: float) -> Alter:
    def crop(picture: Image.Image) -> Image.Image:
        x, y = round(share * picture.width), round(share * picture.height)
        return jpeg(picture.crop((x, y, picture.width - x, picture.height - y)))

    return crop


def lit(factor: float) -> Alter:
    return lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(factor))


ALTERED = {
    "JPEG 40": lambda picture: jpeg(picture, 40),
    "half the size": half,
    "cropped by 2.5 %": cropped(0.025),
    "cropped by 5 %": cropped(0.05),
    "brighter": lit(1.15),
    "darker": lit(0.85),
}


def found(pictures: dict[str, Image.Image]) -> list[tuple[str, str]]:
    pairs = altered_copies({name: sketch(picture) for name, picture in pictures.items()})
    return [(pair.one, pair.other) for pair in pairs]


@pytest.fixture(scope="module")
def scenes(scene: Callable[..., Image.Image]) -> dict[str, Image.Image]:
    return {f"{number:03}": scene(number) for number in range(COUNT)}


@pytest.mark.parametrize("how", ALTERED)
def test_an_altered_copy_is_found(scenes: dict[str, Image.Image], how: str):
    copies = {f"{name} again": ALTERED[how](picture) for name, picture in scenes.items()}
    assert found(scenes | copies) == [(name, f"{name} again") for name in scenes]


def test_among_few_pictures_too(scenes: dict[str, Image.Image]):
    few = dict(list(scenes.items())[:5])
    assert found({**few, "x": cropped(0.05)(few["003"])}) == [("003", "x")]


def test_pictures_that_differ_are_not_joined(scenes: dict[str, Image.Image]):
    assert found(scenes) == []
    assert found({}) == []


def test_the_same_shapes_in_another_colour_are_another_picture(scenes: dict[str, Image.Image]):
    pixels = np.asarray(scenes["000"])
    assert found({**scenes, "x": Image.fromarray(pixels[..., [2, 1, 0]])}) == []


def test_plain_pictures_are_no_copies():
    assert found({str(level): Image.new("RGB", (9, 9), (level, 0, 0)) for level in range(99)}) == []


def test_little_pictures_that_all_look_alike_are_no_copies(scenes: dict[str, Image.Image]):
    from sklearn.datasets import load_digits

    images = (load_digits().images * (255 / 16)).astype(np.uint8)  # 1,797 of 8 x 8 pixels
    digits = {f"{n:04}": Image.fromarray(image).convert("RGB") for n, image in enumerate(images)}
    assert found(digits) == []
    assert found({**digits, "x": jpeg(digits["0100"], 95)}) == [("0100", "x")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", ["JPEG 40", "half the size", "cropped by 5 %", "brighter", "darker"]
)
@pytest.mark.parametrize(("name", "own"), [("clothing", 1), ("sign-digits", 0)])
def test_of_real_pictures_95_percent_of_copies_are_found_and_no_wrong_pair(
    real_pictures: Path, name: str, own: int, how: str
):
    paths = sorted(p for p in (real_pictures / name).rglob("*") if p.suffix.lower() == ".jpg")
    pictures = {path.stem: Image.open(path).convert("RGB") for path in paths}
    assert len(found(pictures)) == own
    copies = {f"{stem} again": ALTERED[how](picture) for stem, picture in pictures.items()}
    pairs = found(pictures | copies)
    right = [pair for pair in pairs if pair[1] == f"{pair[0]} again"]
    assert len(right) >= 0.95 * len(pictures)
    assert len({(a.split()[0], b.split()[0]) for a, b in pairs if (a, b) not in right}) == own
