"""The network as it is deployed."""

from dataclasses import replace

import pytest
import torch

from tlx.export.deployed import DeployedNetwork, ScoresNetwork, example_input
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing
from tlx.training.resnet import PictureNetwork, build_resnet

PROVENANCE = Provenance("0.1", "2.14", "resnet18", "none", None, "none", "f" * 64, "2026-01-01", 0)
CARD = ModelCard(("a", "b", "c"), Preprocessing(73, 64), PROVENANCE)


@pytest.fixture(scope="module")
def model() -> PictureNetwork:
    torch.manual_seed(0)
    return PictureNetwork(build_resnet("resnet18", 3), CARD.preprocessing).eval()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)


def _outputs(model: PictureNetwork, images: torch.Tensor, **changes: object):
    with torch.no_grad():
        return DeployedNetwork(model, replace(CARD, **changes)).eval()(images)


def test_its_logits_are_the_trained_networks(model, images):
    with torch.no_grad():
        expected = model(images)
    torch.testing.assert_close(_outputs(model, images)[0], expected, rtol=0, atol=1e-5)


def test_its_outputs_have_the_shapes_of_the_contract(full_width, images):
    model = PictureNetwork(build_resnet("resnet18", 3), CARD.preprocessing).eval()
    shapes = [tuple(output.shape) for output in _outputs(model, images)]
    assert shapes == [(2, 3), (2, 3), (2, 3, 2, 2), (2, 512)]
    assert {output.dtype for output in _outputs(model, images)} == {torch.float32}


def test_the_temperature_divides_the_logits_of_the_probabilities_alone(model, images):
    logits, probabilities, *_ = _outputs(model, images, temperature=2.5)
    torch.testing.assert_close(logits, _outputs(model, images)[0], rtol=0, atol=0)
    torch.testing.assert_close(probabilities, torch.softmax(logits / 2.5, dim=1))
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(2))


def test_several_labels_at_once_have_a_sigmoid_each(model, images):
    logits, probabilities, *_ = _outputs(model, images, task="multi-label", temperature=0.5)
    torch.testing.assert_close(probabilities, torch.sigmoid(logits / 0.5))


def test_the_mean_of_a_map_and_the_bias_are_the_logit(model, images):
    logits, _, maps, _ = _outputs(model, images)
    bias = model.network.fc.bias.detach()
    torch.testing.assert_close(maps.mean(dim=(2, 3)) + bias, logits, rtol=0, atol=1e-5)


def test_the_features_and_the_head_are_the_logits(model, images):
    logits, _, _, features = _outputs(model, images)
    with torch.no_grad():
        expected = model.network.fc(features)
    torch.testing.assert_close(expected, logits, rtol=0, atol=1e-5)


def test_the_example_is_a_batch_of_the_cards_size():
    example = example_input(CARD)
    assert (tuple(example.shape), example.dtype) == ((2, 64, 64, 3), torch.uint8)


def test_floats_in_0_to_1_with_channels_first_are_answered_as_bytes_are(model, images):
    floats = images.permute(0, 3, 1, 2).float() / 255
    found = _outputs(model, floats, input="float-nchw")
    for output, expected in zip(found, _outputs(model, images), strict=True):
        torch.testing.assert_close(output, expected, rtol=0, atol=1e-5)


def test_the_example_of_floats_has_the_channels_first():
    example = example_input(replace(CARD, input="float-nchw"), 5)
    assert (tuple(example.shape), example.dtype) == ((5, 3, 64, 64), torch.float32)


def test_without_explanations_the_scores_are_the_same(model, images):
    network = ScoresNetwork(DeployedNetwork(model, CARD)).eval()
    with torch.no_grad():
        found = network(images)
    assert len(found) == 2
    for output, expected in zip(found, _outputs(model, images), strict=False):
        assert output.equal(expected)
