"""The network: a torchvision ResNet with a new head, and its normalisation."""

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, get_model

from ..inference.preprocessing import Preprocessing
from .config import STAGES


class Normalisation(nn.Module):
    """From pixels to what a ResNet takes, by the card's mean and standard deviation."""

    mean: Tensor
    std: Tensor

    def __init__(self, rule: Preprocessing) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(rule.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(rule.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Turn `[N, S, S, 3]` of 0..255, uint8 or float32, into normalised `[N, 3, S, S]`.

        The permuted picture lies in memory as channels_last wants it.
        """
        pixels = images.permute(0, 3, 1, 2).to(torch.float32)
        return pixels.div(255.0).sub(self.mean).div(self.std)


class PictureNetwork(nn.Module):
    """A ResNet that takes the deployed graph's input and normalises it itself.

    The operations and their order are those of torchvision's preset and of its ResNet, so that
    training, validation and the exported graph compute the same. `dropout` is the share of the
    features that training drops before the head; it changes nothing in eval mode.
    """

    def __init__(self, network: ResNet, rule: Preprocessing, dropout: float = 0.0) -> None:
        super().__init__()
        self.normalise = Normalisation(rule)
        self.network = network
        self.dropout = nn.Dropout(dropout)

    @property
    def device(self) -> torch.device:
        """Where it stands."""
        return self.normalise.mean.device

    def forward(self, inputs: Tensor, after: str = "none") -> Tensor:
        """Compute logits `[N, C]`.

        Args:
            inputs: RGB `[N, S, S, 3]` of 0..255, or what `until` gave for a stage.
            after: that stage; "none" for pictures.
        """
        values = self.normalise(inputs) if after == "none" else inputs
        features = self._run(values, STAGES.index(after), len(STAGES) - 1)  # [N, F]
        return self.network.fc(self.dropout(features))

    def until(self, images: Tensor, stage: str) -> Tensor:
        """Compute a stage's output: `[N, c, h, w]`, after layer4 the pooled features `[N, F]`."""
        return self._run(self.normalise(images), 0, STAGES.index(stage))

    def _run(self, values: Tensor, start: int, end: int) -> Tensor:
        """Run the stages after number `start` up to `end`, then the pooling if all are done."""
        modules = stage_modules(self.network)
        for stage in STAGES[start + 1 : end + 1]:
            for module in modules[stage]:
                values = module(values)
        if start < len(STAGES) - 1 == end:
            values = self.network.avgpool(values).flatten(1)
        return values


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
