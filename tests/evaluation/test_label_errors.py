"""Confident learning counts as the paper says, and ranks by normalized margin."""

import numpy as np

from tlx.evaluation.label_errors import confident_joint, find_label_errors


def made(seed: int, rows: int = 300, labels: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Make probabilities that lean towards a truth, a fifth of which is given wrongly."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, labels, rows)
    logits = chance.normal(0, 1, (rows, labels))
    logits[np.arange(rows), truth] += 2
    given = np.where(chance.random(rows) < 0.2, chance.integers(0, labels, rows), truth)
    exponents = np.exp(logits)
    return exponents / exponents.sum(axis=1, keepdims=True), given


def joint_of_the_paper(probabilities: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Count by equations 1 and 2 of Northcutt et al., a row at a time."""
    labels = probabilities.shape[1]
    thresholds = []
    for label in range(labels):
        own = [
            row[label] for row, other in zip(probabilities, given, strict=True) if other == label
        ]
        thresholds.append(sum(own) / len(own))
    counts = np.zeros((labels, labels), int)
    for row, label in zip(probabilities, given, strict=True):
        confident = [other for other in range(labels) if row[other] >= thresholds[other]]
        if confident:
            counts[label, max(confident, key=lambda other: row[other])] += 1
    return counts


def test_the_confident_joint_is_counted_as_in_the_paper():
    for seed in range(5):
        probabilities, given = made(seed)
        joint = confident_joint(probabilities, given)
        np.testing.assert_array_equal(joint, joint_of_the_paper(probabilities, given))
        off = joint.sum() - np.trace(joint)
        assert len(find_label_errors(probabilities, given).rows) == off > 20


def test_the_errors_are_ranked_by_the_margin_of_the_given_label():
    probabilities, given = made(7)
    found = find_label_errors(probabilities, given)
    for row, suggested, margin in zip(found.rows, found.suggested, found.margins, strict=True):
        others = np.delete(probabilities[row], given[row])
        assert margin == probabilities[row, given[row]] - others.max()
        assert suggested != given[row]
    assert (np.diff(found.margins) >= 0).all()


def test_a_planted_error_comes_first():
    given = np.array([0] * 10 + [1] * 10)
    probabilities = np.where(given[:, None] == [0, 1], 0.8, 0.2)
    probabilities[3] = (0.05, 0.95)
    found = find_label_errors(probabilities, given)
    assert (found.rows.tolist(), found.suggested.tolist()) == ([3], [1])


def test_a_label_that_no_row_is_given_is_never_suggested():
    probabilities = np.array([[0.1, 0.1, 0.8], [0.6, 0.2, 0.2], [0.2, 0.7, 0.1]])
    found = find_label_errors(probabilities, np.array([0, 0, 1]))
    assert 2 not in found.suggested
    assert len(find_label_errors(np.empty((0, 3)), np.empty(0, np.intp)).rows) == 0
