"""The optimizer's groups, and the learning rate over the steps."""

import math
from pathlib import Path

import pytest
import torch
from torch.optim import SGD, AdamW

from tlx.inference.preprocessing import Preprocessing
from tlx.training.config import STAGES, TrainingConfig
from tlx.training.freezing import freeze_stages
from tlx.training.optimization import (
    PLATEAU_FACTOR,
    PRETRAINED_LR,
    build_optimizer,
    build_schedule,
    lower_at_plateau,
    stage_of,
)
from tlx.training.resnet import PictureNetwork, build_resnet

PRETRAINED = {"lr": 0.01, "weight_decay": 0.5, "weights": "some.pth"}
RANDOM = {"lr": 0.01, "weight_decay": 0.5, "weights": "none"}


def _config(**options: object) -> TrainingConfig:
    return TrainingConfig(Path("pictures"), **options)


def _model() -> PictureNetwork:
    with torch.device("meta"):
        network = build_resnet("resnet18", 3)
    return PictureNetwork(network, Preprocessing(37, 32))


def _groups(freeze: str = "none", **options: object) -> dict[str, tuple[float, float]]:
    """Give each parameter's (lr, weight decay) by its name."""
    model = _model()
    freeze_stages(model.network, freeze)
    optimizer = build_optimizer(model, _config(**options))
    found = [
        (id(parameter), (group["lr"], group["weight_decay"]))
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    assert len(found) == len(dict(found))  # none twice
    return {n: dict(found)[id(parameter)] for n, parameter in model.network.named_parameters()}


def test_pretrained_stages_learn_at_a_share_of_the_heads_rate():
    groups = _groups(**PRETRAINED)
    assert groups["fc.weight"][0] == groups["fc.bias"][0] == 0.01
    others = {lr for name, (lr, _) in groups.items() if not name.startswith("fc.")}
    assert others == {0.01 * PRETRAINED_LR}


def test_random_weights_all_learn_at_the_heads_rate():
    assert {lr for lr, _ in _groups(**RANDOM).values()} == {0.01}


@pytest.mark.parametrize("start", [PRETRAINED, RANDOM])
def test_each_stage_learns_at_the_layer_decays_share_of_the_one_above(start):
    groups = _groups(layer_decay=0.5, **start)
    top = groups["layer4.0.conv1.weight"][0]
    assert top == pytest.approx(0.01 * (PRETRAINED_LR if start is PRETRAINED else 1))
    rates = {stage_of(name): lr for name, (lr, _) in groups.items()}
    below = [rates[stage] for stage in reversed(STAGES[1:])]
    assert below == pytest.approx([top * 0.5**depth for depth in range(5)])
    assert rates["head"] == 0.01


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_norms_and_biases_are_not_decayed(optimizer):
    for name, (_, decay) in _groups(optimizer=optimizer, **PRETRAINED).items():
        plain = "bn" in name or "downsample.1" in name or name.endswith("bias")
        assert decay == (0 if plain else 0.5)


def test_the_optimizer_holds_frozen_stages_too_for_they_may_thaw():
    assert _groups("layer4", **PRETRAINED) == _groups("none", **PRETRAINED)


def test_a_parameters_stage_is_found_by_its_name():
    names = {"conv1.weight": "stem", "bn1.bias": "stem", "fc.bias": "head"}
    names |= {"layer2.0.downsample.1.weight": "layer2", "network.layer4.1.bn2.bias": "layer4"}
    assert {name: stage_of(name) for name in names} == names


def test_sgd_has_nesterovs_momentum_and_adamw_is_the_default():
    model = _model()
    sgd = build_optimizer(model, _config(optimizer="sgd"))
    assert type(sgd) is SGD
    assert all(group["momentum"] == 0.9 and group["nesterov"] for group in sgd.param_groups)
    assert type(build_optimizer(model, _config())) is AdamW


def _rates(steps: int, start: float = 1.0, **options: object) -> list[float]:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = SGD([parameter], lr=start, momentum=0.9)
    schedule = build_schedule(optimizer, _config(**options), steps)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return [*rates, optimizer.param_groups[0]["lr"]]


def test_the_rate_rises_to_its_peak_and_falls_to_zero():
    rates = _rates(100)
    peak = rates.index(max(rates))
    assert rates[0] == pytest.approx(0.2)
    assert rates[peak] == pytest.approx(1.0)
    assert peak == 4
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == 0


def test_cosine_is_half_a_wave_after_the_warm_up():
    rates = _rates(110, warmup=10 / 110)
    expected = [0.5 * (1 + math.cos(math.pi * step / 100)) for step in range(101)]
    assert rates[10:] == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["cosine", "step", "constant", "plateau"])
