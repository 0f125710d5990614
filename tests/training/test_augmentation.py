"""Augmentation depends on (seed, epoch, index) and on nothing else."""

import numpy as np
import pytest
import torch
from PIL import Image

from tlx.training.augmentation import augment, build_augmentation


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def _augmented(picture: Image.Image, key: tuple[int, int, int]) -> bytes:
    transform = build_augmentation("standard", 32)
    assert transform is not None
    return augment(transform, picture, *key).tobytes()


def test_the_same_three_numbers_give_the_same_picture_whatever_was_drawn_before(picture):
    first = _augmented(picture, (1, 2, 3))
    torch.rand(17)
    np.random.default_rng().random(3)
    assert _augmented(picture, (1, 2, 3)) == first


@pytest.mark.parametrize("key", [(2, 2, 3), (1, 3, 3), (1, 2, 4), (3, 2, 1)])
def test_another_seed_epoch_or_index_gives_another_picture(picture, key):
    assert _augmented(picture, key) != _augmented(picture, (1, 2, 3))


def test_the_randomness_of_everyone_else_is_left_as_it_was(picture):
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    _augmented(picture, (1, 2, 3))
    assert torch.rand(4).equal(expected)


def test_the_randomness_is_left_as_it_was_even_after_an_error(picture):
    def fail(_picture: Image.Image) -> Image.Image:
        torch.rand(1)
        raise RuntimeError("planted")

    before = torch.default_generator.get_state()
    with pytest.raises(RuntimeError, match="planted"):
        augment(fail, picture, 1, 2, 3)
    assert torch.default_generator.get_state().equal(before)


def _mirrored_share(name: str) -> float:
    """How often a picture that is dark on its left comes out dark on its right."""
    transform = build_augmentation(name, 32)
    assert transform is not None
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], (48, 1, 3))
    pictures = [np.array(augment(transform, Image.fromarray(ramp), 0, 1, i)) for i in range(40)]
    return float(np.mean([p[:, :8].mean() > p[:, -8:].mean() for p in pictures]))


def test_standard_mirrors_about_half_of_the_pictures():
    assert 0.25 < _mirrored_share("standard") < 0.75


def test_crop_never_mirrors():
    assert _mirrored_share("crop") == 0


def test_none_is_no_transform():
    assert build_augmentation("none", 32) is None


@pytest.mark.parametrize("name", ["standard", "crop"])
@pytest.mark.parametrize("size", [(80, 60), (20, 300), (7, 5)])
def test_every_shape_becomes_the_networks_square(name, size):
    transform = build_augmentation(name, 32)
    assert transform is not None
    made = augment(transform, Image.new("RGB", size), 0, 1, 2)
    assert (made.size, made.mode) == ((32, 32), "RGB")
