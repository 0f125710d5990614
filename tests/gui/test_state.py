"""Answers as arrays: filters, orders, truth from folders."""

import math
import random
from dataclasses import replace

import pytest

from tlx.gui import tally
from tlx.gui.filtering import NONE, NOT_SURE, ORDERS, STATES, Filter, view
from tlx.gui.protocol import Ranked, Row
from tlx.gui.state import Results

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
            answer = row(path, (one, first), (two, (1 - first) / 2))
            results.answer(index, replace(answer, unknown=chance.random() < 0.1))
        if chance.random() < 0.2:
            results.review(index, chance.choice(LABELS), sure=chance.random() < 0.8)
    return results


def slow_mask(results: Results, index: int, chosen: Filter) -> bool:
    answer = results.rows[index]
    first = answer.predictions[0] if answer and answer.predictions else None
    folder = results.paths[index].split("/")[2]
    said = int(results.reviewed[index])
    known = LABELS[said] if said >= 0 else folder if folder in LABELS else None
    states = {
        "all": True,
        "wrong": bool(first and known and first.label != known),
        "unsure": bool(first and first.probability < 0.5) or said == NOT_SURE,
        "unknown": bool(answer and answer.unknown),
        "reviewed": said != NONE,
        "unreadable": bool(answer and answer.error),
    }
    label = chosen.label is None or bool(first and first.label == LABELS[chosen.label])
    whole = (chosen.low, chosen.high) == (0, 1)
    within = whole or bool(first and chosen.low <= first.probability <= chosen.high)
    name = chosen.name.lower() in results.paths[index].split("/")[-1].lower()
    among = chosen.only is None or index in chosen.only
    return states[chosen.state] and label and within and name and among


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"label": 1},
        {"low": 0.5},
        {"high": 0.6, "name": "pic1"},
        {"only": frozenset(range(0, 900, 7))},
    ],
)
def test_a_filter_lets_through_what_a_slow_look_at_each_picture_does(many, state, rest):
    chosen = Filter(state=state, **rest)
    expected = [index for index in range(len(many)) if slow_mask(many, index, chosen)]
    assert view(many, chosen).tolist() == expected


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

    assert view(many, Filter(), order).tolist() == sorted(range(len(many)), key=key)


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
    assert list(results.rows) == [None, None]
    assert math.isnan(results.probability[0])


def test_answers_can_be_forgotten_while_reviews_stay():
    results = Results(LABELS)
    results.add(["a.png"])
    results.answer(0, row("a.png", ("red", 0.9), ("blue", 0.05)))
    results.review(0, "blue")
    results.forget_answers()
    assert (results.waiting().tolist(), results.reviewed.tolist()) == ([0], [0])


def test_a_row_comes_back_as_it_was_taken():
    results, chance = Results(LABELS), random.Random(5)
    results.add(["a.png", "b.png", "c.png", "d.png"])
    first = Row("a.png", (Ranked("red", chance.random()), Ranked("blue", 0.1)), None, True, 9.7)
    several = Row("b.png", (Ranked("red", chance.random()),), None, labels=("red", "green"))
    bad = Row("c.png", (), "empty file")
    for index, answer in enumerate((first, several, bad)):
        results.answer(index, answer)
    assert list(results.rows) == [first, several, bad, None]
    assert results.rows[-2:] == [bad, None]
    results.forget_answers()
    assert list(results.rows) == [None] * 4


def test_a_threshold_lets_stand_what_a_slow_count_does(many):
    many.unsure_below = 0.7
    assert set(view(many, Filter(state="unsure"))) > set(view(many, Filter(high=0.69)))
    standing = [
        index
        for index, answer in enumerate(many.rows)
        if answer and answer.predictions and answer.predictions[0].probability >= 0.7
        if not answer.unknown
    ]
    found = tally.quality(many, 0.7)
    known = [index for index in standing if max(many.reviewed[index], many.truth[index]) >= 0]
    assert (found.given, found.known) == (len(standing), len(known))
    wrong = set(view(many, Filter(state="wrong"))) & set(known)
    assert found.right == len(known) - len(wrong)
    assert found.coverage == len(standing) / int((many.state == 1).sum())


def test_the_interval_is_wilson_s():
    scipy_stats = pytest.importorskip("scipy.stats")
    for right, known in ((0, 7), (7, 7), (282, 309), (1, 2)):
        expected = scipy_stats.binomtest(right, known).proportion_ci(0.95, method="wilson")
        found = tally.Quality(known, known, known, right).interval
        assert found == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert tally.Quality(3, 3, 0, 0).interval == (0, 1)


def test_labels_and_probabilities_are_counted(many):
    answers = [answer.predictions[0] for answer in many.rows if answer and answer.predictions]
    counts = tally.label_counts(many).tolist()
    assert counts == [sum(one.label == label for one in answers) for label in LABELS]
    bins = tally.histogram(many)
    assert (len(bins), bins.sum()) == (tally.BINS, len(answers))
    assert bins[-1] == sum(one.probability >= 0.98 for one in answers)


def test_an_answer_of_several_labels_is_counted_and_found_by_each_of_them():
    results = Results()
    results.set_labels(LABELS, several=True)
    results.add(["a.png", "b.png", "c.png", "d.png"])
    for index, labels in enumerate([("blue", "green", "red"), ("red", "blue"), ()]):
        answer = row(results.paths[index], ("red", 0.9), ("blue", 0.8))
        results.answer(index, replace(answer, labels=labels))
    assert tally.label_counts(results).tolist() == [2, 1, 2]
    assert view(results, Filter(label=0)).tolist() == [0, 1]
    assert view(results, Filter(label=1)).tolist() == [0]
    results.review(0, "blue|green|red")
    results.review(1, "green")
    results.review(2, None, sure=False)
    found = tally.quality(results, 0.5)
    assert (found.given, found.known, found.right) == (3, 2, 1)
