"""Augmentation: torchvision's v2 transforms, seeded by (seed, epoch, index)."""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, v2

CROP_SCALE = (0.5, 1.0)
"""Share of the picture's area in a random crop. ImageNet's 0.08 loses the object too often
for a few hundred pictures."""


def build_augmentation(name: str, imgsz: int) -> Callable[[Image.Image], Image.Image] | None:
    """Build the transform from a decoded RGB picture to an `imgsz` square; None for "none"."""
    if name == "none":
        return None
    if name == "mirror":
        return v2.Compose(
            [v2.Resize((imgsz, imgsz), InterpolationMode.BILINEAR), v2.RandomHorizontalFlip()]
        )
    crop = v2.RandomResizedCrop(
        imgsz, scale=CROP_SCALE, interpolation=InterpolationMode.BILINEAR, antialias=True
    )
    return crop if name == "crop" else v2.Compose([crop, v2.RandomHorizontalFlip()])


def augment(
    transform: Callable[[Image.Image], Image.Image],
    picture: Image.Image,
    seed: int,
    epoch: int,
    index: int,
) -> Image.Image:
    """Apply a transform with randomness that depends on nothing but the three numbers.

    Whichever worker does it, and whatever was drawn before: that is what makes resuming exact.
    """
    key = int(np.random.SeedSequence((seed, epoch, index)).generate_state(1, np.uint64)[0])
    generator = torch.default_generator
    state = generator.get_state()
    try:
        generator.manual_seed(key)
        return transform(picture)
    finally:
        generator.set_state(state)
