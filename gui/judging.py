"""What a person says of the pictures: one step at a time, undone, and recalled."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from .review import JournalError, Review, Verdict

if TYPE_CHECKING:
    from .state import Results


class Judging(QObject):
    """The half of a session that takes verdicts.

    Signals:
        reviewed: numbers of pictures that have another verdict, or an earlier one again.
        warned: one line that is worth a banner.
    """

    reviewed = Signal(object)
    warned = Signal(str)

    results: "Results"

    def __init__(self, review: Review, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.review = review

    def say(self, verdicts: Mapping[int, Verdict | None]) -> None:
        """Note what the user says of pictures, in one step; None takes a verdict back."""
        paths = self.results.paths
        named = {paths[index]: verdict for index, verdict in verdicts.items()}
        self._step(lambda: self.review.say(named))

    def decide(self, index: int, label: str | None) -> None:
        """Note a picture's right label as the user says; None takes that back."""
        self.say({index: None if label is None else Verdict(label)})

    def undo(self) -> list[int]:
        """Take the last step back; gives its pictures."""
        return self._step(self.review.undo)

    def redo(self) -> list[int]:
        """Decide again what was taken back last; gives its pictures."""
        return self._step(self.review.redo)

    def open_review(self, model: str) -> None:
        """Take up what was decided before with the model of this SHA-256, whose labels are set."""
        try:
            self.review.open(model, self.results.labels, self.results.several)
        except OSError as error:
            self._warn(self.tr("What was reviewed before cannot be read: {0}"), error)
        self.recall(self.results.paths)

    def recall(self, paths: Sequence[str]) -> None:
        """Show what was decided about pictures, now or in an earlier session."""
        self.review.recall(paths)
        self._show([path for path in paths if self.review.of(path) is not None])

    def _step(self, step: Callable[[], Sequence[str]]) -> list[int]:
        try:
            paths = step()
        except JournalError as error:
            self._warn(self.tr("The review is not being saved: {0}"), error.cause)
            paths = error.paths
        return self._show(paths)

    def _show(self, paths: Sequence[str]) -> list[int]:
        found = (self.results.index_of(path) for path in paths)
        indices = [index for index in found if index is not None]
        for index in indices:
            verdict = self.review.of(self.results.paths[index])
            sure = verdict is None or verdict.label is not None
            self.results.review(index, verdict.label if verdict else None, sure)
        if indices:
            self.reviewed.emit(indices)
        return indices

    def _warn(self, text: str, error: OSError) -> None:
        self.warned.emit(text.format(error.strerror or str(error)))
