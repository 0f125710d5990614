"""Augmentation depends on (seed, epoch, index) and on nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import v2

from tlx.inference.picture import decode
from tlx.inference.preprocessing import Preprocessing, crop_centre, preprocess, resize
from tlx.training.augmentation import GREY, Augment, Augmentation, augmentation_of
from tlx.training.config import CHOICES, TrainingConfig

RULE = Preprocessing(37, 32)
STANDARD = Augmentation("standard")
POLICIES = [name for name in CHOICES["policy"] if name != "none"]
GEOMETRIES = [name for name in CHOICES["augment"] if name != "auto"]

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """Noise, 49 x 37: as the card's rule resizes a picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (37, 49, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def _augmented(
    picture: Image.Image,
    key: tuple[int, int, int],
    augmentation: Augmentation = STANDARD,
) -> Pixels:
    seed, epoch, index = key
    return Augment(augmentation, RULE, seed)(picture, epoch, index)


@pytest.mark.parametrize("policy", ["none", *POLICIES])
def test_the_same_three_numbers_give_the_same_picture_whatever_was_drawn_before(picture, policy):
    augmentation = Augmentation("standard", policy, jitter=0.4, erase=0.5)
    first = _augmented(picture, (1, 2, 3), augmentation)
    torch.rand(17)
    np.random.default_rng().random(3)
    assert (_augmented(picture, (1, 2, 3), augmentation) == first).all()


def test_one_picture_does_not_depend_on_those_before_it(picture):
    augment = Augment(Augmentation("standard", "randaugment", 0.4, 0.5), RULE, 1)
    alone = augment(picture, 2, 3)
    augment(picture, 1, 7)
    assert (augment(picture, 2, 3) == alone).all()


@pytest.mark.parametrize("key", [(2, 2, 3), (1, 3, 3), (1, 2, 4), (3, 2, 1)])
def test_another_seed_epoch_or_index_gives_another_picture(picture, key):
    assert (_augmented(picture, key) != _augmented(picture, (1, 2, 3))).any()


def test_the_randomness_of_everyone_else_is_left_as_it_was(picture):
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    _augmented(picture, (1, 2, 3))
    assert torch.rand(4).equal(expected)


def test_the_randomness_is_left_as_it_was_even_after_an_error(picture, monkeypatch):
    def fail(*_: object) -> None:
        torch.rand(1)
        raise RuntimeError("planted")

    monkeypatch.setattr(v2.RandomHorizontalFlip, "transform", fail)
    monkeypatch.setattr(v2.RandomResizedCrop, "transform", fail)
    before = torch.default_generator.get_state()
    with pytest.raises(RuntimeError, match="planted"):
        _augmented(picture, (1, 2, 3))
    assert torch.default_generator.get_state().equal(before)


def _mirrored_share(geometry: str) -> float:
    """How often a picture that is dark on its left comes out dark on its right."""
    ramp = np.tile(np.linspace(0, 255, 49).astype(np.uint8)[None, :, None], (37, 1, 3))
    picture = Image.fromarray(ramp)
    made = [_augmented(picture, (0, 1, index), Augmentation(geometry)) for index in range(40)]
    return float(np.mean([p[:, :8].mean() > p[:, -8:].mean() for p in made]))


@pytest.mark.parametrize("geometry", ["standard", "mirror"])
def test_about_half_of_the_pictures_are_mirrored(geometry):
    assert 0.25 < _mirrored_share(geometry) < 0.75


def test_crop_never_mirrors():
    assert _mirrored_share("crop") == 0


def test_a_random_crop_shows_half_to_all_of_the_picture():
    row, column = np.mgrid[0:74, 0:98].astype(np.uint8)
    where = Image.fromarray(np.stack([row, column, row], axis=2))
    shares = []
    for index in range(60):
        made = _augmented(where, (0, 1, index), Augmentation("crop")).astype(int)
        height = (made[-1, 0, 0] - made[0, 0, 0]) * 32 / 31
        width = (made[0, -1, 1] - made[0, 0, 1]) * 32 / 31
        shares.append(height * width / (74 * 98))
    assert 0.4 < min(shares) < 0.65
    assert 0.85 < max(shares) < 1.1


