"""What a person decided about answers: undone and redone, and kept in a journal at once."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Decision:
    """A picture's right label as a person says, and what was there before; None for nothing."""

    path: str
    label: str | None
    before: str | None


class Review:
    """The decisions of a session.

    Args:
        journal: a file to which each decision is appended as a line of JSON (`path`, `label`,
            null for one that was taken back); None keeps no journal.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self._journal = journal
        self._labels: dict[str, str] = {}
        self._done: list[Decision] = []
        self._undone: list[Decision] = []

    @property
    def labels(self) -> dict[str, str]:
        """The right label by path, of all pictures that were decided."""
        return dict(self._labels)

    def of(self, path: str) -> str | None:
        """Give the decision about a picture."""
        return self._labels.get(path)

    def decide(self, path: str, label: str | None) -> None:
        """Say what a picture's right label is; None takes a decision back.

        Raises:
            OSError: the journal cannot be written; the decision holds all the same.
        """
        decision = Decision(path, label, self.of(path))
        self._done.append(decision)
        self._undone.clear()
        self._set(path, label)

    def undo(self) -> str | None:
        """Take the last decision back; gives its picture, or None if there is none."""
        if not self._done:
            return None
        decision = self._done.pop()
        self._undone.append(decision)
        self._set(decision.path, decision.before)
        return decision.path

    def redo(self) -> str | None:
        """Take the last undoing back; gives its picture, or None."""
        if not self._undone:
            return None
        decision = self._undone.pop()
        self._done.append(decision)
        self._set(decision.path, decision.label)
        return decision.path

    def _set(self, path: str, label: str | None) -> None:
        if label is None:
            self._labels.pop(path, None)
        else:
            self._labels[path] = label
        self._write(path, label)

    def _write(self, path: str, label: str | None) -> None:
        if self._journal is None:
            return
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        with self._journal.open("a", encoding="ascii") as file:
            file.write(json.dumps(asdict(_Line(path, label))) + "\n")


@dataclass(frozen=True)
class _Line:
    path: str
    label: str | None