def test_the_warm_up_is_a_straight_line_and_may_be_left_out(schedule):
    rates = _rates(100, schedule=schedule, warmup=0.1)
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert _rates(100, schedule=schedule, warmup=0.0)[0] == 1.0


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_constant_stays_at_the_peak_and_so_does_plateau_by_itself(schedule):
    assert _rates(50, schedule=schedule, warmup=0.1)[5:] == [1.0] * 46


def test_step_falls_to_a_tenth_at_half_and_at_three_quarters():
    rates = _rates(100, schedule="step", warmup=0.0)
    assert rates[:50] == [1.0] * 50
    assert rates[50:75] == pytest.approx([0.1] * 25)
    assert rates[75:100] == pytest.approx([0.01] * 25)


def test_one_cycle_rises_for_a_quarter_and_falls_to_next_to_nothing():
    rates = _rates(100, schedule="one-cycle")[:100]
    peak = rates.index(max(rates))
    assert rates[peak] == pytest.approx(1.0)
    assert 23 <= peak <= 25
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[0] == pytest.approx(1 / 25)
    assert rates[-1] < 1e-4


def test_the_groups_keep_their_proportion_in_one_cycle_and_in_cosine():
    for name in ("one-cycle", "cosine"):
        model = PictureNetwork(build_resnet("resnet18", 3), Preprocessing(37, 32))
        config = _config(schedule=name, **PRETRAINED)
        optimizer = build_optimizer(model, config)
        schedule = build_schedule(optimizer, config, 20)
        for _ in range(15):
            rates = sorted({group["lr"] for group in optimizer.param_groups})
            assert rates[0] / rates[-1] == pytest.approx(PRETRAINED_LR)
            optimizer.step()
            schedule.step()


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle", "step", "plateau", "constant"])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_even_the_shortest_training_has_a_rate_above_zero_at_every_step(steps, schedule):
    rates = _rates(steps, schedule=schedule)[:-1]
    assert all(0 < rate <= 1 and math.isfinite(rate) for rate in rates)


def test_plateau_lowers_the_rate_after_every_second_epoch_without_a_better_one():
    optimizer = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = build_schedule(optimizer, _config(schedule="plateau", warmup=0.0), 100)
    rates = []
    for since_best in (0, 1, 2, 3, 4, 0, 1):
        optimizer.step()
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
        lower_at_plateau(schedule, since_best)
    first, second = PLATEAU_FACTOR, PLATEAU_FACTOR**2
    assert rates == pytest.approx([1, 1, 1, first, first, second, second])


def test_a_lowered_rate_is_remembered_by_the_schedules_state():
    def build():
        optimizer = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        return optimizer, build_schedule(optimizer, _config(schedule="plateau", warmup=0.0), 100)

    optimizer, schedule = build()
    optimizer.step()
    schedule.step()
    lower_at_plateau(schedule, 2)
    again, other = build()
    again.load_state_dict(optimizer.state_dict())
    other.load_state_dict(schedule.state_dict())
    again.step()
    other.step()
    assert again.param_groups[0]["lr"] == pytest.approx(PLATEAU_FACTOR)
