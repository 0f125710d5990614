"""The temperature: found where it is known, and left at 1 where nothing tells it."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from tlx.evaluation import temperature
from tlx.evaluation.metrics import losses
from tlx.evaluation.temperature import (
    fit_temperature,
    judge_temperature,
    temperature_text,
)


def _drawn(count: int, factor: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make logits that are `factor` times those by which the truth was drawn."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(0, 2, (count, 5))
    truth = (logits + chance.gumbel(size=logits.shape)).argmax(axis=1)  # by their softmax
    return (logits * factor).astype(np.float32), truth


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_logits_that_are_too_large_by_a_factor_have_it_as_their_temperature(factor):
    found = judge_temperature(*_drawn(20_000, factor))
    assert found.temperature == pytest.approx(factor, rel=0.04)
    assert found.calibrated_error < 0.015
    assert found.note is None
    if factor != 1:
        assert found.error > 5 * found.calibrated_error


def test_several_labels_a_picture_have_one_temperature_too():
    chance = np.random.default_rng(1)
    logits = chance.normal(0, 2, (5000, 4))
    truth = chance.random(logits.shape) < expit(logits)
    found = judge_temperature(2.5 * logits, truth)
    assert found.temperature == pytest.approx(2.5, rel=0.05)
    assert found.calibrated_error < 0.02 < found.error


def test_it_is_where_gradient_descent_in_torch_finds_the_least_loss():
    logits, truth = _drawn(300, 2.0)
    power = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([power], max_iter=100, line_search_fn="strong_wolfe")
    inputs, wanted = torch.from_numpy(logits).double(), torch.from_numpy(truth)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(inputs / power.exp(), wanted)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert fit_temperature(logits, truth)[0] == pytest.approx(power.exp().item(), rel=1e-3)


def test_the_error_with_it_is_of_pictures_that_it_was_not_fitted_on(monkeypatch):
    logits, truth = _drawn(200, 2.0)
    fitted: list[set[float]] = []
    least = temperature._least_loss

    def watched(some: np.ndarray, wanted: np.ndarray) -> float | None:
        fitted.append(set(some[:, 0].tolist()))
        return least(some, wanted)

    monkeypatch.setattr(temperature, "_least_loss", watched)
    found = judge_temperature(logits, truth)
    whole, one, other = fitted
    assert (len(whole), one & other, one | other) == (200, set(), whole)
    assert found.pictures == 200


@pytest.mark.parametrize(
    ("logits", "truth", "why"),
    [
        (np.eye(3)[[0] * 49], np.zeros(49, int), "too few to fit it on: 49 pictures"),
        (np.eye(3)[[0]], np.zeros(1, int), "too few to fit it on: 1 picture,"),
        (np.eye(3)[[0] * 60], np.zeros(60, int), "all of 60 pictures are answered right"),
        (np.eye(3)[[0] * 60], np.ones(60, int), "no other one from 0.05 to 20 fits better"),
        (np.zeros((60, 3)), np.zeros(60, int), "all of 60 pictures"),
        (np.zeros((60, 3)), np.ones(60, int), "no other one"),
        (np.eye(3)[[0] * 60] - 0.5, np.eye(3)[[0] * 60] > 0, "all of 60 pictures"),
    ],
    ids=["few", "one", "right", "wrong", "equal, right", "equal, wrong", "several, right"],
)
def test_it_stays_1_where_nothing_tells_it_and_says_why(logits, truth, why):
    found = judge_temperature(logits, truth)
    assert found.temperature == 1
    assert found.error == found.calibrated_error
    assert why in found.note
    text = temperature_text(found.temperature, found.error, found.calibrated_error, found.note)
    assert text == f"the temperature stays 1: {found.note}"


def test_of_very_many_an_even_share_is_looked_at(monkeypatch):
    logits, truth = _drawn(4000, 2.0)
    whole = fit_temperature(logits, truth)[0]
    monkeypatch.setattr(temperature, "_CELLS", 5 * 1000)
    sizes: list[int] = []
    monkeypatch.setattr(temperature, "losses", lambda a, b: sizes.append(len(a)) or losses(a, b))
    assert fit_temperature(logits, truth)[0] == pytest.approx(whole, rel=0.15)
    assert {*sizes} == {1000}
