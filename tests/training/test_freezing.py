"""Which stages are frozen when, and that nothing in them moves."""

from pathlib import Path

import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from tlx.inference.events import finish
from tlx.training.config import STAGES, TrainingConfig
from tlx.training.freezing import freeze_stages, frozen_stage, set_training
from tlx.training.loop import train_epoch
from tlx.training.optimization import stage_of
from tlx.training.resnet import build_resnet


def _config(**options: object) -> TrainingConfig:
    return TrainingConfig(Path("pictures"), **options)


def _schedule(epochs: int) -> list[str]:
    config = _config(freeze="gradual", epochs=epochs)
    return [frozen_stage(config, epoch) for epoch in range(1, epochs + 1)]


def test_gradual_unfreezing_lets_one_more_stage_learn_an_epoch_of_the_first_half():
    thawing = ["layer4", "layer3", "layer2", "layer1", "stem"]
    assert _schedule(10) == [*thawing, *["none"] * 5]
    assert _schedule(20) == [stage for stage in thawing for _ in range(2)] + ["none"] * 10


def test_of_three_epochs_the_first_trains_the_head_and_the_last_everything():
    assert _schedule(3) == ["layer4", "layer1", "none"]


def test_a_single_gradual_epoch_trains_the_head():
    assert _schedule(1) == ["layer4"]


@pytest.mark.parametrize("epochs", range(1, 41))
def test_gradual_unfreezing_begins_with_the_head_and_never_freezes_again(epochs):
    depths = [STAGES.index(stage) for stage in _schedule(epochs)]
    assert depths[0] == len(STAGES) - 1
    assert depths == sorted(depths, reverse=True)
    assert epochs < 3 or depths[-1] == 0


@pytest.mark.parametrize("stage", STAGES)
def test_without_gradual_the_frozen_stage_is_the_same_in_each_epoch(stage):
    config = _config(freeze=stage, epochs=7)
    assert {frozen_stage(config, epoch) for epoch in range(1, 8)} == {stage}


@pytest.mark.parametrize("freeze", STAGES)
def test_freezing_takes_the_gradients_and_freezing_less_gives_them_back(freeze):
    network = build_resnet("resnet18", 3)
    freeze_stages(network, "layer4")
    freeze_stages(network, freeze)
    frozen = set(STAGES[1 : STAGES.index(freeze) + 1])
    for name, parameter in network.named_parameters():
        assert parameter.requires_grad == (stage_of(name) not in frozen)
    freeze_stages(network, "none")
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_stage_that_is_thawed_goes_into_training_mode_again():
    network = build_resnet("resnet18", 3)
    set_training(network, "layer4")
    set_training(network, "layer1")
    norms = {n: m for n, m in network.named_modules() if isinstance(m, _BatchNorm)}
    for name, norm in norms.items():
        assert norm.training == (stage_of(name) not in {"stem", "layer1"})


def test_under_gradual_nothing_frozen_moves_and_all_that_is_thawed_does(make_learner, make_batches):
    learner = make_learner(weights="some.pth", freeze="gradual", epochs=3, weight_decay=0.1)
    batches = make_batches(6, seed=0)
    for epoch in (1, 2, 3):
        state = learner.model.network.state_dict()
        before = {name: value.clone() for name, value in state.items()}
        frozen = frozen_stage(learner.config, epoch)
        finish(train_epoch(learner, batches, epoch, frozen))
        after = learner.model.network.state_dict()
        moved = {stage_of(name) for name in after if not after[name].equal(before[name])}
        still = {stage_of(name) for name in after if after[name].equal(before[name])}
        assert still == set(STAGES[1 : STAGES.index(frozen) + 1])
        assert moved == {"head", *STAGES[STAGES.index(frozen) + 1 :]}
    assert any("bn" in name and "running" in name for name in before)


def test_momentum_of_an_earlier_epoch_does_not_move_what_is_frozen_later(
    make_learner, make_batches
):
    learner = make_learner(weights="some.pth", optimizer="sgd", weight_decay=0.1)
    batches = make_batches(12)
    finish(train_epoch(learner, batches, 1, "none"))
    before = {n: value.clone() for n, value in learner.model.network.state_dict().items()}
    finish(train_epoch(learner, batches, 2, "layer2"))
    after = learner.model.network.state_dict()
    still = {stage_of(name) for name in after if after[name].equal(before[name])}
    assert still == {"stem", "layer1", "layer2"}
    assert torch.isfinite(after["fc.weight"]).all()
