"""Answers as arrays: filters, orders, truth from folders."""

import math
import random

import pytest

from tlx.gui.protocol import Ranked, Row
from tlx.gui.state import NONE, ORDERS, STATES, Filter, Results

LABELS = ("blue", "green", "red")


def row(path: str, *ranked: tuple[str, float], error: str | None = None) -> Row:
    return Row(path, tuple(Ranked(*entry) for entry in ranked), error)


@pytest.fixture
def many() -> Results:
    """1,000 pictures, of which a fifth is not answered and some are unreadable or reviewed."""
    chance, results = random.Random(3), Results(LABELS)
    results.add(
        f"/data/{chance.choice([*LABELS, 'x'])}/Pic{number % 700}.{number}"
        for number in range(1000)
    )
    for index, path in enumerate(results.paths):
        first = round(chance.uniform(0.34, 1), 2)
        one, two = chance.sample(LABELS, 2)
        if chance.random() < 0.1:
            results.answer(index, row(path, error="empty"))
        elif chance.random() < 0.8:
            results.answer(index, row(path, (one, first), (two, (1 - first) / 2)))
        if chance.random() < 0.2:
            results.review(index, chance.choice(LABELS))
    return results


def slow_mask(results: Results, index: int, chosen: Filter) -> bool:
    answer = results.rows[index]
    first = answer.predictions[0] if answer and answer.predictions else None
    folder = results.paths[index].split("/")[2]
    said = int(results.reviewed[index])
    known = LABELS[said] if said != NONE else folder if folder in LABELS else None
    states = {
        "all": True,
        "wrong": bool(first and known and first.label != known),
        "unsure": bool(first and first.probability < 0.5),
        "reviewed": said != NONE,
        "unreadable": bool(answer and answer.error),
    }
    label = chosen.label is None or bool(first and first.label == LABELS[chosen.label])
    whole = (chosen.low, chosen.high) == (0, 1)
    within = whole or bool(first and chosen.low <= first.probability <= chosen.high)
    name = chosen.name.lower() in results.paths[index].split("/")[-1].lower()
    return states[chosen.state] and label and within and name


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "rest", [{}, {"label": 1}, {"low": 0.5}, {"high": 0.6, "name": "pic1"}, {"name": "PIC69"}]
)
def test_a_filter_lets_through_what_a_slow_look_at_each_picture_does(many, state, rest):
    chosen = Filter(state=state, **rest)
    expected = [index for index in range(len(many)) if slow_mask(many, index, chosen)]
    assert many.view(chosen).tolist() == expected


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_that_of_a_slow_stable_sort(many, order):
    def key(index: int) -> tuple:
        answer = many.rows[index]
        if order == "given":
            return (index,)
        if order == "name":
            return (many.paths[index].split("/")[-1].lower(),)
        if not answer or not answer.predictions:
            return (1,)
        one, two = (entry.probability for entry in answer.predictions)
        value = {"least probable": one, "most probable": -one, "margin": one - two}[order]
        return (0, value)

    assert many.view(Filter(), order).tolist() == sorted(range(len(many)), key=key)


def test_the_truth_is_the_folder_s_name_where_the_model_has_it():
    results = Results(LABELS)
    results.add(["/a/red/1.png", "/a/red/x/2.png", "/a/green/3.png"])
    assert results.truth.tolist() == [2, NONE, 1]
    results.set_labels(("red", "green"))
    assert results.truth.tolist() == [0, NONE, 1]


def test_a_picture_is_added_once():
    results = Results(LABELS)
    assert list(results.add(["a", "b", "a"])) == [0, 1]
    assert list(results.add(["b", "c"])) == [2]
    assert (results.paths, results.index_of("c"), results.index_of("d")) == (
        ["a", "b", "c"],
        2,
        None,
    )


def test_other_labels_forget_answers_and_keep_pictures():
    results = Results(LABELS)
    results.add(["a.png", "b.png"])
    results.answer(0, row("a.png", ("red", 0.9), ("blue", 0.05)))
    results.answer(1, row("b.png", error="empty file"))
    assert results.waiting().tolist() == []
    assert results.margin[0] == 0.9 - 0.05
    results.set_labels(("cat", "dog"))
    assert results.waiting().tolist() == [0, 1]
    assert results.rows == [None, None]
    assert math.isnan(results.probability[0])


def test_answers_can_be_forgotten_while_reviews_stay():
    results = Results(LABELS)
    results.add(["a.png"])
    results.answer(0, row("a.png", ("red", 0.9), ("blue", 0.05)))
    results.review(0, "blue")
    results.forget_answers()
    assert (results.waiting().tolist(), results.reviewed.tolist()) == ([0], [0])
