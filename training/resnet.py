"""The network: a torchvision ResNet with a new head, its normalisation, and freezing."""

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, get_model

from ..inference.preprocessing import Preprocessing
from .config import STAGES


class PictureNetwork(nn.Module):
    """A ResNet that takes the deployed graph's input and normalises it itself.

    The operations and their order are those of torchvision's preset, so that training,
    validation and the exported graph compute the same.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: ResNet, rule: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(rule.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(rule.std).view(1, 3, 1, 1), persistent=False)

    def normalise(self, images: Tensor) -> Tensor:
        """Turn uint8 `[N, S, S, 3]` into normalised float32 `[N, 3, S, S]`."""
        pixels = images.permute(0, 3, 1, 2).to(torch.float32)
        return pixels.div(255.0).sub(self.mean).div(self.std)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits `[N, C]` for uint8 RGB `[N, S, S, 3]`."""
        return self.network(self.normalise(images))


def build_resnet(architecture: str, labels: int) -> ResNet:
    """Build a ResNet with random weights and a linear head for `labels` outputs."""
    network = get_model(architecture, weights=None, num_classes=labels)
    assert isinstance(network, ResNet)
    return network


def stage_modules(network: ResNet) -> dict[str, list[nn.Module]]:
    """List the modules of each stage, in the order of the forward pass; the head is none."""
    stem: list[nn.Module] = [network.conv1, network.bn1, network.relu, network.maxpool]
    layers = {name: [network.get_submodule(name)] for name in STAGES[2:]}
    return {"stem": stem, **layers}


def frozen_modules(network: ResNet, freeze: str) -> list[nn.Module]:
    """List the modules up to and including the stage `freeze`; none for "none"."""
    frozen = STAGES[1 : STAGES.index(freeze) + 1]
    stages = stage_modules(network)
    return [module for stage in frozen for module in stages[stage]]


def freeze_stages(network: ResNet, freeze: str) -> None:
    """Take the gradients from everything up to and including the stage."""
    for module in frozen_modules(network, freeze):
        module.requires_grad_(False)


def set_training(network: ResNet, freeze: str) -> None:
    """Go into training mode, but for frozen stages.

    A frozen BatchNorm must stay in eval mode: otherwise its running statistics move although
    its weights do not (pytorch#86590).
    """
    network.train()
    for module in frozen_modules(network, freeze):
        module.eval()
