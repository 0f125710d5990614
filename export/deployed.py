"""The network as it is deployed: pictures in, every output of the contract out."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from ..evaluation.unknown import RULE_CONSTANTS, UnknownRule
from ..inference.card import ModelCard
from ..inference.graph_input import FLOAT
from ..training.resnet import Normalisation, PictureNetwork

Outputs = tuple[Tensor, Tensor, Tensor, Tensor]


class FloatNormalisation(Normalisation):
    """Takes what most tools feed a network with: float32 `[N, 3, S, S]` in 0..1."""

    def forward(self, images: Tensor) -> Tensor:
        """Normalise by the card's mean and standard deviation."""
        return images.sub(self.mean).div(self.std)


class DeployedNetwork(nn.Module):
    """A trained network with temperature, probabilities, activation maps and features.

    The maps are plain class activation maps (Zhou et al., 2016, arXiv:1512.04150): exact for
    global pooling followed by a linear head, and computable without gradients.
    """

    def __init__(self, model: PictureNetwork, card: ModelCard) -> None:
        super().__init__()
        rule = card.preprocessing
        self.normalise = FloatNormalisation(rule) if card.input == FLOAT else model.normalise
        self.network = model.network
        self.temperature = card.temperature
        self.multi_label = card.task == "multi-label"

    def forward(self, images: Tensor) -> Outputs:
        """Compute (logits, probabilities, activation_maps, features).

        Args:
            images: RGB after resize and crop, uint8 `[N, S, S, 3]`, or for a card with the input
                "float-nchw" float32 `[N, 3, S, S]` in 0..1.

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


class ScoresNetwork(nn.Module):
    """The same without what explains an answer."""

    def __init__(self, deployed: DeployedNetwork) -> None:
        super().__init__()
        self.deployed = deployed

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Compute (logits, probabilities), float32 `[N, C]` each."""
        logits, probabilities, _, _ = self.deployed(images)
        return logits, probabilities


class UnknownScore(nn.Module):
    """The score of a rule for unknown pictures, from their features and logits."""

    scale: Tensor
    shift: Tensor
    directions: Tensor
    means: Tensor
    weight: Tensor
    level: Tensor

    def __init__(self, rule: UnknownRule) -> None:
        super().__init__()
        for name in RULE_CONSTANTS:
            self.register_buffer(name, torch.from_numpy(getattr(rule, name)))

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        """Compute float32 `[N]` of `[N, F]` and `[N, C]`."""
        # In float64: a small difference of large squares keeps few digits in fp32.
        placed = features.double() * self.scale.double() + self.shift.double()
        means, directions = self.means.double(), self.directions.double()
        turned, turned_means = placed @ directions, means @ directions
        lengths = placed.square().sum(dim=1) - turned.square().sum(dim=1)  # [N]
        squares = means.square().sum(dim=1) - turned_means.square().sum(dim=1)  # [K]
        crossed = placed @ means.T - turned @ turned_means.T  # [N, K]
        distances = lengths.unsqueeze(1) - 2 * crossed + squares
        distance = distances.amin(dim=1).relu().sqrt().float()
        energy = -torch.logsumexp(logits, dim=1) - self.level
        return distance + self.weight * energy


class JudgedNetwork(nn.Module):
    """The deployed network with the score of a rule for unknown pictures."""

    def __init__(self, deployed: DeployedNetwork, rule: UnknownRule) -> None:
        super().__init__()
        self.deployed = deployed
        self.unknown = UnknownScore(rule)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Compute what the deployed network does, and the score `[N]`."""
        logits, probabilities, maps, features = self.deployed(images)
        return logits, probabilities, maps, features, self.unknown(features, logits)


class JudgedScoresNetwork(JudgedNetwork):
    """The same without what explains an answer."""

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride] - fewer outputs
        """Compute (logits, probabilities, unknown_score)."""
        logits, probabilities, _, features = self.deployed(images)
        return logits, probabilities, self.unknown(features, logits)


def network_of(deployed: DeployedNetwork, explain: bool, rule: UnknownRule | None) -> nn.Module:
    """Choose what gives the outputs that are asked for."""
    if rule is not None:
        return (JudgedNetwork if explain else JudgedScoresNetwork)(deployed, rule)
    return deployed if explain else ScoresNetwork(deployed)


def example_input(card: ModelCard, batch: int = 2) -> Tensor:
    """Make a batch of black pictures to trace with, as the card's input says."""
    side = card.preprocessing.crop
    if card.input == FLOAT:
        return torch.zeros(batch, 3, side, side)
    return torch.zeros(batch, side, side, 3, dtype=torch.uint8)
