"""One epoch, one validation, the optimizer and the schedule."""

import math
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from tlx.errors import TrainingError
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing
from tlx.samples.sample import Sample
from tlx.training.batches import PictureDataset, batch_loader
from tlx.training.loop import (
    PRETRAINED_LR,
    BatchDone,
    build_optimizer,
    build_schedule,
    train_epoch,
    validate,
)
from tlx.training.resnet import PictureNetwork, build_resnet, freeze_stages

RULE = Preprocessing(37, 32)
LABELS = ("blue", "green", "red")


@pytest.fixture(scope="module")
def dataset(split_folder: Path) -> PictureDataset:
    paths = sorted((split_folder / "val").glob("*/00[0-3].jpg"))
    return PictureDataset([Sample(path, path.parent.name) for path in paths], LABELS, RULE)


def _network() -> PictureNetwork:
    torch.manual_seed(0)
    return PictureNetwork(build_resnet("resnet18", len(LABELS)), RULE)


def _learn(dataset: PictureDataset, lr: float, batch: int = 6) -> list[BatchDone]:
    model = _network()
    batches = batch_loader(dataset, batch, 0, shuffle_seed=0)
    optimizer = build_optimizer(model, lr, 0.01, pretrained=False)
    return list(
        train_epoch(model, batches, optimizer, build_schedule(optimizer, len(batches)), "none")
    )


def test_validation_gives_plain_cross_entropy_and_accuracy_over_all_pictures(dataset):
    model = _network()
    score = finish(validate(model, batch_loader(dataset, 5, 0)))
    images, truth = next(iter(batch_loader(dataset, 12, 0)))
    with torch.no_grad():
        logits = model.eval()(images)
    assert score.pictures == 12
    assert score.loss == pytest.approx(cross_entropy(logits, truth).item(), abs=1e-6)
    assert score.accuracy == (logits.argmax(dim=1) == truth).float().mean().item()


def test_validation_changes_nothing_in_the_network(dataset):
    model = _network()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    finish(validate(model, batch_loader(dataset, 5, 0)))
    assert not model.training
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())


def test_validation_does_not_switch_gradients_off_for_whoever_consumes_it(dataset):
    for _ in validate(_network(), batch_loader(dataset, 5, 0)):
        assert torch.is_grad_enabled()


def test_progress_counts_the_pictures(dataset):
    learned = _learn(dataset, 0.001)
    assert [(e.phase, e.done, e.total) for e in learned] == [
        ("training", 6, 12),
        ("training", 12, 12),
    ]
    validated = list(validate(_network(), batch_loader(dataset, 8, 0)))
    assert [(e.phase, e.done, e.total) for e in validated] == [
        ("validation", 8, 12),
        ("validation", 12, 12),
    ]
    assert all(event.pictures_per_second > 0 for event in learned + validated)


def test_a_loss_that_is_not_finite_is_a_training_error(dataset):
    with pytest.raises(TrainingError, match="training loss is not finite; try a lower --lr"):
        _learn(dataset, 1e30)


def test_weights_that_blow_up_at_the_last_step_are_found_by_validation(dataset):
    model = _network()
    with torch.no_grad():
        model.network.fc.weight.fill_(float("inf"))
    with pytest.raises(TrainingError, match="validation loss is not finite; try a lower --lr"):
        finish(validate(model, batch_loader(dataset, 8, 0)))


def _groups(pretrained: bool, freeze: str = "none") -> dict[int, tuple[float, float]]:
    """Give each parameter's (lr, weight decay) by its id."""
    model = _network()
    freeze_stages(model.network, freeze)
    optimizer = build_optimizer(model, 0.01, 0.5, pretrained)
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    return {
        name: found[id(parameter)]
        for name, parameter in model.network.named_parameters()
        if id(parameter) in found
    }


def test_pretrained_stages_learn_at_a_share_of_the_heads_rate():
    groups = _groups(pretrained=True)
    assert groups["fc.weight"][0] == groups["fc.bias"][0] == 0.01
    others = {lr for name, (lr, _) in groups.items() if not name.startswith("fc.")}
    assert others == {0.01 * PRETRAINED_LR}


def test_random_weights_all_learn_at_the_heads_rate():
    assert {lr for lr, _ in _groups(pretrained=False).values()} == {0.01}


def test_norms_and_biases_are_not_decayed():
    for name, (_, decay) in _groups(pretrained=True).items():
        plain = "bn" in name or "downsample.1" in name or name.endswith("bias")
        assert decay == (0 if plain else 0.5)


def test_the_optimizer_holds_nothing_that_is_frozen():
    assert set(_groups(pretrained=True, freeze="layer4")) == {"fc.weight", "fc.bias"}
    names = _groups(pretrained=True, freeze="layer2")
    assert {name.split(".")[0] for name in names} == {"layer3", "layer4", "fc"}


def _rates(steps: int) -> list[float]:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule = build_schedule(optimizer, steps)
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


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_even_the_shortest_training_has_a_rate_above_zero_at_every_step(steps):
    rates = _rates(steps)[:-1]
    assert all(0 < rate <= 1 and math.isfinite(rate) for rate in rates)
