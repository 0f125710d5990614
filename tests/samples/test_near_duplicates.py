"""Near-duplicates: the same picture saved again is found, pictures that are alike are not."""

import io
import random
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlx.samples.near_duplicates import near_duplicates, thumbnail

COUNT = 80
"""More than are compared each with each."""


def scene(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A picture of soft shapes and some grain."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)).astype(np.float32)
    pixels += chance.normal(0, 6, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def saved(picture: Image.Image, name: str, **options: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, name, **options)
    return Image.open(file).convert("RGB")


def resized(picture: Image.Image, share: float) -> Image.Image:
    size = (round(picture.width * share), round(picture.height * share))
    return saved(picture.resize(size, Image.Resampling.LANCZOS), "JPEG", quality=85)


def found(pictures: dict[str, Image.Image]) -> list[tuple[str, str]]:
    return near_duplicates({name: thumbnail(picture) for name, picture in pictures.items()})


@pytest.fixture(scope="module")
def scenes() -> dict[str, Image.Image]:
    return {f"{number:03}": scene(number) for number in range(COUNT)}


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda p: saved(p, "JPEG", quality=60), id="JPEG 60"),
        pytest.param(lambda p: saved(p, "JPEG", quality=95), id="JPEG 95"),
        pytest.param(lambda p: saved(p, "PNG"), id="PNG"),
        pytest.param(lambda p: saved(p, "WEBP", quality=80), id="WebP"),
        pytest.param(lambda p: resized(p, 0.5), id="half the size"),
        pytest.param(lambda p: resized(p, 0.8), id="0.8 of the size"),
    ],
)
def test_a_picture_saved_again_is_found(scenes, again):
    copies = {f"{name} again": again(picture) for name, picture in scenes.items()}
    assert found(scenes | copies) == [(name, f"{name} again") for name in scenes]


@pytest.mark.parametrize("count", [2, 5, 40])
def test_few_pictures_are_compared_each_with_each(scenes, count):
    few = dict(list(scenes.items())[:count])
    assert found(few | {"x": saved(few["001"], "JPEG", quality=70)}) == [("001", "x")]


def test_pictures_that_differ_are_not_joined(scenes):
    assert found(scenes) == []


def test_the_same_shapes_in_another_colour_are_another_picture(scenes):
    pixels = np.asarray(scenes["000"])
    assert found({**scenes, "x": Image.fromarray(pixels[..., [2, 1, 0]])}) == []


def test_pictures_of_a_fixed_camera_are_not_each_others_duplicates():
    stage = np.asarray(scene(0)).astype(np.float32)

    def part(seed: int) -> Image.Image:
        pixels = stage.copy()
        y, x = np.random.default_rng(seed).integers(0, 90, 2)
        pixels[y : y + 24, x : x + 24] += 60  # what is inspected lies elsewhere each time
        return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))

    parts = {f"{number:03}": part(number) for number in range(COUNT)}
    places = {tuple(np.random.default_rng(n).integers(0, 90, 2)) for n in range(COUNT)}
    assert len(places) == COUNT
    assert len(found(parts)) <= 3
    again = saved(parts["007"], "JPEG", quality=80)
    assert ("007", "x") in found({**parts, "x": again})


def test_plain_pictures_show_nothing_to_compare():
    assert found({str(level): Image.new("RGB", (8, 8), (level, 0, 0)) for level in range(99)}) == []


def test_the_order_does_not_matter(scenes):
    pictures = scenes | {f"{name} b": resized(scenes[name], 0.6) for name in list(scenes)[::3]}
    shuffled = random.Random(0).sample(sorted(pictures), len(pictures))
    assert found({name: pictures[name] for name in shuffled}) == found(pictures)


def test_nothing_and_one_picture_have_no_duplicates(scenes):
    assert found({}) == []
    assert found({"a": scenes["000"]}) == []


def test_many_of_one_scene_are_joined_in_bounded_time():
    chance = np.random.default_rng(0)
    kinds = [np.frombuffer(thumbnail(scene(kind)), np.uint8).astype(int) for kind in range(4)]
    many = {
        f"{number:05}": (kinds[number % 4] + chance.integers(-1, 2, kinds[0].shape))
        .clip(0, 255)
        .astype(np.uint8)
        .tobytes()
        for number in range(8000)
    }
    start = time.perf_counter()
    pairs = near_duplicates(many)
    assert time.perf_counter() - start < 30
    assert all(int(one) % 4 == int(other) % 4 for one, other in pairs)
    assert 7900 < len({other for _, other in pairs}) < 8000


def _real(folder: Path) -> dict[str, Image.Image]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".jpg")
    assert paths
    return {path.stem: Image.open(path).convert("RGB") for path in paths}


def test_of_real_clothing_only_the_known_duplicate_is_joined(real_pictures: Path):
    (pair,) = found(_real(real_pictures / "clothing"))
    assert [name[:8] for name in pair] == ["6075b4a5", "637a56e4"]


def test_hands_on_white_are_not_joined_and_their_copies_are(real_pictures: Path):
    hands = _real(real_pictures / "sign-digits")
    assert found(hands) == []
    copies = {f"{name} again": resized(picture, 0.65) for name, picture in hands.items()}
    assert found(hands | copies) == [(name, f"{name} again") for name in sorted(hands)]


def test_handwritten_digits_are_not_joined(tmp_path: Path):
    from tlx.studies.demo import write_digits

    write_digits(tmp_path)
    digits = {str(path): Image.open(path).convert("RGB") for path in tmp_path.rglob("*.png")}
    assert len(digits) == 1797
    assert found(digits) == []