def test_mirror_shows_the_centre_crops_pixels_up_to_mirroring(picture):
    centre = crop_centre(picture, 32)
    made = [_augmented(picture, (0, 1, index), Augmentation("mirror")) for index in range(12)]
    plain = [(pixels == centre).all() for pixels in made]
    mirrored = [(pixels == centre[:, ::-1]).all() for pixels in made]
    assert all(one != other for one, other in zip(plain, mirrored, strict=True))
    assert 0 < sum(plain) < 12


@pytest.mark.parametrize("size", [(80, 60), (20, 300), (301, 203), (32, 32)])
def test_none_is_the_cards_preprocessing_bit_for_bit(tmp_path, size):
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(noise).save(path)
    made = _augmented(resize(decode(path, 37), 37), (1, 2, 3), Augmentation())
    assert (made == preprocess(path, RULE)).all()


def test_nothing_but_none_is_random():
    assert not Augmentation().random
    for augmentation in (Augmentation("crop"), Augmentation(jitter=0.1), Augmentation(erase=0.1)):
        assert augmentation.random
    assert Augmentation(policy="augmix").random
    assert Augmentation("standard").only_geometry
    assert not Augmentation("standard", erase=0.1).only_geometry


@pytest.mark.parametrize("policy", ["none", *POLICIES])
@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("size", [(80, 60), (20, 300), (7, 5)])
def test_every_shape_becomes_the_networks_square(geometry, policy, size):
    resized = resize(Image.new("RGB", size), 37)
    made = _augmented(resized, (0, 1, 2), Augmentation(geometry, policy, 0.4, 0.5))
    assert (made.shape, made.dtype) == ((32, 32, 3), np.uint8)
    assert made.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_changes_pictures_and_each_in_another_way(picture, policy):
    centre = crop_centre(picture, 32)
    made = [_augmented(picture, (0, 1, i), Augmentation(policy=policy)) for i in range(10)]
    changed = [pixels for pixels in made if (pixels != centre).any()]
    assert len(changed) >= 4
    assert len({pixels.tobytes() for pixels in changed}) >= 4


def test_the_policies_differ(picture):
    made = {
        policy: b"".join(
            _augmented(picture, (0, 1, i), Augmentation(policy=policy)).tobytes() for i in range(8)
        )
        for policy in POLICIES
    }
    assert len(set(made.values())) == 3


def test_jitter_changes_colour_and_not_shape():
    plain = Image.new("RGB", (49, 37), (120, 90, 60))
    colours = set()
    for index in range(8):
        made = _augmented(plain, (0, 1, index), Augmentation(jitter=0.4))
        assert (made == made[0, 0]).all()
        colours.add(tuple(made[0, 0].tolist()))
    assert len(colours) == 8


def test_more_jitter_strays_further():
    plain = Image.new("RGB", (49, 37), (120, 90, 60))

    def stray(strength: float) -> float:
        made = [_augmented(plain, (0, 1, i), Augmentation(jitter=strength)) for i in range(20)]
        return float(np.mean([abs(p[0, 0].astype(int) - (120, 90, 60)).max() for p in made]))

    assert 0 < 3 * stray(0.05) < stray(0.5)


def test_erasing_fills_a_box_with_grey_and_leaves_the_rest(picture):
    centre = crop_centre(picture, 32)
    for index in range(6):
        made = _augmented(picture, (0, 1, index), Augmentation(erase=1.0))
        rows, columns = np.nonzero((made != centre).any(axis=2))
        box = made[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert (box == GREY).all()
        assert 0.01 < box.shape[0] * box.shape[1] / 32**2 < 0.4


def test_erasing_happens_as_often_as_asked(picture):
    centre = crop_centre(picture, 32)
    made = [_augmented(picture, (0, 1, i), Augmentation(erase=0.25)) for i in range(80)]
    assert 0.1 < np.mean([(pixels != centre).any() for pixels in made]) < 0.4


def test_a_runs_options_say_what_varies():
    config = TrainingConfig(
        Path("pictures"), augment="mirror", policy="augmix", jitter=0.1, erase=0.2
    )
    assert augmentation_of(config) == Augmentation("mirror", "augmix", 0.1, 0.2)
    assert augmentation_of(TrainingConfig(Path("pictures"))) == Augmentation("standard")
    assert not augmentation_of(TrainingConfig(Path("pictures"), freeze="backbone")).random
