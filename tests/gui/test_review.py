"""Decisions: undone, redone, and in the journal at once."""

import json
from pathlib import Path

from tlx.gui.review import Review


def test_decisions_are_undone_and_redone_in_their_order(tmp_path: Path):
    review = Review()
    review.decide("a", "cat")
    review.decide("a", "dog")
    review.decide("b", "cat")
    assert review.undo() == "b"
    assert review.undo() == "a"
    assert review.labels == {"a": "cat"}
    assert review.redo() == "a"
    assert review.labels == {"a": "dog"}
    review.decide("c", "cat")
    assert review.redo() is None
    assert [review.undo() for _ in range(4)] == ["c", "a", "a", None]
    assert review.labels == {}


def test_a_decision_can_be_taken_back_by_another():
    review = Review()
    review.decide("a", "cat")
    review.decide("a", None)
    assert review.of("a") is None
    review.undo()
    assert review.of("a") == "cat"


def test_each_step_is_in_the_journal_before_the_next(tmp_path: Path):
    journal = tmp_path / "new" / "review.jsonl"
    review, seen = Review(journal), []
    for step in (lambda: review.decide("ä\udcff", "cat"), review.undo, review.redo):
        step()
        seen.append([json.loads(line) for line in journal.read_text().splitlines()])
    assert [len(lines) for lines in seen] == [1, 2, 3]
    assert [line["label"] for line in seen[-1]] == ["cat", None, "cat"]
    assert {line["path"] for line in seen[-1]} == {"ä\udcff"}
