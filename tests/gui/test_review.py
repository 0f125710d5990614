"""Decisions: undone, redone, and in the journal at once."""

import json
from pathlib import Path

import pytest

from tlx.gui.review import JournalError, Review, Verdict


def test_decisions_are_undone_and_redone_in_their_order(tmp_path: Path):
    review = Review()
    review.decide("a", "cat")
    review.decide("a", "dog")
    review.decide("b", "cat")
    assert review.undo() == ["b"]
    assert review.undo() == ["a"]
    assert review.labels == {"a": "cat"}
    assert review.redo() == ["a"]
    assert review.labels == {"a": "dog"}
    review.decide("c", "cat")
    assert review.redo() == []
    assert [review.undo() for _ in range(4)] == [["c"], ["a"], ["a"], []]
    assert review.labels == {}


def test_a_decision_can_be_taken_back_by_another():
    review = Review()
    review.decide("a", "cat")
    review.decide("a", None)
    assert review.of("a") is None
    review.undo()
    assert review.of("a") == Verdict("cat")


def test_several_pictures_are_decided_and_undone_in_one_step():
    review = Review()
    review.decide("a", "cat")
    review.say({"a": Verdict("dog"), "b": Verdict(None), "c": Verdict("cat")})
    assert (review.labels, review.of("b")) == ({"a": "dog", "c": "cat"}, Verdict(None))
    assert review.undo() == ["a", "b", "c"]
    assert (review.labels, review.of("b")) == ({"a": "cat"}, None)


def test_each_step_is_in_the_journal_before_the_next(tmp_path: Path):
    journal = tmp_path / "new" / "review.jsonl"
    review, seen = Review(journal), []
    for step in (lambda: review.decide("ä\udcff", "cat"), review.undo, review.redo):
        step()
        seen.append([json.loads(line) for line in journal.read_text().splitlines()])
    assert [len(lines) for lines in seen] == [1, 2, 3]
    assert [line["label"] for line in seen[-1]] == ["cat", None, "cat"]
    assert {line["path"] for line in seen[-1]} == {"ä\udcff"}


def reopened(journal: Path, paths: list[str], model: str = "m1") -> Review:
    review = Review(journal)
    review.open(model, ["cat", "dog"])
    review.recall(paths)
    return review


def test_what_was_decided_is_there_again_with_the_same_pictures_and_model(tmp_path: Path):
    paths = [str(tmp_path / name) for name in "abcd"]
    for path in paths:
        Path(path).write_text(path)
    journal = tmp_path / "review.jsonl"
    review = reopened(journal, paths)
    review.say({path: Verdict("cat") for path in paths})
    review.say({paths[0]: Verdict("dog"), paths[1]: Verdict(None), paths[2]: None})
    again = reopened(journal, paths)
    assert again.labels == {paths[0]: "dog", paths[3]: "cat"}
    assert again.of(paths[1]) == Verdict(None)
    assert reopened(journal, paths, "another model").labels == {}
    again.undo()
    assert again.labels == {paths[0]: "dog", paths[3]: "cat"}


def test_what_was_said_among_other_labels_counts_again_only_with_them():
    review = Review()
    review.open("m1", ["cat", "dog"])
    review.decide("a", "cat")
    review.open("m2", ["cat", "horse"])
    assert (review.labels, review.of("a"), review.undo(), review.recall("a")) == ({}, None, [], [])
    review.decide("b", "horse")
    assert review.labels == {"b": "horse"}
    review.open("m3", ["dog", "cat"])
    assert review.labels == {"a": "cat"}
    assert (review.undo(), review.labels) == (["a"], {})


def test_a_verdict_on_a_picture_that_has_changed_since_is_not_recalled(tmp_path: Path):
    path = tmp_path / "a"
    path.write_text("before")
    reopened(tmp_path / "j", [str(path)]).decide(str(path), "cat")
    path.write_text("afterwards")
    assert reopened(tmp_path / "j", [str(path)]).labels == {}
    reopened(tmp_path / "j", []).decide("pasted picture 1", "cat")
    assert reopened(tmp_path / "j", ["pasted picture 1"]).labels == {}


def test_a_line_that_broke_off_costs_only_itself(tmp_path: Path):
    journal, (one, two) = tmp_path / "j", (tmp_path / "one", tmp_path / "two")
    for path in (one, two):
        path.touch()
    reopened(journal, []).decide(str(one), "cat")
    with journal.open("a") as file:
        file.write('{"path": "half')
    reopened(journal, []).decide(str(two), "dog")
    assert reopened(journal, [str(one), str(two)]).labels == {str(one): "cat", str(two): "dog"}


def test_a_journal_that_cannot_be_written_leaves_the_decision(tmp_path: Path):
    (tmp_path / "file").touch()
    review = Review(tmp_path / "file" / "journal")
    with pytest.raises(JournalError, match="not being saved"):
        review.decide("a", "cat")
    assert review.labels == {"a": "cat"}
    with pytest.raises(JournalError):
        review.undo()
    assert review.labels == {}


def test_the_same_labels_of_the_other_task_are_others():
    review = Review()
    review.open("m1", ["cat", "dog"])
    review.decide("a", "cat")
    review.open("m2", ["cat", "dog"], several=True)
    assert review.labels == {}
    review.decide("a", "cat|dog")
    review.open("m1", ["cat", "dog"])
    assert review.labels == {"a": "cat"}
