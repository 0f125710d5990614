"""A sketch, and what is made of it by matrices, is what Pillow makes of the picture."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tlx.samples.near_duplicates import COLOURS, GREY_BYTES, PLAIN
from tlx.samples.perceptual_hash import SIDE, waves
from tlx.samples.sketch import (
    BORDERS,
    GREYS,
    SKETCH_BYTES,
    colour_matrix,
    hash_matrix,
    part,
    show_something,
    sketch,
    stacked,
)

GREY_SKETCH = GREYS * GREYS


@pytest.fixture
def pictures(scene: Callable[..., Image.Image]) -> list[Image.Image]:
    return [scene(number) for number in range(4)]


def greys(pictures: list[Image.Image]) -> np.ndarray:
    return stacked(map(sketch, pictures))[:, :GREY_SKETCH].astype(np.float32)


@pytest.mark.parametrize("border", range(len(BORDERS)))
def test_a_part_is_what_pillow_makes_of_the_sketch_and_nearly_of_the_picture(
    pictures: list[Image.Image], border: int
):
    made = part(greys(pictures), border)
    for row, picture in zip(made, pictures, strict=True):
        small = picture.resize((GREYS, GREYS), Image.Resampling.BILINEAR).convert("L")
        for source, most in ((small, 3), (picture.convert("L"), 12)):
            width, height = source.size
            share = BORDERS[border]
            box = (share * width, share * height, (1 - share) * width, (1 - share) * height)
            resized = source.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box)
            assert np.abs(row - np.asarray(resized, float).ravel()).mean() < most / 3


def test_hashes_are_those_of_the_parts_without_what_all_share(pictures: list[Image.Image]):
    chance = np.random.default_rng(0)
    shared = np.stack([np.ones(GREY_BYTES), chance.normal(size=GREY_BYTES)], axis=1)
    common = np.linalg.qr(shared)[0].astype(np.float32)
    strengths = (greys(pictures) @ hash_matrix(common)).reshape(len(pictures), len(BORDERS), -1)
    for border in range(len(BORDERS)):
        own = part(greys(pictures), border)
        own -= (own @ common) @ common.T
        assert strengths[:, border] == pytest.approx(own @ waves(), rel=1e-3, abs=1.0)


def test_colours_are_what_pillow_makes_of_the_parts(pictures: list[Image.Image]):
    colours = stacked(map(sketch, pictures))[:, GREY_SKETCH:].astype(np.float32)
    made = (colours @ colour_matrix()).reshape(len(pictures), len(BORDERS), COLOURS, COLOURS, 3)
    for parts, picture in zip(made, pictures, strict=True):
        width, height = picture.size
        for row, share in zip(parts, BORDERS, strict=True):
            box = (share * width, share * height, (1 - share) * width, (1 - share) * height)
            small = picture.resize((COLOURS, COLOURS), Image.Resampling.BILINEAR, box)
            assert np.abs(row - np.asarray(small, float)).mean() < 3
    plain = stacked([sketch(Image.new("RGB", (50, 70), (200, 100, 0)))])[:, GREY_SKETCH:]
    of_parts = (plain.astype(np.float32) @ colour_matrix()).reshape(-1, 3)
    assert of_parts == pytest.approx(np.tile([200, 100, 0], (len(of_parts), 1)), abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (2, 400), (3000, 2000)])
def test_a_sketch_has_one_size_and_no_picture_is_too_small(size: tuple[int, int]):
    assert len(sketch(Image.new("RGB", size))) == SKETCH_BYTES


def test_plain_pictures_show_nothing(pictures: list[Image.Image]):
    grain = np.random.default_rng(0).normal(128, PLAIN / 2, (80, 80, 3)).astype(np.uint8)
    plain = [Image.new("RGB", (60, 40), (level, 0, 0)) for level in range(0, 256, 50)]
    made = stacked(map(sketch, [*plain, Image.fromarray(grain), *pictures]))
    assert show_something(made).tolist() == [False] * (len(plain) + 1) + [True] * len(pictures)
    assert show_something(made[:0]).tolist() == []
