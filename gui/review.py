"""What a person decided about answers: undone and redone, and kept in a journal at once."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..errors import TlxError
from ..inference.strict_json import UnexpectedJsonError, read


@dataclass(frozen=True)
class Verdict:
    """What a person says of a picture: its right label, or None where they cannot tell.

    In the multi-label task the label is all that apply, joined (`verdict_label`).
    """

    label: str | None


@dataclass(frozen=True)
class Change:
    """A picture's verdict and the one before; None for none."""

    path: str
    verdict: Verdict | None
    before: Verdict | None


@dataclass(frozen=True)
class _Decisions:
    """What was decided among the same labels, and the steps of it."""

    verdicts: dict[str, Verdict] = field(default_factory=dict[str, Verdict])
    done: list[tuple[Change, ...]] = field(default_factory=list[tuple[Change, ...]])
    undone: list[tuple[Change, ...]] = field(default_factory=list[tuple[Change, ...]])


class JournalError(TlxError):
    """The journal cannot be written; the step on these pictures holds all the same."""

    def __init__(self, paths: list[str], cause: OSError) -> None:
        self.paths, self.cause = paths, cause
        super().__init__(f"the review is not being saved: {cause.strerror or cause}")


class Review:
    """The decisions of a session, apart for each set of labels: those of another do not count.

    Args:
        journal: a file to which each decision is appended as a line of JSON; None keeps none.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self._journal = journal
        self._model = ""
        self._earlier: dict[str, _Line] = {}
        self._of_labels: dict[tuple[frozenset[str], bool], _Decisions] = {}
        self._now = _Decisions()

    @property
    def labels(self) -> dict[str, str]:
        """The right label by path, of all pictures of which a person could tell."""
        known = ((path, verdict.label) for path, verdict in self._now.verdicts.items())
        return {path: label for path, label in known if label is not None}

    def of(self, path: str) -> Verdict | None:
        """Give the verdict on a picture."""
        return self._now.verdicts.get(path)

    def open(self, model: str, labels: Iterable[str], several: bool = False) -> None:
        """Note the model that the next decisions are about, and read what was decided before.

        Args:
            model: its file's SHA-256.
            labels: the model's; what was decided among others waits until they are back.
            several: whether a picture may have several of them.

        Raises:
            OSError: the journal is there and cannot be read.
        """
        self._model, self._earlier = model, {}
        self._now = self._of_labels.setdefault((frozenset(labels), several), _Decisions())
        if self._journal is not None and self._journal.exists():
            lines = self._journal.read_text("ascii", "replace").splitlines()
            self._earlier = {one.path: one for one in _understood(lines) if one.model == model}

    def recall(self, paths: Iterable[str]) -> list[str]:
        """Take up earlier verdicts on pictures whose files are unchanged since; gives those."""
        recalled: list[str] = []
        for path in paths:
            line = self._earlier.get(path)
            if line is not None and path not in self._now.verdicts and line.stands():
                self._now.verdicts[path] = Verdict(line.label)
                recalled.append(path)
        return recalled

    def say(self, verdicts: Mapping[str, Verdict | None]) -> list[str]:
        """Decide about pictures, in one step; None takes a verdict back. Gives the pictures.

        Raises:
            JournalError: of `undo` and `redo` too.
        """
        changes = tuple(Change(path, new, self.of(path)) for path, new in verdicts.items())
        self._now.done.append(changes)
        self._now.undone.clear()
        return self._set({one.path: one.verdict for one in changes})

    def decide(self, path: str, label: str | None) -> None:
        """Say what a picture's right label is, likewise; None takes the verdict back."""
        self.say({path: None if label is None else Verdict(label)})

    def undo(self) -> list[str]:
        """Take the last step back; gives its pictures, none if there is no step."""
        now = self._now
        if not now.done:
            return []
        now.undone.append(now.done.pop())
        return self._set({one.path: one.before for one in now.undone[-1]})

    def redo(self) -> list[str]:
        """Take the last undoing back; gives its pictures, or none."""
        now = self._now
        if not now.undone:
            return []
        now.done.append(now.undone.pop())
        return self._set({one.path: one.verdict for one in now.done[-1]})

    def _set(self, verdicts: Mapping[str, Verdict | None]) -> list[str]:
        for path, verdict in verdicts.items():
            self._earlier.pop(path, None)
            if verdict is None:
                self._now.verdicts.pop(path, None)
            else:
                self._now.verdicts[path] = verdict
        if self._journal is not None:
            lines = [_line(self._model, *entry) for entry in verdicts.items()]
            try:
                _append(self._journal, lines)
            except OSError as error:
                raise JournalError(list(verdicts), error) from None
        return list(verdicts)


@dataclass(frozen=True)
class _Line:
    """A line of the journal.

    Attributes:
        path: of the picture.
        label: None for one that was taken back, or where the person could not tell.
        unsure: the person could not tell.
        model: SHA-256 of its file.
        size: of the picture's file, in bytes; None for what was no file.
        changed: when it was, in nanoseconds.
    """

    path: str
    label: str | None
    unsure: bool
    model: str
    size: int | None = None
    changed: int | None = None

    def stands(self) -> bool:
        """Tell whether it is a verdict, and the file still the one it is about."""
        decided = self.label is not None or self.unsure
        return decided and self.size is not None and (self.size, self.changed) == _stamp(self.path)


def _line(model: str, path: str, verdict: Verdict | None) -> _Line:
    label = verdict.label if verdict else None
    return _Line(path, label, verdict is not None and label is None, model, *_stamp(path))


def _stamp(path: str) -> tuple[int | None, int | None]:
    try:
        found = os.stat(path)  # noqa: PTH116 - a path may hold what pathlib would change
    except (OSError, ValueError):
        return None, None
    return found.st_size, found.st_mtime_ns


def _append(journal: Path, lines: list[_Line]) -> None:
    journal.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(asdict(line)) + "\n" for line in lines)
    with journal.open("ab") as file:
        file.write((_mended(journal) + text).encode("ascii"))


def _mended(journal: Path) -> str:
    """Begin a new line where a process died within one."""
    with journal.open("rb") as file:
        with suppress(OSError):  # an empty file has no last byte
            file.seek(-1, os.SEEK_END)
        return "" if file.read(1) in (b"", b"\n") else "\n"


def _understood(lines: Iterable[str]) -> Iterator[_Line]:
    for line in lines:
        with suppress(ValueError, UnexpectedJsonError):  # of another version, or broken off
            yield read(_Line, json.loads(line), "line")
