"""One epoch, one validation."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from tlx.errors import TrainingError
from tlx.inference.events import finish
from tlx.training.loop import BatchDone, Validated, is_right, train_epoch, validate
from tlx.training.score import score
from tlx.training.torchrun import ALONE


def _learn(make_learner, make_batches, epoch: int = 1, **options: object) -> list[BatchDone]:
    batches = make_batches(6, seed=0)
    return list(train_epoch(make_learner(**options), batches, epoch, "none"))


def _network(make_learner):
    return make_learner().model


def _validated(model, batches) -> Validated:
    return finish(validate(model, batches, ALONE))


def test_validation_gives_plain_cross_entropy_and_accuracy_over_all_pictures(
    make_learner, make_batches
):
    model = _network(make_learner)
    found = score(_validated(model, make_batches(5)))
    images, truth = next(make_batches(12).epoch(0))
    with torch.no_grad():
        logits = model.eval()(images)
    assert found.pictures == 12
    assert found.loss == pytest.approx(cross_entropy(logits, truth).item(), abs=1e-6)
    assert found.accuracy == (logits.argmax(dim=1) == truth).double().mean().item()


def test_validation_gives_each_pictures_answer_and_truth_in_order(make_learner, make_batches):
    model = _network(make_learner)
    found = _validated(model, make_batches(5))
    images, truth = next(make_batches(12).epoch(0))
    with torch.no_grad():
        logits = model.eval()(images)
    assert found.truth.equal(truth)
    torch.testing.assert_close(found.logits, logits, rtol=0, atol=1e-5)


def test_validation_is_fp32_whatever_training_computes_in(make_learner, make_batches):
    learner = make_learner(precision="bf16", label_smoothing=0.5, dropout=0.5)
    batches = make_batches(12)
    finish(train_epoch(learner, batches, 1, "none"))
    found = _validated(learner.deployed, batches)
    images, truth = next(batches.epoch(0))
    with torch.no_grad():
        exact = learner.deployed.double().eval()(images.double())
    assert found.logits.dtype == torch.float32
    torch.testing.assert_close(found.logits.double(), exact, rtol=0, atol=1e-4)
    assert score(found).loss == pytest.approx(cross_entropy(exact, truth).item(), abs=1e-4)


def test_validation_changes_nothing_in_the_network(make_learner, make_batches):
    model = _network(make_learner)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    _validated(model, make_batches(5))
    assert not model.training
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())


def test_validation_does_not_switch_gradients_off_for_whoever_consumes_it(
    make_learner, make_batches
):
    for _ in validate(_network(make_learner), make_batches(5), ALONE):
        assert torch.is_grad_enabled()


def test_progress_counts_the_pictures(make_learner, make_batches):
    learned = _learn(make_learner, make_batches)
    assert [(e.phase, e.done, e.total) for e in learned] == [
        ("training", 6, 12),
        ("training", 12, 12),
    ]
    validated = list(validate(_network(make_learner), make_batches(8), ALONE))
    assert [(e.phase, e.done, e.total) for e in validated] == [
        ("validation", 8, 12),
        ("validation", 12, 12),
    ]
    assert all(event.pictures_per_second > 0 for event in learned + validated)


def test_an_epochs_loss_is_the_mean_over_its_pictures_by_the_weights_of_each_step(
    make_learner, make_batches
):
    learner, twin = make_learner(), make_learner()
    learned = finish(train_epoch(learner, make_batches(5, seed=0), 3, "none"))
    twin.begin_epoch("none")
    losses, right = [], 0
    for step, (images, truth) in enumerate(make_batches(5, seed=0).epoch(3)):
        loss, logits = twin.learn(images, truth, "none", 1.0, (3, step))
        losses += cross_entropy(logits, truth, reduction="none").tolist()
        assert loss.tolist() == pytest.approx(losses[-len(loss) :])
        right += (logits.argmax(dim=1) == truth).sum().item()
    assert len(losses) == 12
    assert learned.loss == pytest.approx(sum(losses) / 12, rel=1e-5)
    assert learned.accuracy == pytest.approx(right / 12)


def test_a_loss_that_is_not_finite_is_a_training_error(make_learner, make_batches):
    with pytest.raises(TrainingError, match="training loss is not finite; try a lower --lr"):
        _learn(make_learner, make_batches, lr=1e30)


def test_weights_that_blow_up_at_the_last_step_are_found_by_validation(make_learner, make_batches):
    model = _network(make_learner)
    with torch.no_grad():
        model.network.fc.weight.fill_(float("inf"))
    with pytest.raises(TrainingError, match="validation loss is not finite; try a lower --lr"):
        score(_validated(model, make_batches(8)))


def test_a_picture_is_right_by_its_first_label_or_by_all_of_several():
    logits = torch.tensor([[2.0, 1.0], [0.1, 3.0], [-1.0, -2.0]])
    assert is_right(logits, torch.tensor([0, 0, 0])).tolist() == [True, False, True]
    several = torch.tensor([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    assert is_right(logits, several).tolist() == [True, False, True]
