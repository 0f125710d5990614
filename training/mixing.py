"""MixUp and CutMix over a batch, from torchvision."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms import v2

from .objective import shares

Mixing = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From uint8 `[N, S, S, 3]` and truth to float32 pictures of 0..255 and shares `[N, C]`."""


def build_mixing(mixup: float, cutmix: float, labels: int) -> Mixing | None:
    """Build what mixes a batch: MixUp (Zhang et al., 2018, arXiv:1710.09412), CutMix (Yun et al.,
    2019, arXiv:1905.04899), or with both one of them a batch by chance; None without.

    Args:
        mixup: alpha of the Beta distribution, 0 for none.
        cutmix: likewise.
        labels: how many there are.
    """  # noqa: D205 - two names and two sources
    ways = [kind(alpha=alpha) for kind, alpha in ((v2.MixUp, mixup), (v2.CutMix, cutmix)) if alpha]
    if not ways:
        return None
    choice = v2.RandomChoice(ways)

    def mix(images: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        pixels = images.permute(0, 3, 1, 2).to(torch.float32)
        mixed, target = choice(pixels, shares(truth, labels))
        return mixed.permute(0, 2, 3, 1), target

    return mix
