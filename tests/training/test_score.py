"""Validation's answers as numbers, and which of them chooses the epoch."""

from pathlib import Path

import pytest
import torch
from sklearn.metrics import average_precision_score
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from tlx.errors import TrainingError, UsageError
from tlx.evaluation.thresholds import tune_thresholds
from tlx.training.config import TrainingConfig
from tlx.training.loop import Validated
from tlx.training.score import Score, calibrated, monitor_of, monitored, score

SINGLE = Score(loss=0.5, accuracy=0.8, balanced_accuracy=0.7, map=None, pictures=10)
SEVERAL = Score(loss=0.4, accuracy=0.3, balanced_accuracy=None, map=0.9, pictures=10)


def _config(**options: object) -> TrainingConfig:
    return TrainingConfig(Path("pictures"), **options)


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(40, 3, generator=torch.Generator().manual_seed(1))


def test_one_label_a_picture_is_scored_by_cross_entropy_and_accuracies(logits):
    truth = torch.tensor([0] * 30 + [1] * 8 + [2] * 2)
    found = score(Validated(logits, truth))
    right = logits.argmax(dim=1) == truth
    recalls = [right[truth == label].float().mean().item() for label in range(3)]
    assert found.loss == pytest.approx(cross_entropy(logits, truth).item(), rel=1e-5)
    assert found.accuracy == pytest.approx(right.float().mean().item())
    assert found.balanced_accuracy == pytest.approx(sum(recalls) / 3)
    assert (found.map, found.pictures) == (None, 40)


def test_several_labels_are_scored_by_binary_loss_exact_match_and_average_precision(logits):
    truth = (torch.rand(40, 3, generator=torch.Generator().manual_seed(2)) > 0.6).float()
    found = score(Validated(logits, truth))
    thresholds = tune_thresholds(logits.sigmoid().numpy(), truth.numpy() > 0.5)
    decided = logits.sigmoid() >= torch.tensor(thresholds)
    exact = (decided == (truth > 0.5)).all(dim=1).float().mean().item()
    expected = binary_cross_entropy_with_logits(logits, truth).item()
    assert found.loss == pytest.approx(expected, rel=1e-5)
    assert found.thresholds == thresholds
    assert found.accuracy == pytest.approx(exact)
    mean = average_precision_score(truth.numpy(), logits.numpy(), average="macro")
    assert found.map == pytest.approx(mean)
    assert (found.balanced_accuracy, found.pictures) == (None, 40)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_an_answer_that_is_not_finite_ends_the_training_with_advice(logits, bad):
    logits[7, 1] = bad
    for truth in (torch.zeros(40, dtype=torch.long), torch.zeros(40, 3)):
        with pytest.raises(TrainingError, match="validation loss is not finite; try a lower --lr"):
            score(Validated(logits, truth))


@pytest.mark.parametrize(
    ("monitor", "result", "expected"),
    [
        ("auto", SINGLE, ("accuracy", 0.8)),
        ("auto", SEVERAL, ("map", 0.9)),
        ("accuracy", SINGLE, ("accuracy", 0.8)),
        ("accuracy", SEVERAL, ("accuracy", 0.3)),
        ("balanced-accuracy", SINGLE, ("balanced-accuracy", 0.7)),
        ("map", SEVERAL, ("map", 0.9)),
        ("loss", SINGLE, ("loss", 0.5)),
        ("loss", SEVERAL, ("loss", 0.4)),
    ],
)
def test_what_is_monitored_is_what_was_asked_for(monitor, result, expected):
    task = "multi-label" if result is SEVERAL else "single-label"
    name = monitor_of(_config(monitor=monitor), task)
    assert (name, monitored(name, result)) == expected


@pytest.mark.parametrize(
    ("monitor", "task"), [("map", "single-label"), ("balanced-accuracy", "multi-label")]
)
def test_a_number_that_the_task_does_not_have_is_refused(monitor, task):
    with pytest.raises(UsageError, match=f"--monitor {monitor} has no meaning for a {task} task"):
        monitor_of(_config(monitor=monitor), task)


def _overconfident(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw logits `[400, 3]`, three times too large, and truth 0/1 by their sigmoid."""
    chance = torch.Generator().manual_seed(seed)
    logits = torch.randn(400, 3, generator=chance)
    truth = (torch.rand(400, 3, generator=chance) < logits.sigmoid()).float()
    return 3 * logits, truth


def test_thresholds_are_those_of_the_probabilities_as_a_file_gives_them():
    logits, truth = _overconfident(4)
    validated = Validated(logits, truth)
    plain = score(validated)
    found = calibrated(validated, plain)
    assert found.calibration.temperature == pytest.approx(3, rel=0.3)
    probabilities = (logits / found.calibration.temperature).sigmoid()
    assert found.thresholds == tune_thresholds(probabilities.numpy(), truth.numpy() > 0.5)
    # The ranking is the same, and so is what is chosen.
    before = logits.sigmoid().double() >= torch.tensor(plain.thresholds, dtype=torch.float64)
    after = probabilities.double() >= torch.tensor(found.thresholds, dtype=torch.float64)
    assert before.equal(after)
    assert found.loss == plain.loss
    assert found.calibration.calibrated_error < found.calibration.error


def test_one_label_a_picture_is_calibrated_without_thresholds():
    logits, _ = _overconfident(5)
    truth = (logits / 3 + -torch.log(-torch.log(torch.rand(400, 3)))).argmax(dim=1)
    found = calibrated(Validated(logits, truth), score(Validated(logits, truth)))
    assert found.calibration.temperature > 2
    assert found.thresholds is None
