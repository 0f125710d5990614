"""Scores by label: scikit-learn's numbers on random and on degenerate answers, with intervals."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import metrics as sk

from tlx.evaluation import bootstrap
from tlx.evaluation.intervals import _Decided, bootstrap_intervals
from tlx.evaluation.ranking import Ranking
from tlx.evaluation.report import Report, score
from tlx.evaluation.report_json import report_json
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.sample import Sample


def labels_of(count: int) -> tuple[str, ...]:
    return tuple(f"label {index}" for index in range(count))


def scored(logits: np.ndarray, truth: np.ndarray) -> Report:
    labels = labels_of(logits.shape[1])
    logits = logits.astype(np.float32)
    probabilities = softmax(logits, axis=1)
    samples = [Sample(Path(f"{row}.jpg"), labels[label]) for row, label in enumerate(truth)]
    outcomes = [
        Outcome(str(sample.path), Prediction(labels, one, other), None)
        for sample, one, other in zip(samples, logits, probabilities, strict=True)
    ]
    return score("m", labels, samples, outcomes, 1.0)


def made(rows: int, labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, labels, rows)
    return chance.normal(size=(rows, labels)) + 2 * np.eye(labels)[truth], truth


EYE = 5 * np.eye(3)
CASES = {
    "random": made(200, 4),
    "ties": (np.round(made(60, 3)[0]), made(60, 3)[1]),
    "all equal": (np.zeros((9, 3)), np.arange(9) % 3),
    "a label absent": (made(40, 4, 1)[0], made(40, 3, 1)[1]),
    "one label alone": (made(20, 3, 2)[0], np.ones(20, int)),
    "a single picture": (EYE[:1], np.array([1])),
    "a picture a label": (EYE, np.arange(3)),
    "all wrong": (EYE, np.array([1, 2, 0])),
    "all right": (np.tile(EYE, (4, 1)), np.tile(np.arange(3), 4)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_numbers_are_scikit_learns(case: str):
    logits, truth = CASES[case]
    report = scored(logits, truth)
    probabilities, said = softmax(logits.astype(np.float32), axis=1), logits.argmax(axis=1)
    there = np.unique(truth)
    macro = sk.precision_recall_fscore_support(
        truth, said, labels=there, average="macro", zero_division=0.0
    )
    found = report.macro
    assert (found.precision, found.recall, found.f1) == pytest.approx(macro[:3])
    assert report.balanced_accuracy == pytest.approx(macro[1])
    for index, scores in enumerate(report.per_label.values()):
        wanted, ranked = truth == index, probabilities[:, index]
        if not wanted.any():
            assert scores.average_precision is scores.roc_auc is scores.recall_interval is None
            continue
        assert scores.average_precision == pytest.approx(sk.average_precision_score(wanted, ranked))
        if wanted.all():
            assert scores.roc_auc is None
        else:
            assert scores.roc_auc == pytest.approx(sk.roc_auc_score(wanted, ranked))
    log_loss = sk.log_loss(truth, probabilities, labels=range(logits.shape[1]))
    assert report.calibrated_loss == pytest.approx(log_loss, rel=1e-5)
    brier = sum(
        ((probabilities[:, index] - (truth == index)) ** 2).mean()
        for index in range(logits.shape[1])
    )
    assert report.brier_score == pytest.approx(brier)


@pytest.mark.parametrize("case", CASES)
def test_intervals_hold_the_numbers_and_the_json_holds_no_nan(case: str):
    report = scored(*CASES[case])
    content = report_json(report)
    json.dumps(content, allow_nan=False)
    for part in (content, content["macro"], *content["per_label"].values()):
        for name, value in part.items():
            interval = part.get(f"{name}_interval")
            if interval is not None:
                low, high = interval
                assert low - 1e-9 <= value <= high + 1e-9, name


def test_a_single_picture_has_intervals_only_where_a_formula_gives_them():
    report = scored(*CASES["a single picture"])
    assert report.accuracy_interval[0] == 0.0
    assert report.macro.f1_interval is report.loss_interval is None
    assert report.balanced_accuracy_interval is report.brier_score_interval is None


@pytest.mark.parametrize("steps", [None, 2])
def test_each_draw_has_the_numbers_of_scikit_learn(steps: int | None):
    logits, truth = made(40, 3)
    scores = logits if steps is None else np.round(logits * steps) / steps
    wanted = truth[:, None] == np.arange(3)
    decisions = logits.argmax(axis=1)[:, None] == np.arange(3)
    (drawn,) = bootstrap.draws(40, 20)
    decided = _Decided(decisions, wanted).scores(drawn)
    for label in range(3):
        areas = Ranking(scores[:, label], wanted[:, label]).areas(drawn)
        for draw, counts in enumerate(drawn.T):
            rows = np.repeat(np.arange(40), counts)
            true, ranked, said = wanted[rows, label], scores[rows, label], decisions[rows, label]
            assert areas[0, draw] == pytest.approx(sk.average_precision_score(true, ranked))
            assert areas[1, draw] == pytest.approx(sk.roc_auc_score(true, ranked))
            assert decided[:, label, draw] == pytest.approx(
                [
                    sk.precision_score(true, said),
                    sk.recall_score(true, said),
                    sk.f1_score(true, said),
                ]
            )


def test_the_interval_of_a_mean_is_about_that_of_the_normal_distribution():
    values = np.random.default_rng(3).normal(5, 2, 400)
    truth = np.ones((400, 1), bool)
    found = bootstrap_intervals(values[:, None], truth, truth, {"loss": values})
    low, high = found.means["loss"]
    error = values.std() / 20
    expected = values.mean() - 1.96 * error, values.mean() + 1.96 * error
    assert (low, high) == pytest.approx(expected, abs=0.2 * error)


def test_the_most_confused_pairs_come_first():
    logits = EYE[[1, 1, 2, 0, 0, 1]]
    pairs = scored(logits, np.array([0, 0, 0, 0, 2, 1])).confused_pairs
    assert [(pair.truth, pair.predicted, pair.pictures, pair.share) for pair in pairs] == [
        ("label 0", "label 1", 2, 0.5),
        ("label 0", "label 2", 1, 0.25),
        ("label 2", "label 0", 1, 1.0),
    ]
