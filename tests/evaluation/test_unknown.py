"""The rule for unknown pictures: its score by definition, its threshold, how well it tells."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.covariance import LedoitWolf

from tlx.evaluation import unknown
from tlx.evaluation.unknown import UnknownRule, area_under_curve, choose_threshold, fit_rule
from tlx.evaluation.unknown_report import auroc_interval, judge

LABELS, FEATURES = 3, 10


def _drawn(count: int, seed: int, away: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw features `[3 N, 10]` about three means, of one skewed covariance, and their labels."""
    skew = np.random.default_rng(99).normal(0, 1, (FEATURES, FEATURES))
    means = np.random.default_rng(98).normal(0, 5, (LABELS, FEATURES)) + away
    chance = np.random.default_rng(seed)
    truth = np.repeat(np.arange(LABELS), count)
    features = means[truth] + chance.normal(0, 1, (len(truth), FEATURES)) @ skew
    return features.astype(np.float32), truth


def _logits(features: np.ndarray) -> np.ndarray:
    return features[:, :LABELS]


@pytest.fixture(scope="module")
def rule() -> UnknownRule:
    known, _ = _drawn(100, 2)
    return fit_rule(*_drawn(500, 1)).fitted_to(known, _logits(known), 0.05)


def test_the_distance_is_mahalanobis_to_the_nearest_mean(rule):
    features, truth = _drawn(500, 1)
    means = np.stack([features[truth == label].mean(axis=0) for label in range(LABELS)])
    covariance = LedoitWolf(assume_centered=True).fit(features - means[truth]).covariance_
    fresh, _ = _drawn(20, 3, away=2.0)
    apart = cdist(fresh, means, "mahalanobis", VI=np.linalg.inv(covariance))
    expected = apart.min(axis=1) / np.sqrt(FEATURES)
    np.testing.assert_allclose(rule.distances(fresh), expected, rtol=1e-3)


def test_directions_without_their_own_spread_share_the_mean_of_the_rest(monkeypatch):
    monkeypatch.setattr(unknown, "DIRECTIONS", 4)
    features, truth = _drawn(500, 1)
    found = fit_rule(features, truth)
    means = np.stack([features[truth == label].mean(axis=0) for label in range(LABELS)])
    fitted = LedoitWolf(assume_centered=True).fit(features - means[truth])
    spread, axes = np.linalg.eigh(fitted.covariance_)
    spread[:-4] = spread[:-4].mean()
    apart = (features[:50, None] - means) @ axes
    expected = np.sqrt((apart**2 / spread).sum(axis=2).min(axis=1) / FEATURES)
    assert found.directions.shape == (FEATURES, 4)
    np.testing.assert_allclose(found.distances(features[:50]), expected, rtol=1e-3)


def test_the_score_adds_the_energy_of_the_logits_at_the_same_spread(rule):
    known, _ = _drawn(100, 2)
    energy = -logsumexp(_logits(known).astype(float), axis=1)
    added = rule.scores(known, _logits(known)) - rule.distances(known)
    np.testing.assert_allclose(added.std(), rule.distances(known).std(), rtol=1e-3)
    assert np.corrcoef(added, energy)[0, 1] == pytest.approx(1)
    assert added.mean() == pytest.approx(0, abs=1e-3)


def test_about_the_stated_share_of_new_known_pictures_is_refused_and_others_are_found(rule):
    fresh, _ = _drawn(2000, 4)
    strange, _ = _drawn(100, 5, away=6.0)
    refused = (rule.scores(fresh, _logits(fresh)) > rule.threshold).mean()
    assert 0.02 < refused < 0.09  # the threshold is from 300 pictures
    assert (rule.refusal.value, rule.refusal.pictures) == (14 / 300, 300)
    assert (rule.scores(strange, _logits(strange)) > rule.threshold).mean() > 0.9


@pytest.mark.parametrize(
    ("count", "refuse", "above"), [(99, 0.05, 4), (100, 0.05, 4), (19, 0.05, 0), (10, 0.05, 0)]
)
def test_the_threshold_leaves_the_share_of_so_many_above_it(count, refuse, above):
    scores = np.random.default_rng(0).permutation(count).astype(float)
    assert (scores > choose_threshold(scores, refuse)).sum() == above


def test_a_share_is_right_on_average_over_thresholds_from_few_pictures():
    chance = np.random.default_rng(1)
    thresholds = [choose_threshold(chance.random(59), 0.05) for _ in range(2000)]
    assert 1 - np.mean(thresholds) == pytest.approx(0.05, abs=0.004)


def test_labels_without_pictures_and_features_without_spread_are_no_error():
    features, truth = _drawn(50, 1)
    features[:, 3] = 1.0
    found = fit_rule(features[truth != 1], truth[truth != 1])
    assert found.means.shape == (2, FEATURES)
    assert np.isfinite(found.distances(features)).all()


def test_the_area_and_its_interval_are_those_of_the_definition():
    chance = np.random.default_rng(2)
    known, strange = chance.normal(0, 1, 40).round(1), chance.normal(1, 1, 60).round(1)
    pairs = (strange[:, None] > known) + 0.5 * (strange[:, None] == known)
    assert area_under_curve(known, strange) == pytest.approx(pairs.mean())
    variance = pairs.mean(axis=1).var(ddof=1) / 60 + pairs.mean(axis=0).var(ddof=1) / 40
    low, high = auroc_interval(known, strange)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=1e-3)
    assert low < pairs.mean() < high


def test_a_report_counts_what_is_on_the_wrong_side():
    known, strange = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.5, 2.5, 3.5])
    found = judge(known, strange, 2.0)
    assert (found.refused, found.false_accepts) == (0.25, pytest.approx(1 / 3))
    assert found.false_accepts_interval[0] < 1 / 3 < found.false_accepts_interval[1]
    assert judge(known, known + 10, 5.0).auroc_interval == (1.0, 1.0)
    assert judge(known[:1], strange, 2.0).auroc_interval is None
