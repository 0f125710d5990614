"""Crops and mirroring in batches, as a GPU does them, held against torchvision's on the CPU."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlx.inference.preprocessing import Preprocessing, resize_and_crop
from tlx.samples.sample import Sample
from tlx.training.augmentation import Augmentation
from tlx.training.batches import EpochBatches, LoadedBatches, PictureDataset, truth_of
from tlx.training.device_batches import DeviceBatches

RULE = Preprocessing(resize_side=37, crop=32)
SIZES = ((60, 40), (40, 60), (37, 37), (90, 50), (41, 120))


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """Smooth pictures of several shapes: interpolations differ little on them."""
    found: list[Sample] = []
    for index, (width, height) in enumerate(SIZES):
        x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        pixels = np.stack([255 * x, 255 * y, 127 * (x + y)], axis=2).astype(np.uint8)
        path = tmp_path / f"{index}.png"
        Image.fromarray(pixels).save(path)
        found.append(Sample(path, ("cat", "dog")[index % 2]))
    return found


def dataset(samples: list[Sample], geometry: str) -> PictureDataset:
    truth = truth_of(samples, ("cat", "dog"), "single-label")
    return PictureDataset(samples, truth, RULE, Augmentation(geometry), seed=5)


def on_device(samples: list[Sample], geometry: str, epoch: int = 1) -> list:
    order = EpochBatches(len(samples), 3, seed=5)
    batches = DeviceBatches(dataset(samples, geometry), order, torch.device("cpu"))
    return list(batches.epoch(epoch))


@pytest.mark.parametrize("geometry", ["standard", "crop", "mirror"])
def test_the_boxes_are_those_of_torchvisions_transforms(samples, geometry):
    order = EpochBatches(len(samples), 3, seed=5)
    expected = LoadedBatches(dataset(samples, geometry), order, workers=0)
    for epoch in (1, 2, 7):
        found = on_device(samples, geometry, epoch)
        for (ours, truth), (theirs, same) in zip(found, expected.epoch(epoch), strict=True):
            assert ours.dtype == torch.uint8
            assert truth.equal(same)
            assert (ours.float() - theirs.float()).abs().mean() < 2.0


def test_other_boxes_would_not_pass_for_the_same(samples):
    first, other = (on_device(samples, "crop", epoch) for epoch in (1, 2))
    by_truth = zip(first, other, strict=True)
    assert max((a.float() - b.float()).abs().mean() for (a, _), (b, _) in by_truth) > 4.0


def test_without_a_random_crop_the_pixels_are_the_cards_up_to_mirroring(samples):
    order = EpochBatches(len(samples), 2, seed=5)
    seen = [key[1] for keys in _keys(order, 3) for key in keys]
    images = torch.cat([images for images, _ in _epoch(samples, order, "mirror", 3)])
    for index, image in zip(seen, images, strict=True):
        with Image.open(samples[index].path) as picture:
            plain = torch.from_numpy(resize_and_crop(picture.convert("RGB"), RULE))
        assert image.equal(plain) or image.equal(plain.flip(1))


def test_an_epoch_is_a_function_of_its_number(samples):
    first, again = on_device(samples, "standard"), on_device(samples, "standard")
    assert all(a.equal(b) for (a, _), (b, _) in zip(first, again, strict=True))


def test_choosing_boxes_leaves_torchs_generator_as_it_was(samples):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    on_device(samples, "standard")
    assert torch.rand(2).equal(expected)


def _keys(order: EpochBatches, epoch: int) -> list:
    order.epoch = epoch
    return list(order)


def _epoch(samples: list[Sample], order: EpochBatches, geometry: str, epoch: int) -> list:
    return list(DeviceBatches(dataset(samples, geometry), order, torch.device("cpu")).epoch(epoch))
