"""What training minimises, against torch's own losses and values computed by hand."""

import math
from pathlib import Path

import pytest
import torch
from torch.nn import BCEWithLogitsLoss, CrossEntropyLoss

from tlx.training.config import TrainingConfig
from tlx.training.objective import build_objective, label_weights, picture_weights, shares

TRUTH = torch.tensor([0, 0, 0, 0, 1, 1, 2, 0])
"""Five of label 0, two of 1, one of 2."""
SEVERAL = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1], [0, 1, 0.0]])


def _objective(task: str = "single-label", truth: torch.Tensor | None = None, **options: object):
    given = TRUTH if task == "single-label" else SEVERAL
    config = TrainingConfig(Path("pictures"), **options)
    return build_objective(config, task, given if truth is None else truth)


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(0)) * 3


def test_the_plain_loss_is_torchs_cross_entropy_of_each_picture(logits):
    truth = TRUTH[2:]
    losses = _objective()(logits, truth)
    assert losses.shape == (6,)
    assert losses.mean().item() == pytest.approx(CrossEntropyLoss()(logits, truth).item())
    assert losses[0].item() == pytest.approx(-logits[0].log_softmax(0)[0].item())


def test_label_smoothing_gives_its_share_of_the_truth_to_all_labels():
    logits = torch.tensor([[2.0, 0.0, -1.0]])
    total = math.log(math.e**2 + 1 + math.e**-1)
    nll = [total - 2, total, total + 1]
    expected = 0.7 * nll[1] + 0.3 * sum(nll) / 3
    found = _objective(label_smoothing=0.3)(logits, torch.tensor([1]))
    assert found.tolist() == pytest.approx([expected])


def test_label_weights_are_the_inverse_of_the_frequency_with_mean_1_over_the_pictures():
    weights = label_weights(TRUTH)
    assert weights.tolist() == pytest.approx([8 / 15, 8 / 6, 8 / 3])
    assert weights[TRUTH].mean().item() == pytest.approx(1)


def test_balance_weights_multiplies_each_pictures_loss_by_its_labels_weight(logits):
    truth = TRUTH[2:]
    plain, weighted = _objective()(logits, truth), _objective(balance="weights")(logits, truth)
    torch.testing.assert_close(weighted, plain * label_weights(TRUTH)[truth])
    assert _objective(balance="sampler")(logits, truth).equal(plain)  # drawn, not weighted


def test_equally_frequent_labels_weigh_nothing(logits):
    truth = torch.tensor([2, 1, 0, 0, 1, 2])
    plain = _objective()(logits, truth)
    torch.testing.assert_close(_objective(truth=truth, balance="weights")(logits, truth), plain)


def test_shares_of_a_mixed_truth_mix_the_losses(logits):
    one, other = torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([1, 2, 0, 0, 2, 1])
    mixed = 0.3 * shares(one, 3) + 0.7 * shares(other, 3)
    for options in ({}, {"label_smoothing": 0.1}, {"balance": "weights"}):
        loss = _objective(**options)
        expected = 0.3 * loss(logits, one) + 0.7 * loss(logits, other)
        torch.testing.assert_close(loss(logits, mixed), expected)


def test_several_labels_have_a_binary_cross_entropy_each(logits):
    losses = _objective("multi-label")(logits, SEVERAL)
    assert losses.shape == (6,)
    assert losses.mean().item() == pytest.approx(BCEWithLogitsLoss()(logits, SEVERAL).item())
    probability = logits[0].sigmoid()
    by_hand = -(probability[0].log() + (1 - probability[1:]).log().sum()) / 3
    assert losses[0].item() == pytest.approx(by_hand.item(), rel=1e-5)
    assert _objective("multi-label", loss="bce")(logits, SEVERAL).equal(losses)


def test_smoothing_several_labels_moves_both_truths_towards_half(logits):
    losses = _objective("multi-label", label_smoothing=0.2)(logits, SEVERAL)
    expected = BCEWithLogitsLoss(reduction="none")(logits, SEVERAL * 0.8 + 0.1).mean(dim=1)
    torch.testing.assert_close(losses, expected)


