"""The network with everything that changes it, a step at a time."""

import gc
import weakref
from io import BytesIO

import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from tlx.inference.events import finish
from tlx.training.learner import Learner
from tlx.training.loop import BatchLowered, train_epoch, validate
from tlx.training.torchrun import ALONE

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def batch(make_batches) -> tuple[torch.Tensor, torch.Tensor]:
    """All twelve pictures, mixed, and their truth."""
    return next(make_batches(12, seed=0).epoch(1))


def _state(learner: Learner) -> State:
    return {n: value.clone() for n, value in learner.model.network.state_dict().items()}


def _step(learner: Learner, batch, step: tuple[int, int] = (1, 0)) -> torch.Tensor:
    return learner.learn(*batch, "none", 1.0, step)[1]


def _still_norms(learner: Learner) -> None:
    """Let BatchNorm use the statistics that it has: then pictures do not depend on each other."""
    for module in learner.model.modules():
        if isinstance(module, _BatchNorm):
            module.eval()


def _distance(one: State, other: State) -> float:
    return max((one[name].double() - other[name].double()).abs().max().item() for name in one)


@pytest.mark.parametrize(("accumulate", "pictures"), [(2, 12), (3, 12), (4, 12), (2, 7), (5, 6)])
def test_batches_of_a_part_accumulate_to_exactly_the_step_of_the_whole(
    make_learner, batch, accumulate, pictures
):
    options = {"optimizer": "sgd", "label_smoothing": 0.1}
    whole, parts = make_learner(**options), make_learner(accumulate=accumulate, **options)
    some = tuple(tensor[:pictures] for tensor in batch)
    for learner in (whole, parts):
        learner.begin_epoch("none")
        _still_norms(learner)
        before = _state(learner)
        _step(learner, some)
    assert _distance(_state(whole), before) > 1e-3
    assert _distance(_state(whole), _state(parts)) < 1e-6


@pytest.mark.parametrize("pictures", [2, 3, 5, 7, 9])
def test_no_part_of_a_small_last_batch_is_a_picture_alone(make_learner, batch, pictures):
    learner = make_learner(accumulate=4)
    learner.begin_epoch("none")
    logits = _step(learner, tuple(tensor[:pictures] for tensor in batch))
    assert logits.shape == (pictures, 3)


def test_a_step_gives_each_pictures_loss_and_answer_in_the_batchs_order(make_learner, batch):
    learner, twin = make_learner(accumulate=3), make_learner()
    for one in (learner, twin):
        one.begin_epoch("layer4")
    losses, logits = learner.learn(*batch, "none", 1.0, (1, 0))
    expected = twin.learn(*batch, "none", 1.0, (1, 0))
    torch.testing.assert_close(logits, expected[1])
    torch.testing.assert_close(losses, expected[0])
    assert not losses.requires_grad
    assert not logits.requires_grad


def test_a_process_that_has_a_third_of_the_pictures_counts_a_third(make_learner, batch):
    options = {"optimizer": "sgd", "weight_decay": 0.0}
    moves = []
    for share in (1.0, 1 / 3):
        learner = make_learner(**options)
        before = _state(learner)
        learner.begin_epoch("layer4")
        learner.learn(*batch, "none", share, (1, 0))
        moves.append(_state(learner)["fc.weight"] - before["fc.weight"])
    torch.testing.assert_close(moves[1], moves[0] / 3)


def test_clip_bounds_the_step_and_keeps_its_direction(make_learner, batch):
    moves = []
    for clip in (0.0, 0.01, 1e6):
        options = {"optimizer": "sgd", "weight_decay": 0.0, "lr": 1.0, "clip": clip}
        learner = make_learner(**options)
        before = _state(learner)
        learner.begin_epoch("none")
        _step(learner, batch)
        after = _state(learner)
        names = [name for name, _ in learner.model.network.named_parameters()]
        moves.append(torch.cat([(after[name] - before[name]).double().flatten() for name in names]))
    free, clipped, loose = moves
    # The first step of Nesterov's momentum 0.9 is 1.9 times the gradient.
    assert clipped.norm().item() == pytest.approx(1.9 * 0.01, rel=1e-3)
    assert free.norm() > 10 * clipped.norm()
    assert torch.cosine_similarity(free, clipped, dim=0).item() == pytest.approx(1, abs=1e-3)
    assert loose.equal(free)


