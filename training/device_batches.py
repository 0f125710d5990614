"""Random crops and mirroring in batches on a GPU, from pictures that are cached in memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample
from torchvision.transforms import RandomResizedCrop

from ..inference.cores import available_cores
from .augmentation import CROP_RATIO, CROP_SCALE
from .batches import Batch, EpochBatches, Key, PictureDataset
from .picture_cache import Pixels, resized_picture
from .randomness import seed_of, seeded

Box = tuple[int, int, int, int]
"""Top, left, height, width, in pixels."""


@dataclass(frozen=True, eq=False)
class Cuts:
    """What is cut out of a batch's pictures, before it is brought to one size.

    Attributes:
        pixels: uint8 `[N, H, W, 3]`; right of and below each cut-out its last column and row go
            on once, which is all that interpolation looks at.
        sizes: float32 `[N, 2]`: height and width of each cut-out, in pixels.
        mirrored: bool `[N]`.
        truth: of the pictures.
    """

    pixels: Tensor
    sizes: Tensor
    mirrored: Tensor
    truth: Tensor


class DeviceBatches:
    """Batches that are cut out on the device, the next one being gathered meanwhile.

    The boxes are those that torchvision's transforms choose from the same seed; the pixels differ
    from theirs by the interpolation alone, which is bilinear without antialiasing here.

    Args:
        dataset: pictures in a cache, augmented by nothing but geometry.
        order: which of them, in which order.
        device: where they are cut out.
    """

    after = "none"

    def __init__(self, dataset: PictureDataset, order: EpochBatches, device: torch.device) -> None:
        self.dataset = dataset
        self.order = order
        self._device = device

    @property
    def sizes(self) -> Sequence[int]:
        """How many pictures each step has, over all processes together."""
        return self.order.sizes

    def epoch(self, number: int) -> Iterator[Batch]:
        """Give an epoch's batches: uint8 `[N, S, S, 3]` on the device."""
        self.order.epoch = number
        with ThreadPoolExecutor(available_cores()) as copiers:
            ahead: _Coming | None = None
            for keys in self.order:
                coming = self._begin(keys, copiers)
                if ahead is not None:
                    yield self._resize(ahead.wait())
                ahead = coming
            if ahead is not None:
                yield self._resize(ahead.wait())

    def _begin(self, keys: list[Key], copiers: ThreadPoolExecutor) -> "_Coming":
        """Choose the boxes, and let threads copy them out of the pictures."""
        pictures = [self._picture(index) for _, index in keys]
        # Chosen here and not in a thread: torch's generator is one for all.
        chosen = [self._choose(key, p.shape) for key, p in zip(keys, pictures, strict=True)]
        height, width = (max(box[side] for box, _ in chosen) + 1 for side in (2, 3))
        pin = self._device.type == "cuda"
        pixels = torch.empty(len(keys), height, width, 3, dtype=torch.uint8, pin_memory=pin)
        copies = [
            copiers.submit(_copy, picture, box, row.numpy())
            for picture, (box, _), row in zip(pictures, chosen, pixels, strict=True)
        ]
        cuts = Cuts(
            pixels,
            torch.tensor([box[2:] for box, _ in chosen], dtype=torch.float32),
            torch.tensor([mirrored for _, mirrored in chosen]),
            self.dataset.truth[[index for _, index in keys]],
        )
        return _Coming(cuts, copies)

    def _picture(self, index: int) -> Pixels:
        path, cache = self.dataset.samples[index].path, self.dataset.cache
        kept = cache.get(path) if cache else None
        side = self.dataset.rule.resize_side
        return kept if kept is not None else np.asarray(resized_picture(path, side, None))

    def _choose(self, key: Key, shape: tuple[int, ...]) -> tuple[Box, bool]:
        """Choose a picture's box and whether it is mirrored, as `Augment` does."""
        geometry, side = self.dataset.augmentation.geometry, self.dataset.rule.crop
        height, width = shape[:2]
        box = (round((height - side) / 2), round((width - side) / 2), side, side)
        with seeded(seed_of(self.dataset.seed, *key)):
            if geometry in ("standard", "crop"):
                size = torch.empty(3, height, width, device="meta")
                box = RandomResizedCrop.get_params(size, list(CROP_SCALE), list(CROP_RATIO))
            mirrored = geometry in ("standard", "mirror") and bool(torch.rand(1) < 0.5)
        return box, mirrored

    def _resize(self, cuts: Cuts) -> Batch:
        side = self.dataset.rule.crop
        pixels = cuts.pixels.to(self._device, non_blocking=True).permute(0, 3, 1, 2).float()
        theta = _theta(cuts, pixels.shape).to(self._device, non_blocking=True)
        grid = affine_grid(theta, [len(pixels), 3, side, side], align_corners=False)
        resized = grid_sample(pixels, grid, padding_mode="border", align_corners=False)
        return resized.round().to(torch.uint8).permute(0, 2, 3, 1), cuts.truth


@dataclass(frozen=True, eq=False)
class _Coming:
    cuts: Cuts
    copies: Sequence[Future[None]]

    def wait(self) -> Cuts:
        for copy in self.copies:
            copy.result()
        return self.cuts


def _copy(picture: Pixels, box: Box, target: Pixels) -> None:
    """Copy a box into the corner of `target`, its last row and column going on once."""
    top, left, height, width = box
    target[:height, :width] = picture[top : top + height, left : left + width]
    target[:height, width] = target[:height, width - 1]
    target[height, : width + 1] = target[height - 1, : width + 1]


def _theta(cuts: Cuts, shape: torch.Size) -> Tensor:
    """Write cut-outs as affine maps from the output to the padded one, `[N, 2, 3]`, in -1..1."""
    height, width = cuts.sizes.unbind(dim=1)
    theta = torch.zeros(len(height), 2, 3)
    theta[:, 0, 0] = torch.where(cuts.mirrored, -1.0, 1.0) * width / shape[3]
    theta[:, 0, 2] = width / shape[3] - 1
    theta[:, 1, 1] = height / shape[2]
    theta[:, 1, 2] = height / shape[2] - 1
    return theta
