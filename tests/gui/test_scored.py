"""Pictures behind the numbers of a report."""

import pytest

from tlx.gui.scored import ScoredPictures
from tlx.gui.scoring_messages import ScoredRow

LABELS = ("a", "b", "c")


def row(path: str, truth: str, predicted: str, probability: float = 0.9, unknown=None) -> ScoredRow:
    said = (tuple(truth), tuple(predicted))
    return ScoredRow(path, *said, predicted[:1] or "a", probability, truth == predicted, unknown)


@pytest.fixture
def single() -> ScoredPictures:
    pictures = ScoredPictures(LABELS)
    pictures.add([row("1", "a", "a"), row("2", "a", "b", 0.4), row("3", "b", "b", unknown=True)])
    pictures.add([row("4", "a", "b", 0.5), row("5", "c", "a", 0.3, unknown=False)])
    return pictures


def test_a_cell_counts_the_pictures_that_it_gives(single):
    for truth in range(3):
        for predicted in range(3):
            assert single.count(truth, predicted) == len(single.cell(truth, predicted))
    assert single.cell(0, 1) == ["2", "4"]
    assert [single.support(label) for label in range(3)] == [3, 1, 1]


def test_pairs_are_the_cells_off_the_diagonal_the_largest_first(single):
    assert single.pairs() == [(0, 1, 2), (2, 0, 1)]
    assert single.mistakes() == [3, 2, 1]


def test_pictures_of_a_label_are_found_from_both_sides(single):
    assert (single.having(0), single.taken_for(0)) == (["1", "2", "4"], ["1", "5"])
    assert (single.missed(0), single.added(0)) == (["2", "4"], ["5"])
    assert single.wrong() == ["2", "4", "5"]


def test_what_is_as_sure_as_the_threshold_is_not_below_it(single):
    assert single.below(0.5) == ["2", "5"]
    assert single.unknown() == ["3"]


def test_of_several_labels_each_is_missed_or_added_by_itself():
    pictures = ScoredPictures(LABELS, several=True)
    pictures.add([row("1", "ab", "a"), row("2", "", "c"), row("3", "bc", "bc")])
    assert (pictures.missed(1), pictures.added(2), pictures.missed(0)) == (["1"], ["2"], [])
    assert pictures.support(1) == 2
    assert pictures.pairs() == []
