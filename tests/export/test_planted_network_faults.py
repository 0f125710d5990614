"""Faults planted in the network before it is written, through the real exporters."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from tlx.export import pictures, publish
from tlx.export.deployed import DeployedNetwork, Outputs
from tlx.export.options import ExportOptions
from tlx.inference.card import ModelCard
from tlx.training.resnet import Normalisation


class ReversedChannels(Normalisation):
    """Takes its pictures as BGR."""

    def forward(self, images: Tensor) -> Tensor:
        pixels = images.flip(3).permute(0, 3, 1, 2).to(torch.float32)
        return pixels.div(255.0).sub(self.mean).div(self.std)


class SoftmaxTwice(DeployedNetwork):
    """Takes probabilities of probabilities."""

    def forward(self, images: Tensor) -> Outputs:
        network = self.network
        pixels = self.normalise(images)
        stem = network.maxpool(network.relu(network.bn1(network.conv1(pixels))))
        trunk = network.layer4(network.layer3(network.layer2(network.layer1(stem))))
        features = trunk.mean(dim=(2, 3))
        logits = network.fc(features)
        probabilities = torch.softmax(torch.softmax(logits / self.temperature, dim=1), dim=1)
        maps = conv2d(trunk, network.fc.weight.unsqueeze(2).unsqueeze(3))
        return logits, probabilities, maps, features


class WrongMaps(DeployedNetwork):
    """Gives maps twice too large."""

    def forward(self, images: Tensor) -> Outputs:
        network = self.network
        pixels = self.normalise(images)
        stem = network.maxpool(network.relu(network.bn1(network.conv1(pixels))))
        trunk = network.layer4(network.layer3(network.layer2(network.layer1(stem))))
        features = trunk.mean(dim=(2, 3))
        logits = network.fc(features)
        probabilities = torch.softmax(logits / self.temperature, dim=1)
        maps = conv2d(trunk * 2, network.fc.weight.unsqueeze(2).unsqueeze(3))
        return logits, probabilities, maps, features


def swapped_rows(network: nn.Module) -> None:
    head = network.network.fc
    with torch.no_grad():
        head.weight.copy_(head.weight[[1, 0, 2]])
        head.bias.copy_(head.bias[[1, 0, 2]])


def wrong_mean(network: nn.Module) -> None:
    network.normalise.mean[0, 0] = 0.5


def reversed_channels(network: nn.Module) -> None:
    network.normalise.__class__ = ReversedChannels


def disturbed(stage: str) -> Callable[[nn.Module], None]:
    """Disturb the first convolution of a stage by 1 % of its spread."""

    def change(network: nn.Module) -> None:
        weight = network.network.get_submodule(stage)[0].conv1.weight
        with torch.no_grad():
            weight.add_(torch.randn(weight.shape) * 0.01 * weight.std())

    return change


def statistics_of_the_batch(network: nn.Module) -> None:
    """Make every BatchNorm do what it does in training mode."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = module.running_var = None
            module.track_running_stats = False


def without_temperature(network: nn.Module) -> None:
    network.temperature = 1.0


def _as(kind: type[DeployedNetwork]) -> Callable[[nn.Module], None]:
    """Keep the parts and compute with them as another kind of network."""

    def change(network: nn.Module) -> None:
        network.__class__ = kind

    return change


FAULTS = {
    "swapped rows": (swapped_rows, "is logits: outputs have changed places: 'blue', 'green'"),
    "wrong mean": (wrong_mean, "is normalisation: it uses mean [0.5, 0.456, 0.406]"),
    "BGR": (reversed_channels, "is normalisation: the channels are in BGR order"),
    "layer1": (disturbed("layer1"), "is layer1: weights or BatchNorm"),
    "layer4": (disturbed("layer4"), "is layer4: weights or BatchNorm"),
    "BatchNorm": (statistics_of_the_batch, "is stem: weights or BatchNorm statistics of stem"),
    "temperature": (without_temperature, "is probabilities: temperature, softmax"),
    "softmax twice": (_as(SoftmaxTwice), "is probabilities: temperature, softmax"),
    "maps": (_as(WrongMaps), "is activation maps: they are not the head's"),
}


def _with_slow_ones(quick: set[str]) -> list[object]:
    slow = pytest.mark.slow
    return [fault if fault in quick else pytest.param(fault, marks=slow) for fault in FAULTS]


@pytest.mark.parametrize("fault", _with_slow_ones({"swapped rows", "BGR", "layer4", "BatchNorm"}))
def test_a_fault_in_a_torchscript_file_is_caught_and_named(plant_network, refusal, warm_run, fault):
    change, named = FAULTS[fault]
    plant_network("torchscript", change)
    text = refusal()
    assert text.startswith("model.ts does not answer as the checkpoint does")
    assert named in text


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_an_onnx_file_from_the_real_exporter_is_caught_and_named(
    plant_network, refusal, warm_run, fault
):
    change, named = FAULTS[fault]
    plant_network("onnx", change)
    text = refusal(options=ExportOptions())  # by both exporters, one after the other
    assert text.startswith("model.onnx does not answer as the checkpoint does")
    assert named in text


def test_a_torchscript_file_left_in_training_mode_is_caught_and_named(plant_network, refusal):
    plant_network("torchscript", lambda network: network.train())
    assert "is stem: weights or BatchNorm statistics of stem" in refusal()


def test_a_torchscript_file_that_cannot_answer_one_picture_is_caught(
    plant_network, refusal, monkeypatch
):
    plant_network("torchscript", lambda network: network.train())
    monkeypatch.setattr(pictures, "MOST", 9)
    monkeypatch.setattr(pictures, "FEWEST", 9)
    text = refusal()
    assert text.startswith("the torchscript file cannot answer a batch of 1: ")
    assert "Expected more than 1 value per channel when training" in text


def test_a_torchscript_card_with_labels_swapped_is_caught_and_named(
    plant_network, refusal, monkeypatch
):
    plant_network("torchscript", lambda network: network)
    (target,) = publish.FORMATS

    def write(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
        target.write(network, replace(card, labels=("red", "green", "blue")), path, options)

    monkeypatch.setattr(publish, "FORMATS", (replace(target, write=write),))
    text = refusal()
    assert text.startswith("model.ts does not answer as the checkpoint does")
    assert "is card: its labels have changed places: 'blue', 'red'" in text
