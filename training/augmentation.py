"""Augmentation: torchvision's v2 transforms, seeded by (seed, epoch, index)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torchvision.transforms import InterpolationMode, v2

from ..inference.preprocessing import Preprocessing, crop_centre
from .config import TrainingConfig
from .randomness import seed_of, seeded

CROP_SCALE = (0.5, 1.0)
"""Share of the picture's area in a random crop. ImageNet's 0.08 loses the object too often
for a few hundred pictures."""
CROP_RATIO = (3 / 4, 4 / 3)
"""Width to height of a random crop."""
GREY = [124, 116, 104]
"""ImageNet's mean: what an erased box and the corners of a turned picture show."""

_POLICIES: dict[str, Callable[..., nn.Module]] = {
    "randaugment": v2.RandAugment,  # Cubuk et al., 2020, arXiv:1909.13719
    "trivialaugment": v2.TrivialAugmentWide,  # Mueller and Hutter, 2021, arXiv:2103.10158
    "augmix": v2.AugMix,  # Hendrycks et al., 2020, arXiv:1912.02781
}


@dataclass(frozen=True)
class Augmentation:
    """How training pictures are varied; the options of `TrainingConfig` say what each means."""

    geometry: str = "none"
    policy: str = "none"
    jitter: float = 0.0
    erase: float = 0.0

    @property
    def random(self) -> bool:
        """Whether two looks at one picture may differ."""
        return self != Augmentation()

    @property
    def only_geometry(self) -> bool:
        """Whether nothing but crop and mirroring varies."""
        return self == Augmentation(self.geometry)


def augmentation_of(config: TrainingConfig) -> Augmentation:
    """Take the augmentation out of a run's configuration."""
    return Augmentation(config.augmentation, config.policy, config.jitter, config.erase)


class Augment:
    """An augmentation as a function of a picture and of the three numbers that seed it.

    Args:
        augmentation: what to vary.
        rule: the card's preprocessing: its crop is the side of the result.
        seed: of the run.
    """

    def __init__(self, augmentation: Augmentation, rule: Preprocessing, seed: int) -> None:
        self._seed = seed
        self._random = augmentation.random
        self._side = rule.crop
        self._transform = v2.Compose(
            [*_geometry(augmentation.geometry, rule.crop), v2.PILToTensor()]
        )
        self._after = v2.Compose(_variations(augmentation))

    def __call__(self, resized: Image.Image, epoch: int, index: int) -> NDArray[np.uint8]:
        """Vary an RGB picture whose short side is the rule's resize side: uint8 `[S, S, 3]`.

        The randomness depends on nothing but (seed, epoch, index): whichever worker does it, and
        whatever was drawn before. That is what makes resuming exact.
        """
        if not self._random:
            return crop_centre(resized, self._side)
        with seeded(seed_of(self._seed, epoch, index)):
            varied: torch.Tensor = self._after(self._transform(resized))
        return varied.permute(1, 2, 0).contiguous().numpy()


def _geometry(name: str, side: int) -> Sequence[nn.Module]:
    crop = v2.RandomResizedCrop(
        side, CROP_SCALE, CROP_RATIO, interpolation=InterpolationMode.BILINEAR, antialias=True
    )
    centre = v2.CenterCrop(side)
    mirror = v2.RandomHorizontalFlip()
    steps: dict[str, Sequence[nn.Module]] = {
        "standard": (crop, mirror),
        "crop": (crop,),
        "mirror": (centre, mirror),
        "none": (centre,),
    }
    return steps[name]


def _variations(augmentation: Augmentation) -> list[nn.Module]:
    """Vary a uint8 tensor `[3, S, S]` after its geometry."""
    steps: list[nn.Module] = [v2.Identity()]
    if augmentation.policy != "none":
        steps.append(_POLICIES[augmentation.policy](fill=GREY))
    if augmentation.jitter:
        strength = augmentation.jitter
        steps.append(v2.ColorJitter(strength, strength, strength, strength / 4))
    if augmentation.erase:
        steps.append(v2.RandomErasing(augmentation.erase, value=GREY))  # pyright: ignore[reportArgumentType]
    return steps
