"""Predictions rank by logits, ties in the card's order."""

import numpy as np
import pytest

from tlx.inference.prediction import Prediction, RankedLabel

LABELS = ("ant", "bee", "cat", "dog")


def prediction(*logits: float) -> Prediction:
    values = np.array(logits, np.float32)
    powers = np.exp(values - values.max())
    return Prediction(LABELS[: len(logits)], values, powers / powers.sum())


def test_the_label_is_that_of_the_largest_logit():
    answer = prediction(0.5, -1.0, 3.0, 2.0)
    assert answer.label == "cat"
    assert answer.probability == float(answer.probabilities[2])
    assert 0.5 < answer.probability < 1


def test_the_ranking_is_most_probable_first():
    ranked = prediction(0.5, -1.0, 3.0, 2.0).top(3)
    assert [row.label for row in ranked] == ["cat", "dog", "ant"]
    assert all(isinstance(row, RankedLabel) and type(row.probability) is float for row in ranked)


def test_each_label_keeps_its_own_probability():
    answer = prediction(0.5, -1.0, 3.0, 2.0)
    expected = dict(zip(LABELS, answer.probabilities.tolist(), strict=True))
    assert {row.label: row.probability for row in answer.top(4)} == expected


def test_the_first_of_the_ranking_is_the_label():
    answer = prediction(1.0, 4.0, 2.0)
    assert answer.top(1) == (RankedLabel(answer.label, answer.probability),)


def test_equal_logits_stand_in_the_cards_order():
    answer = prediction(1.0, 2.0, 2.0, 1.0)
    assert [row.label for row in answer.top()] == ["bee", "cat", "ant", "dog"]
    assert answer.label == "bee"


def test_labels_are_told_apart_where_float32_probabilities_are_equal():
    # Far apart from the rest, two probabilities round to 0 in float32: only logits rank them.
    answer = prediction(0.0, 500.0, 100.0)
    assert answer.probabilities[0] == answer.probabilities[2] == 0
    assert [row.label for row in answer.top()] == ["bee", "cat", "ant"]


@pytest.mark.parametrize(("asked", "given"), [(0, 0), (1, 1), (4, 4), (5, 4), (1000, 4)])
def test_the_ranking_is_as_long_as_asked_or_as_there_are_labels(asked: int, given: int):
    assert len(prediction(1.0, 2.0, 3.0, 4.0).top(asked)) == given
