"""How far two sides are apart, and whether that is near enough."""

from dataclasses import replace

import numpy as np
import pytest

from tlx.export.answers import Answers, join
from tlx.export.comparison import Comparison, compare, relative_difference
from tlx.export.reference import Reference
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
LABELS = ("a", "b", "c")
CARD = ModelCard(LABELS, Preprocessing(37, 32), PROVENANCE)


def _answers(logits: list[list[float]]) -> Answers:
    """Give answers with these logits; what goes with them is made up."""
    values = np.array(logits)
    shares = np.exp(values)
    count = len(values)
    maps = np.arange(count * 12.0).reshape(count, 3, 2, 2)
    features = np.arange(count * 5.0).reshape(count, 5)
    return Answers(values, shares / shares.sum(axis=1, keepdims=True), maps, features)


EXPECTED = _answers([[2.0, 0.5, -1.0], [0.1, 3.0, 0.2], [-2.0, 0.0, 1.0]])


def _reference(answers: Answers = EXPECTED, eager_distance: float = 1e-7) -> Reference:
    return Reference(CARD, None, (), answers, eager_distance)  # type: ignore[arg-type]


def _compared(name: str, change: float, row: int = 1) -> Comparison:
    """Compare after one number of one output has been moved."""
    values = getattr(EXPECTED, name).copy()
    values[row].flat[0] += change
    return compare(_reference(), replace(EXPECTED, **{name: values}), LABELS)


def test_equal_answers_pass_with_differences_of_zero():
    found = compare(_reference(), EXPECTED, LABELS)
    assert found.passed
    assert found.failures == ()
    assert found.pictures == 3
    assert found.max_logit_difference == found.max_probability_difference == 0
    assert found.max_map_difference == found.max_feature_difference == 0
    assert (found.agreement, found.ties, found.limits.probability) == (1, 0, 1e-4)


def test_labels_in_another_order_are_aligned_by_name():
    order = [2, 0, 1]
    turned = Answers(
        EXPECTED.logits[:, order],
        EXPECTED.probabilities[:, order],
        EXPECTED.activation_maps[:, order],
        EXPECTED.features,
    )
    assert compare(_reference(), turned, ("c", "a", "b")).passed
    assert not compare(_reference(), turned, LABELS).passed


@pytest.mark.parametrize(
    ("name", "magnitude"),
    [("probabilities", 1.0), ("logits", 3.0), ("activation_maps", 35.0), ("features", 14.0)],
)
def test_every_output_has_its_limit(name, magnitude):
    assert _compared(name, 0.9e-4 * magnitude).passed
    beyond = _compared(name, 1.1e-4 * magnitude)
    assert not beyond.passed
    (text,) = beyond.failures
    assert name.split("_")[-1][:5] in text
    assert "0.00011, limit 0.0001" in text


