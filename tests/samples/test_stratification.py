"""Dividing: every label in its share on every side, whole groups, by seed alone."""

import random
from collections import Counter

import pytest

from tlx.samples.stratification import Stratum, stratify

FIFTH = {"train": 0.8, "validation": 0.2}
THREE = {"train": 0.7, "validation": 0.15, "test": 0.15}


def strata(size: int = 1, **counts: int) -> list[Stratum]:
    return [
        Stratum(f"{label} {index}", size, {label: size})
        for label, count in counts.items()
        for index in range(count)
    ]


def counted(given: list[Stratum], sides: dict[str, str], side: str) -> dict[str, int]:
    """How many pictures of each label stand on a side."""
    labels: Counter[str] = Counter()
    for stratum in given:
        if sides[stratum.key] == side:
            labels.update(stratum.labels)
    return dict(labels)


def test_each_label_gives_its_share():
    given = strata(ant=100, bee=50, cat=10)
    sides = stratify(given, FIFTH, 0)
    assert sides.keys() == {stratum.key for stratum in given}
    assert counted(given, sides, "validation") == {"ant": 20, "bee": 10, "cat": 2}


def test_three_sides_get_their_shares():
    given = strata(ant=100, bee=40)
    sides = stratify(given, THREE, 0)
    assert counted(given, sides, "train") == {"ant": 70, "bee": 28}
    assert counted(given, sides, "validation") == counted(given, sides, "test")


def test_the_choice_does_not_follow_from_the_order():
    given = strata(ant=40, bee=30)
    shuffled = random.Random(0).sample(given, len(given))
    assert stratify(shuffled, THREE, 0) == stratify(given, THREE, 0)


def test_the_choice_is_fixed_by_the_seed():
    given = strata(ant=40, bee=30)
    assert stratify(given, THREE, 3) == stratify(given, THREE, 3)
    assert stratify(given, THREE, 3) != stratify(given, THREE, 4)


def test_the_choice_is_no_run_of_neighbours():
    given = strata(ant=100)
    sides = stratify(given, FIFTH, 0)
    chosen = [index for index, s in enumerate(given) if sides[s.key] == "validation"]
    assert chosen[-1] - chosen[0] > 50


@pytest.mark.parametrize(
    ("count", "chosen"), [(1, 0), (2, 1), (3, 1), (4, 1), (7, 1), (8, 2), (10, 2)]
)
def test_a_small_label_gives_at_least_one_and_keeps_at_least_one(count: int, chosen: int):
    given = strata(ant=count, bee=50)
    sides = stratify(given, FIFTH, 0)
    assert counted(given, sides, "validation").get("ant", 0) == chosen


@pytest.mark.parametrize("count", [3, 4, 5])
def test_three_pictures_are_enough_for_all_three_sides(count: int):
    given = strata(ant=count, bee=100)
    sides = stratify(given, THREE, 0)
    for side in THREE:
        assert counted(given, sides, side)["ant"] >= 1


def test_even_a_share_of_nearly_everything_leaves_one_of_each_label():
    given = strata(ant=10, bee=3)
    sides = stratify(given, {"train": 0.01, "validation": 0.99}, 0)
    assert counted(given, sides, "train") == {"ant": 1, "bee": 1}


@pytest.mark.parametrize("seed", range(20))
def test_groups_count_by_their_pictures(seed: int):
    given = strata(3, ant=20, bee=10)
    sides = stratify(given, FIFTH, seed)
    assert counted(given, sides, "validation") == {"ant": 12, "bee": 6}


def test_a_label_that_is_one_group_is_learned():
    given = [Stratum("all", 10, {"ant": 10}), *strata(bee=10)]
    assert stratify(given, FIFTH, 0)["all"] == "train"


def test_a_large_group_is_learned_and_the_small_ones_are_held_out():
    given = [Stratum("large", 60, {"ant": 60}), *strata(ant=40)]
    sides = stratify(given, THREE, 0)
    assert sides["large"] == "train"
    assert counted(given, sides, "validation") == counted(given, sides, "test") == {"ant": 15}


@pytest.mark.parametrize("seed", range(10))
def test_several_labels_a_picture_each_come_near_their_share(seed: int):
    chance = random.Random(seed)
    rates = {"ant": 0.5, "bee": 0.3, "cat": 0.1, "dog": 0.04}
    given = [
        Stratum(str(i), 1, {label: 1 for label, rate in rates.items() if chance.random() < rate})
        for i in range(1000)
    ]
    sides = stratify(given, THREE, seed)
    for label in rates:
        total = sum(label in stratum.labels for stratum in given)
        for side, share in THREE.items():
            assert abs(counted(given, sides, side)[label] - share * total) <= 0.02 * total + 1
    assert Counter(sides.values())["train"] == pytest.approx(700, abs=25)


def test_pictures_without_a_label_are_divided_too():
    given = [Stratum(str(index), 1, {}) for index in range(100)]
    assert Counter(stratify(given, THREE, 0).values()) == {
        "train": 70,
        "validation": 15,
        "test": 15,
    }


def test_nothing_is_divided_into_nothing():
    assert stratify([], THREE, 0) == {}