def test_the_moving_average_follows_its_formula(make_learner, batch):
    learner = make_learner(ema=0.5)
    learner.begin_epoch("none")
    expected: State = {}
    for step in range(5):
        _step(learner, batch, (1, step))
        decay = min(0.5, (1 + step) / (10 + step))
        now = _state(learner)
        kept = expected or now  # the first average is the first step's weights
        expected = {n: decay * kept[n] + (1 - decay) * value for n, value in now.items()}
    found = learner.deployed.network.state_dict()
    for name, value in expected.items():
        if found[name].is_floating_point():
            torch.testing.assert_close(found[name], value, atol=1e-6, rtol=1e-5)
    assert not found["fc.weight"].equal(now["fc.weight"])
    assert not found["bn1.running_mean"].equal(now["bn1.running_mean"])


def test_with_little_decay_the_average_is_all_but_the_last_step(make_learner, batch):
    learner = make_learner(ema=1e-9)
    learner.begin_epoch("none")
    for step in range(3):
        _step(learner, batch, (1, step))
    averaged = learner.deployed.network.state_dict()
    torch.testing.assert_close(averaged["fc.weight"], _state(learner)["fc.weight"])


def test_what_is_validated_is_the_moving_average(make_learner, make_batches):
    learner = make_learner(ema=0.9)
    batches = make_batches(6, seed=0)
    finish(train_epoch(learner, batches, 1, "none"))
    found = finish(validate(learner.deployed, make_batches(12), ALONE))
    learning = finish(validate(learner.model, make_batches(12), ALONE))
    assert learner.deployed is not learner.model
    assert not found.logits.equal(learning.logits)
    learner.model.network.load_state_dict(learner.deployed.network.state_dict())
    assert found.logits.equal(finish(validate(learner.model, make_batches(12), ALONE)).logits)


def test_without_an_average_the_network_itself_is_deployed(make_learner):
    learner = make_learner()
    assert learner.deployed is learner.model


def _short_of_memory(learner: Learner, fits: int) -> None:
    """Let the loss run out of memory where more than `fits` pictures pass at once."""
    plain = learner.objective

    def objective(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if len(logits) > fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(logits, target)

    learner.objective = objective


def test_out_of_memory_lowers_the_batch_and_the_step_is_made(make_learner, make_batches):
    learner, expected = make_learner(dropout=0.3), make_learner(dropout=0.3, accumulate=2)
    _short_of_memory(learner, 6)
    batches = make_batches(12, seed=0)
    events = [*train_epoch(learner, batches, 1, "layer4")]
    events += train_epoch(learner, batches, 2, "layer4")
    assert [event for event in events if isinstance(event, BatchLowered)] == [BatchLowered(2)]
    assert sum(not isinstance(event, BatchLowered) for event in events) == 2
    for epoch in (1, 2):
        finish(train_epoch(expected, batches, epoch, "layer4"))
    assert _distance(_state(learner), _state(expected)) == 0
    assert learner.state_dict()["parts"] == 2


def test_out_of_memory_lowers_the_batch_again_down_to_parts_of_two_pictures(
    make_learner, make_batches
):
    learner = make_learner()
    _short_of_memory(learner, 3)
    events = [*train_epoch(learner, make_batches(12, seed=0), 1, "layer4")]
    assert [event for event in events if isinstance(event, BatchLowered)] == [
        BatchLowered(2),
        BatchLowered(4),
    ]


def test_out_of_memory_with_parts_as_small_as_they_get_is_an_error(make_learner, make_batches):
    learner = make_learner()
    _short_of_memory(learner, 1)
    events = train_epoch(learner, make_batches(12, seed=0), 1, "layer4")
    assert [next(events), next(events)] == [BatchLowered(2), BatchLowered(4)]
    with pytest.raises(torch.OutOfMemoryError):
        next(events)


def test_what_did_not_fit_is_let_go_before_the_batch_is_tried_again(make_learner, make_batches):
    learner = make_learner()
    held: list[weakref.ref] = []
    plain = learner.objective

    def objective(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if not held:
            held.append(weakref.ref(logits))
            raise torch.OutOfMemoryError("CUDA out of memory")
        assert held[0]() is None
        return plain(logits, target)

    learner.objective = objective
    gc.disable()  # nobody collects while the GPU is short of memory
    try:
        events = list(train_epoch(learner, make_batches(12, seed=0), 1, "layer4"))
    finally:
        gc.enable()
    assert events[0] == BatchLowered(2)


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"mixup": 0.4, "cutmix": 1.0}])
def test_dropout_and_mixing_are_a_function_of_seed_epoch_and_step(make_learner, batch, options):
    def answer(seed: int, step: tuple[int, int]) -> torch.Tensor:
        learner = make_learner(seed=seed, **options)
        learner.begin_epoch("layer4")
        torch.rand(seed + 3)  # whatever was drawn before
        return _step(learner, batch, step)

    first = answer(1, (2, 3))
    assert answer(1, (2, 3)).equal(first)
    for seed, step in ((2, (2, 3)), (1, (3, 3)), (1, (2, 4)), (1, (3, 2))):
        assert not answer(seed, step).equal(first)