def test_positives_of_rare_labels_weigh_as_many_as_there_are_negatives_for_one(logits):
    assert label_weights(SEVERAL).tolist() == pytest.approx([2 / 4, 4 / 2, 5 / 1])
    losses = _objective("multi-label", balance="weights")(logits, SEVERAL)
    weights = torch.tensor([0.5, 2.0, 5.0])
    expected = BCEWithLogitsLoss(pos_weight=weights, reduction="none")(logits, SEVERAL)
    torch.testing.assert_close(losses, expected.mean(dim=1))


def test_no_positive_weighs_more_than_100_and_a_label_without_any_is_no_division_by_zero():
    truth = torch.zeros(1000, 2)
    truth[0, 0] = 1
    assert label_weights(truth).tolist() == [100, 100]


def _asymmetric(logit: float, truth: int, weight: float = 1.0) -> float:
    """Ridnik et al., 2021 (arXiv:2009.14119), eq. 7: gamma 0 and 4, margin 0.05."""
    p = 1 / (1 + math.exp(-logit))
    shifted = max(p - 0.05, 0)
    return -weight * math.log(p) if truth else -(shifted**4) * math.log(1 - shifted)


@pytest.mark.parametrize("balance", ["none", "weights"])
def test_the_asymmetric_loss_is_that_of_the_paper(logits, balance):
    losses = _objective("multi-label", loss="asymmetric", balance=balance)(logits, SEVERAL)
    weights = [0.5, 2.0, 5.0] if balance == "weights" else [1.0] * 3
    expected = [
        sum(map(_asymmetric, row, truth, weights)) / 3
        for row, truth in zip(logits.tolist(), SEVERAL.tolist(), strict=True)
    ]
    assert losses.tolist() == pytest.approx(expected, rel=1e-4)


def test_the_easiest_negatives_do_not_count_in_the_asymmetric_loss():
    logits = torch.tensor([[-3.0, -3.0, -2.95]], requires_grad=True)  # 0.047, 0.047, 0.0497
    loss = _objective("multi-label", loss="asymmetric")(logits, torch.zeros(1, 3))
    loss.sum().backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.parametrize("loss", ["bce", "asymmetric"])
def test_even_the_surest_answers_have_a_finite_loss_and_gradient(loss):
    logits = torch.tensor([[200.0, -200.0, 90.0]] * 2, requires_grad=True)
    truth = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    losses = _objective("multi-label", loss=loss)(logits, truth)
    losses.sum().backward()
    assert losses.isfinite().all()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("single-label", {"balance": "weights", "label_smoothing": 0.1}),
        ("multi-label", {"balance": "weights", "loss": "asymmetric"}),
        ("multi-label", {"label_smoothing": 0.1}),
    ],
)
def test_parts_of_a_batch_add_up_exactly(logits, task, options):
    truth = TRUTH[2:] if task == "single-label" else SEVERAL
    loss = _objective(task, **options)
    whole = loss(logits, truth)
    parts = [loss(logits[rows], truth[rows]) for rows in (slice(0, 1), slice(1, 4), slice(4, 6))]
    assert torch.cat(parts).equal(whole)


def test_the_sampler_draws_every_label_equally_often():
    weights = torch.tensor(picture_weights(TRUTH))
    drawn = torch.zeros(3).index_add(0, TRUTH, weights / weights.sum())
    assert drawn.tolist() == pytest.approx([1 / 3] * 3)


def test_the_sampler_draws_a_picture_of_several_labels_by_its_rarest():
    weights = picture_weights(SEVERAL)
    common, rarer, rarest, none = 6 / 4, 6 / 2, 6 / 1, 6 / 1
    assert weights == pytest.approx([common, rarer, common, none, rarest, rarer])


def test_the_sampler_makes_a_rare_label_of_many_frequent_enough():
    truth = torch.zeros(100, 2)
    truth[:, 0] = 1
    truth[:4, 1] = 1
    weights = torch.tensor(picture_weights(truth))
    share = (weights[:4].sum() / weights.sum()).item()
    assert share == pytest.approx(4 * 25 / (4 * 25 + 96))


def test_truth_becomes_shares():
    assert shares(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert shares(SEVERAL, 3).equal(SEVERAL)
    assert shares(torch.tensor([2, 0]), 3).dtype == torch.float32