@pytest.mark.parametrize("name", ["logits", "probabilities", "activation_maps", "features"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_fails_in_every_output(name, value):
    assert not _compared(name, value).passed


def test_differences_are_told_as_largest_and_mean():
    found = _compared("logits", 0.9)
    assert found.max_logit_difference == pytest.approx(0.9)
    assert found.mean_logit_difference == pytest.approx(0.1)
    assert found.max_relative_logit_difference == pytest.approx(0.3)
    found = _compared("probabilities", -0.09)
    assert found.max_probability_difference == pytest.approx(0.09)
    assert found.mean_probability_difference == pytest.approx(0.01)


@pytest.mark.parametrize("name", ["logits", "probabilities", "activation_maps", "features"])
@pytest.mark.parametrize("row", [0, 1, 2])
def test_the_worst_picture_is_the_one_that_differs_in_whatever_output(name, row):
    assert _compared(name, 0.01, row).worst == row


def test_a_picture_with_another_first_label_fails():
    logits = EXPECTED.logits.copy()
    logits[0] = [0.5, 2.0, -1.0]
    found = compare(_reference(), replace(EXPECTED, logits=logits), LABELS)
    assert found.agreement == pytest.approx(2 / 3)
    assert "same label outside ties 66.67%" in found.failures


def test_a_tie_may_be_decided_either_way():
    tied = _answers([[1.0, 1.00001, -1.0], [0.1, 3.0, 0.2]])
    other = _answers([[1.00001, 1.0, -1.0], [0.1, 3.0, 0.2]])
    found = compare(_reference(tied), other, LABELS)
    assert (found.ties, found.agreement) == (1, 1)
    assert found.passed


def test_ties_alone_count_as_agreement():
    tied = _answers([[1.0, 1.0, 1.0]])
    found = compare(_reference(tied), tied, LABELS)
    assert (found.ties, found.agreement) == (1, 1)


def _several(probabilities: list[list[float]]) -> Answers:
    """Give answers of the multi-label task with these probabilities."""
    values = np.array(probabilities)
    made_up = _answers([[0.0] * 3] * len(values))
    return replace(made_up, logits=np.log(values / (1 - values)), probabilities=values)


def _several_reference(answers: Answers, thresholds=(0.5, 0.3, 0.9), **changes) -> Reference:
    card = replace(CARD, task="multi-label", thresholds=thresholds)
    return replace(_reference(answers, **changes), card=card)


CHOSEN = [[0.7, 0.31, 0.1], [0.4, 0.2, 0.1], [0.6, 0.8, 0.95]]


def test_with_several_labels_the_chosen_ones_have_to_be_the_same():
    expected = _several(CHOSEN)
    found = compare(_several_reference(expected), expected, LABELS)
    assert (found.passed, found.agreement, found.ties, found.same) == (True, 1, 0, "same labels")
    other = [CHOSEN[0], [0.4, 0.35, 0.1], CHOSEN[2]]
    found = compare(_several_reference(expected), _several(other), LABELS)
    assert found.agreement == pytest.approx(2 / 3)
    assert "same labels outside ties 66.67%" in found.failures


def test_with_several_labels_another_order_of_their_probabilities_is_no_disagreement():
    expected, found = _several([[0.7, 0.69, 0.1]]), _several([[0.69, 0.7, 0.1]])
    assert compare(_several_reference(expected), found, LABELS).agreement == 1


def test_a_label_close_to_its_threshold_is_a_tie_that_may_be_decided_either_way():
    expected, found = _several([[0.5001, 0.6, 0.1]]), _several([[0.49999, 0.6, 0.1]])
    compared = compare(_several_reference(expected), found, LABELS)
    assert (compared.ties, compared.agreement) == (1, 1)
    # The first two labels are as near, but far from their thresholds.
    near = _several([[0.70001, 0.7, 0.1]])
    assert compare(_several_reference(near), near, LABELS).ties == 0


def test_a_tie_of_several_labels_is_as_wide_as_twice_the_limit():
    inside, outside = _several([[0.50019, 0.6, 0.1]]), _several([[0.50021, 0.6, 0.1]])
    assert compare(_several_reference(inside), inside, LABELS).ties == 1
    assert compare(_several_reference(outside), outside, LABELS).ties == 0
    wide = _several_reference(outside, eager_distance=1e-3)
    assert compare(wide, outside, LABELS).ties == 1


def test_thresholds_are_aligned_by_name_with_the_labels():
    expected = _several(CHOSEN)
    order = [2, 0, 1]
    turned = replace(
        expected,
        logits=expected.logits[:, order],
        probabilities=expected.probabilities[:, order],
        activation_maps=expected.activation_maps[:, order],
    )
    assert compare(_several_reference(expected), turned, ("c", "a", "b")).passed


def test_without_tuned_thresholds_one_half_decides():
    expected = _several([[0.7, 0.49, 0.1]])
    reference = _several_reference(expected, thresholds=None)
    assert compare(reference, expected, LABELS).passed
    assert compare(reference, _several([[0.7, 0.51, 0.1]]), LABELS).agreement == 0


def test_a_number_that_is_none_fails_with_several_labels_too():
    expected = _several(CHOSEN)
    for name in ("logits", "probabilities"):
        values = getattr(expected, name).copy()
        values[1, 2] = np.nan
        found = replace(expected, **{name: values})
        assert not compare(_several_reference(expected), found, LABELS).passed


def test_where_float32_itself_is_far_off_a_file_may_be_four_times_as_far():
    far = _reference(eager_distance=1e-3)
    probabilities = EXPECTED.probabilities.copy()
    probabilities[0, 0] += 3.9e-3
    found = compare(far, replace(EXPECTED, probabilities=probabilities), LABELS)
    assert found.limits.probability == pytest.approx(4e-3)
    assert found.passed
    probabilities[0, 0] += 0.2e-3
    assert not compare(far, replace(EXPECTED, probabilities=probabilities), LABELS).passed


def test_a_tie_is_as_wide_as_the_limit_allows():
    near = _answers([[1.0, 1.002, -1.0], [0.1, 3.0, 0.2]])
    assert compare(_reference(near), near, LABELS).ties == 0
    assert compare(_reference(near, eager_distance=1e-3), near, LABELS).ties == 1


def test_the_first_pictures_alone_can_be_compared():
    found = compare(_reference(), EXPECTED.first(2), LABELS)
    assert (found.pictures, found.passed) == (2, True)


def test_maps_of_another_size_are_infinitely_far():
    maps = EXPECTED.activation_maps[:, :, :1]
    found = compare(_reference(), replace(EXPECTED, activation_maps=maps), LABELS)
    assert found.max_map_difference == np.inf
    assert not found.passed


def test_a_relative_difference_is_a_share_of_the_largest_magnitude():
    expected = np.array([[1.0, -4.0]])
    assert relative_difference(expected + 0.4, expected) == pytest.approx(0.1)
    assert relative_difference(np.zeros((1, 2)), np.zeros((1, 2))) == 0


def test_batches_are_joined_in_order():
    joined = join([EXPECTED.first(1), EXPECTED])
    assert joined.logits.tolist() == [EXPECTED.logits[0].tolist(), *EXPECTED.logits.tolist()]
    assert joined.features.shape == (4, 5)
