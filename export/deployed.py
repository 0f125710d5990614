"""The network as it is deployed: uint8 pictures in, every output of the contract out."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from ..inference.card import ModelCard
from ..training.resnet import PictureNetwork

Outputs = tuple[Tensor, Tensor, Tensor, Tensor]


class DeployedNetwork(nn.Module):
    """A trained network with temperature, probabilities, activation maps and features.

    The maps are plain class activation maps (Zhou et al., 2016, arXiv:1512.04150): exact for
    global pooling followed by a linear head, and computable without gradients.
    """

    def __init__(self, model: PictureNetwork, card: ModelCard) -> None:
        super().__init__()
        self.normalise = model.normalise
        self.network = model.network
        self.temperature = card.temperature
        self.multi_label = card.task == "multi-label"

    def forward(self, images: Tensor) -> Outputs:
        """Compute (logits, probabilities, activation_maps, features).

        Args:
            images: uint8 RGB `[N, S, S, 3]`, after resize and crop.

        Returns:
            float32 `[N, C]`, `[N, C]`, `[N, C, h, w]` and `[N, F]`.
        """
        network = self.network
        pixels = self.normalise(images)  # [N, 3, S, S]
        stem = network.maxpool(network.relu(network.bn1(network.conv1(pixels))))
        trunk = network.layer4(network.layer3(network.layer2(network.layer1(stem))))
        features = trunk.mean(dim=(2, 3))  # what the average pooling computes
        logits = network.fc(features)
        scaled = logits / self.temperature
        probabilities = torch.sigmoid(scaled) if self.multi_label else torch.softmax(scaled, dim=1)
        maps = conv2d(trunk, network.fc.weight.unsqueeze(2).unsqueeze(3))
        return logits, probabilities, maps, features


def example_input(card: ModelCard) -> Tensor:
    """Make a batch of two black pictures, uint8 `[2, S, S, 3]`, to trace with."""
    side = card.preprocessing.crop
    return torch.zeros(2, side, side, 3, dtype=torch.uint8)
