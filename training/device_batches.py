"""Random crops and mirroring in batches on a GPU, from pictures that are cached in memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample
from torchvision.transforms import RandomResizedCrop

from .augmentation import CROP_RATIO, CROP_SCALE
from .batches import Batch, EpochBatches, Key, PictureDataset
from .picture_cache import resized_picture
from .randomness import seed_of, seeded

Cut = tuple[tuple[int, int, int, int], bool]
"""Top, left, height, width in pixels; whether it is mirrored."""


@dataclass(frozen=True, eq=False)
class PaddedPictures:
    """Pictures of several sizes in one tensor.

    Attributes:
        pixels: uint8 `[N, H, W, 3]`; black right of and below each picture.
        boxes: float32 `[N, 4]`: top, left, height, width of what is cut out, in pixels.
        mirrored: bool `[N]`.
        truth: of the pictures.
    """

    pixels: Tensor
    boxes: Tensor
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
        with ThreadPoolExecutor(1) as gatherer:
            ahead: Future[PaddedPictures] | None = None
            for keys in self.order:
                # Here and not in the other thread: torch's generator is one for all.
                cuts = [self._choose(key) for key in keys]
                coming = gatherer.submit(self._gather, keys, cuts)
                if ahead is not None:
                    yield self._cut(ahead.result())
                ahead = coming
            if ahead is not None:
                yield self._cut(ahead.result())

    def _picture(self, index: int) -> NDArray[np.uint8]:
        path = self.dataset.samples[index].path
        return np.asarray(resized_picture(path, self.dataset.rule.resize_side, self.dataset.cache))

    def _choose(self, key: Key) -> Cut:
        """Choose a picture's box and whether it is mirrored, as `Augment` does."""
        geometry, side = self.dataset.augmentation.geometry, self.dataset.rule.crop
        height, width = self._picture(key[1]).shape[:2]
        top, left = round((height - side) / 2), round((width - side) / 2)
        box = (top, left, side, side)
        with seeded(seed_of(self.dataset.seed, *key)):
            if geometry in ("standard", "crop"):
                shape = torch.empty(3, height, width, device="meta")
                box = RandomResizedCrop.get_params(shape, list(CROP_SCALE), list(CROP_RATIO))
            mirrored = geometry in ("standard", "mirror") and bool(torch.rand(1) < 0.5)
        return box, mirrored

    def _gather(self, keys: list[Key], cuts: list[Cut]) -> PaddedPictures:
        pictures = [self._picture(index) for _, index in keys]
        height = max(picture.shape[0] for picture in pictures)
        width = max(picture.shape[1] for picture in pictures)
        pin = self._device.type == "cuda"
        pixels = torch.zeros(len(keys), height, width, 3, dtype=torch.uint8, pin_memory=pin)
        for row, picture in enumerate(pictures):
            pixels[row, : picture.shape[0], : picture.shape[1]] = torch.from_numpy(picture.copy())
        return PaddedPictures(
            pixels,
            torch.tensor([box for box, _ in cuts], dtype=torch.float32),
            torch.tensor([mirrored for _, mirrored in cuts]),
            self.dataset.truth[[index for _, index in keys]],
        )

    def _cut(self, pictures: PaddedPictures) -> Batch:
        side = self.dataset.rule.crop
        pixels = pictures.pixels.to(self._device, non_blocking=True).permute(0, 3, 1, 2).float()
        grid = affine_grid(
            _theta(pictures, pixels.shape).to(self._device),
            [len(pixels), 3, side, side],
            align_corners=False,
        )
        cut = grid_sample(pixels, grid, padding_mode="border", align_corners=False)
        return cut.round().to(torch.uint8).permute(0, 2, 3, 1), pictures.truth


def _theta(pictures: PaddedPictures, shape: torch.Size) -> Tensor:
    """Write boxes as affine maps from the output to the padded picture, `[N, 2, 3]`, in -1..1."""
    top, left, height, width = pictures.boxes.unbind(dim=1)
    turn = torch.where(pictures.mirrored, -1.0, 1.0)
    theta = torch.zeros(len(left), 2, 3)
    theta[:, 0, 0] = turn * width / shape[3]
    theta[:, 0, 2] = (2 * left + width) / shape[3] - 1
    theta[:, 1, 1] = height / shape[2]
    theta[:, 1, 2] = (2 * top + height) / shape[2] - 1
    return theta