def test_the_randomness_of_everyone_else_is_left_as_it_was(make_learner, batch):
    learner = make_learner(dropout=0.5, mixup=0.4)
    learner.begin_epoch("layer4")
    before = torch.default_generator.get_state()
    _step(learner, batch)
    assert torch.default_generator.get_state().equal(before)


def test_mixed_pictures_are_learned_with_their_shares(make_learner, batch):
    seen: list[torch.Tensor] = []
    learner = make_learner(mixup=0.4)
    plain = learner.objective
    learner.objective = lambda logits, target: (seen.append(target), plain(logits, target))[1]
    learner.begin_epoch("layer4")
    losses, _ = learner.learn(*batch, "none", 1.0, (1, 0))
    assert losses.shape == (12,)
    assert seen[0].shape == (12, 3)
    torch.testing.assert_close(seen[0].sum(dim=1), torch.ones(12))


RECIPES = [
    {},
    {"ema": 0.9, "dropout": 0.2},
    {"optimizer": "sgd", "schedule": "one-cycle", "ema": 0.5, "accumulate": 2},
    {"schedule": "plateau", "clip": 0.1, "mixup": 0.2},
]


@pytest.mark.parametrize("options", RECIPES)
def test_a_learner_goes_on_from_its_state_bit_for_bit(make_learner, batch, options):
    learner = make_learner(**options)
    learner.begin_epoch("none")
    for step in range(3):
        _step(learner, batch, (1, step))
    learner.end_epoch(2)
    saved = BytesIO()
    torch.save([learner.deployed.network.state_dict(), learner.state_dict()], saved)
    saved.seek(0)
    deployed, state = torch.load(saved, weights_only=True)

    again = make_learner(**options)
    again.deployed.network.load_state_dict(deployed)
    again.model.network.load_state_dict(deployed)
    again.load_state_dict(state)
    for one in (learner, again):
        one.begin_epoch("none")
        for step in range(2):
            _step(one, batch, (2, step))
    assert _distance(_state(learner), _state(again)) == 0
    ours, theirs = (one.deployed.network.state_dict() for one in (learner, again))
    assert all(value.equal(theirs[name]) for name, value in ours.items())
    rates = [[group["lr"] for group in one.optimizer.param_groups] for one in (learner, again)]
    assert rates[0] == rates[1]


def test_each_step_follows_the_schedule(make_learner, batch):
    learner = make_learner(steps=4, schedule="cosine")
    learner.begin_epoch("layer4")
    rates = []
    for step in range(4):
        rates.append(max(group["lr"] for group in learner.optimizer.param_groups))
        _step(learner, batch, (1, step))
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 0.01
    assert max(group["lr"] for group in learner.optimizer.param_groups) == 0


def test_dropout_drops_again_after_a_validation(make_learner, batch):
    learner = make_learner(dropout=0.5)
    learner.deployed.eval()  # as `validate` leaves it
    learner.begin_epoch("layer4")
    assert learner.model.dropout.training
    first, other = (_step(learner, batch, (2, step)) for step in (1, 2))
    assert not first.equal(other)  # frozen BatchNorm, the same pictures: only dropout differs


def test_dropout_drops_stored_features_too(make_learner, features):
    learner = make_learner(dropout=0.5)
    learner.begin_epoch("layer4")
    stored, truth = torch.ones(4, features), torch.tensor([0, 1, 2, 0])
    first, other = (learner.learn(stored, truth, "layer4", 1.0, (2, step))[1] for step in (1, 2))
    assert not first[0].equal(first[3])  # equal features, equal truth: only dropout differs
    assert not first.equal(other)
