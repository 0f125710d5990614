"""How many known pictures a rule may be expected to refuse, given how its threshold was chosen."""

from math import comb

import numpy as np
import pytest
from scipy.special import beta

from tlx.evaluation.refusals import expected_refusals, measure_refusals
from tlx.evaluation.scored_picture import ScoredPicture
from tlx.evaluation.unknown import choose_threshold
from tlx.inference.card import REFUSED, MeasuredResult


def _chosen(above: int, pictures: int) -> MeasuredResult:
    return MeasuredResult(REFUSED, above / pictures, None, "validation", pictures, True)


def test_the_interval_is_that_of_the_rank_s_own_distribution():
    found = expected_refusals(0.03, 40, _chosen(2, 59))  # the 57th of 59 is the threshold
    counts = np.arange(41)
    chances = [comb(40, r) * beta(3 + r, 57 + 40 - r) / beta(3, 57) for r in counts]
    below = np.cumsum(chances)
    low, high = (int(counts[below >= share][0]) / 40 for share in (0.025, 0.975))
    assert found["refused_expected"] == 3 / 60
    assert found["refused_expected_interval"] == (low, high) == (0.0, 0.15)


@pytest.mark.parametrize(("pictures", "asked"), [(59, 40), (217, 185), (341, 372)])
def test_shares_of_pictures_of_one_kind_are_nearly_always_in_it(pictures, asked):
    chance = np.random.default_rng(0)
    inside, shares = [], []
    for _ in range(2000):
        scores = chance.random(pictures)
        threshold = choose_threshold(scores, 0.05)
        share = float((chance.random(asked) > threshold).mean())
        found = expected_refusals(share, asked, _chosen(int((scores > threshold).sum()), pictures))
        low, high = found["refused_expected_interval"]
        inside.append(low <= share <= high)
        shares.append(share - found["refused_expected"])
    assert 0.94 < np.mean(inside) < 0.99  # counts are whole, so it is a little wide
    assert abs(np.mean(shares)) < 0.003


def test_it_is_wider_than_chance_in_the_asked_pictures_alone_and_never_that_narrow():
    many = expected_refusals(0.05, 100_000, _chosen(4, 99))["refused_expected_interval"]
    assert many[1] - many[0] > 0.07  # the threshold of 99 pictures stays what it is
    fair = expected_refusals(0.05, 372, _chosen(4999, 100_000))["refused_expected_interval"]
    assert fair == pytest.approx((0.0295, 0.0725), abs=0.003)  # of a share that is known exactly


@pytest.mark.parametrize(("refused", "chosen"), [(None, _chosen(2, 59)), (0.1, None)])
def test_nothing_is_expected_without_a_rule_or_of_a_card_that_does_not_say(refused, chosen):
    assert expected_refusals(refused, 40, chosen) == {}


def test_a_file_without_a_rule_refuses_nothing():
    assert measure_refusals([ScoredPicture("a.jpg", "red", "red", 0.9, 0.9, 0.1)]) == {}
