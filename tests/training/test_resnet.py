"""The network, its normalisation, and freezing."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models import ResNet18_Weights

from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.training.config import ARCHITECTURES, STAGES
from tlx.training.freezing import freeze_stages, frozen_modules, set_training
from tlx.training.loop import train_epoch
from tlx.training.resnet import PictureNetwork, build_resnet, stage_modules

RULE = Preprocessing(37, 32)
LABELS = ("blue", "green", "red")


def _network(freeze: str = "none") -> PictureNetwork:
    torch.manual_seed(0)
    network = build_resnet("resnet18", len(LABELS))
    freeze_stages(network, freeze)
    return PictureNetwork(network, RULE)


def _stage_of(name: str) -> str:
    """Name the stage that an entry of the state dict belongs to."""
    first = name.split(".", maxsplit=1)[0]
    return first if first.startswith("layer") else {"fc": "head"}.get(first, "stem")


@pytest.mark.parametrize("precision", ["none", "bf16"])
@pytest.mark.parametrize("freeze", STAGES)
def test_an_epoch_moves_all_that_is_not_frozen_and_not_a_bit_of_what_is(
    make_learner, make_batches, freeze, precision
):
    learner = make_learner(precision=precision, weights="some.pth", freeze=freeze)
    network = learner.model.network
    before = {name: value.clone() for name, value in network.state_dict().items()}
    finish(train_epoch(learner, make_batches(6, seed=0), 1, freeze))
    frozen = STAGES[1 : STAGES.index(freeze) + 1]
    moved = {n for n, value in network.state_dict().items() if not value.equal(before[n])}
    expected = {name for name in before if _stage_of(name) not in frozen}
    assert moved == expected
    assert {"fc.weight", "fc.bias"} <= moved


@pytest.mark.parametrize("freeze", STAGES)
def test_a_frozen_batchnorm_is_in_eval_mode_while_the_others_train(freeze):
    network = build_resnet("resnet18", 3)
    set_training(network, freeze)
    frozen = STAGES[1 : STAGES.index(freeze) + 1]
    norms = {n: m for n, m in network.named_modules() if isinstance(m, _BatchNorm)}
    assert len(norms) == 20
    for name, norm in norms.items():
        assert norm.training == (_stage_of(name) not in frozen)
    assert network.fc.training


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_stages_hold_every_module_but_the_pooling_and_the_head(architecture):
    with torch.device("meta"):
        network = build_resnet(architecture, 3)
    staged = [module for modules in stage_modules(network).values() for module in modules]
    assert list(network.children())[:-2] == staged
    assert frozen_modules(network, "layer4") == staged
    assert frozen_modules(network, "none") == []


def test_the_network_normalises_bit_for_bit_as_torchvisions_preset(split_folder):
    path = split_folder / "val" / "red" / "000.jpg"
    with Image.open(path) as image:
        preset = ResNet18_Weights.IMAGENET1K_V1.transforms(crop_size=32, resize_size=37)
        expected = preset(image.convert("RGB"))
    images = torch.from_numpy(preprocess(path, RULE)[None])
    assert _network().normalise(images)[0].equal(expected)


@pytest.mark.parametrize("stage", STAGES[1:])
def test_going_on_after_a_stages_output_gives_the_same_logits_bit_for_bit(stage):
    images = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    model = _network().eval()
    with torch.no_grad():
        assert model(model.until(images, stage), stage).equal(model(images))
        assert model(images).equal(model.network(model.normalise(images)))


def test_dropout_changes_nothing_in_eval_mode_and_the_head_alone_in_training():
    images = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    plain, dropping = _network(), PictureNetwork(_network().network, RULE, 0.5)
    with torch.no_grad():
        assert dropping.eval()(images).equal(plain.eval()(images))
        features = plain.until(images, "layer4")
        assert not dropping.train()(features, "layer4").equal(plain(features, "layer4"))
    assert set(dropping.state_dict()) == set(plain.state_dict())


def test_the_normalisation_does_not_enter_the_state_dict():
    names = set(_network().network.state_dict())
    assert {f"network.{name}" for name in names} == set(_network().state_dict())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_gets_a_head_of_the_labels(architecture):
    with torch.device("meta"):
        network = build_resnet(architecture, 7)
    assert network.fc.out_features == 7


def test_the_network_answers_uint8_pictures_with_a_row_of_logits_each():
    images = torch.from_numpy(np.zeros((2, 32, 32, 3), np.uint8))
    with torch.no_grad():
        logits = _network().eval()(images)
    assert logits.shape == (2, 3)
    assert logits.dtype == torch.float32
