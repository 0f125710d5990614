"""Which training pictures set the ranges of a quantized file."""

from collections import Counter
from pathlib import Path

import pytest

from tlx.errors import DataError
from tlx.export.calibration_pictures import choose_calibration, require_every_label
from tlx.samples.sample import Sample

COUNTS = {"hat": 200, "shirt": 100, "shoe": 3}


def made(root: str = "a") -> list[Sample]:
    return [
        Sample(Path(root) / label / f"{index:03}.jpg", label)
        for label, count in COUNTS.items()
        for index in range(count)
    ]


def test_each_label_is_chosen_in_proportion_and_a_rare_one_at_least_once():
    chosen = choose_calibration(made(), 60, 0)
    found = Counter(sample.label for sample in chosen)
    assert found["hat"] == pytest.approx(40, abs=2)
    assert found["shirt"] == pytest.approx(20, abs=2)
    assert 1 <= found["shoe"] <= 3
    assert len(set(chosen)) == len(chosen)


def test_the_choice_depends_on_the_seed_and_on_nothing_else():
    names = [sample.path.name + sample.label for sample in choose_calibration(made(), 60, 0)]
    moved = choose_calibration(made("b")[::-1], 60, 0)
    assert [sample.path.name + sample.label for sample in moved] == names
    other = choose_calibration(made(), 60, 1)
    assert [sample.path.name + sample.label for sample in other] != names


def test_the_choice_is_spread_over_a_label_instead_of_being_its_first_pictures():
    hats = [s for s in choose_calibration(made(), 60, 0) if s.label == "hat"]
    assert max(int(sample.path.stem) for sample in hats) > 150


@pytest.mark.parametrize("count", [303, 1000])
def test_all_are_taken_if_there_are_no_more(count):
    assert sorted(choose_calibration(made(), count, 0)) == sorted(made())


def test_even_a_very_small_choice_has_every_label():
    assert {sample.label for sample in choose_calibration(made(), 3, 0)} == set(COUNTS)


def test_pictures_with_several_labels_are_chosen_so_that_each_label_is_there():
    samples = [Sample(Path(f"{i}.jpg"), "a|b" if i % 10 else "c") for i in range(100)]
    chosen = choose_calibration(samples, 20, 0, "multi-label")
    assert len(chosen) == pytest.approx(20, abs=2)
    require_every_label(chosen, ("a", "b", "c"), "multi-label")


def test_pictures_of_one_label_are_refused_and_the_others_named():
    hats = [sample for sample in made() if sample.label == "hat"]
    with pytest.raises(DataError, match="show 1 of 3 labels, none of them shirt, shoe"):
        require_every_label(hats, tuple(COUNTS))


def test_a_label_that_no_training_picture_has_is_not_asked_for():
    require_every_label(made(), (*COUNTS, "scarf"), untrained={"scarf"})
    with pytest.raises(DataError, match="none of them scarf"):
        require_every_label(made(), (*COUNTS, "scarf"))


def test_no_picture_at_all_is_refused():
    with pytest.raises(DataError, match="needs training pictures"):
        require_every_label([], tuple(COUNTS))
