"""Predictions rank by logits, ties in the card's order."""

import numpy as np
import pytest

from tlx.inference.prediction import Prediction, RankedLabel, decide

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


def several(*probabilities: float, thresholds: tuple[float, ...]) -> Prediction:
    values = np.array(probabilities, np.float32)
    logits = np.log(values / (1 - values))
    return Prediction(LABELS[: len(values)], logits, values, thresholds)


def test_labels_at_or_over_their_threshold_are_chosen_most_probable_first():
    answer = several(0.3, 0.9, 0.5, 0.95, thresholds=(0.25, 0.5, 0.5, 0.96))
    assert [row.label for row in answer.chosen] == ["bee", "cat", "ant"]
    assert answer.chosen == (
        RankedLabel("bee", float(np.float32(0.9))),
        RankedLabel("cat", 0.5),
        RankedLabel("ant", float(np.float32(0.3))),
    )


def test_no_label_may_be_chosen_and_all_may():
    assert several(0.4, 0.1, thresholds=(0.5, 0.5)).chosen == ()
    assert len(several(0.4, 0.1, thresholds=(0.0, 0.0)).chosen) == 2


def test_the_ranking_does_not_depend_on_the_thresholds():
    answer = several(0.4, 0.6, 0.1, thresholds=(0.1, 0.9, 0.9))
    assert [row.label for row in answer.top()] == ["bee", "ant", "cat"]
    assert answer.label == "bee"


def test_without_thresholds_the_label_alone_is_chosen():
    answer = prediction(0.5, -1.0, 3.0, 2.0)
    assert answer.thresholds is None
    assert answer.chosen == answer.top(1)


def test_a_threshold_is_not_rounded_to_the_type_of_the_probabilities():
    value = np.array([0.1], np.float32)  # 0.100000001490116 in float64
    assert decide(value, (0.1,)).tolist() == [True]
    assert decide(value, (float(value[0]),)).tolist() == [True]
    assert decide(value, (0.100000002,)).tolist() == [False]


def test_pictures_are_decided_together_as_alone():
    values = np.random.default_rng(0).random((20, 4)).astype(np.float32)
    thresholds = (0.2, 0.4, 0.6, 0.8)
    alone = [decide(row, thresholds).tolist() for row in values]
    assert decide(values, thresholds).tolist() == alone
