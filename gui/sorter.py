"""Copies pictures into label folders, in a thread, and takes that back."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ..errors import TlxError
from .background import Background
from .wording import count_of_pictures

if TYPE_CHECKING:
    from .sorting import Plan


class Sorter(QObject):
    """Does one thing at a time.

    Signals:
        went_on: how many pictures are done, of how many.
        made: the manifest, how many pictures, and why it ended early, or "".
        undone: how many were taken back, and what was left, as lines; or why not, and 0.
    """

    went_on = Signal(int, int)
    made = Signal(object, int, str)
    undone = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopped = False
        self._thread = Background()
        self.running = False

    def make(self, plan: "Plan", way: str) -> None:
        """Do what is planned."""
        self._stopped, self.running = False, True
        self._thread.start(lambda: self._make(plan, way))

    def undo(self, manifest: Path) -> None:
        """Take back what a manifest lists."""
        self._stopped, self.running = False, True
        self._thread.start(lambda: self._undo(manifest))

    def cancel(self) -> None:
        """Stop within the picture that is being copied or taken back; nothing of it stays."""
        self._stopped = True

    def stop(self) -> None:
        """Stop, and wait for the thread to end: at most for a piece of a file."""
        self.cancel()
        self._thread.clear()
        self._thread.wait()

    def _make(self, plan: "Plan", way: str) -> None:
        from .sorting import apply

        manifest, done, gone, links, reason = "", -1, 0, 0, ""
        steps = apply(plan, way, lambda: self._stopped)
        try:
            for one in steps:
                manifest = manifest or one.place
                done += one.way != "gone"
                gone += one.way == "gone"
                links += one.way == "copy" != way
                self.went_on.emit(done, len(plan.steps))
                if self._stopped:
                    break
            left = max(done, 0) + gone < len(plan.steps)
            reason = self.tr("cancelled") if self._stopped and left else ""
        except TlxError as error:
            reason = str(error)
        steps.close()
        copied = self.tr("links, which were copied and stay: {0:,}").format(links)
        vanished = self.tr("no longer there: {0}").format(count_of_pictures(gone))
        said = [copied] * (links > 0) + [vanished] * (gone > 0) + [reason] * bool(reason)
        reason = "; ".join(said)
        self.running = False
        self.made.emit(plan.target / manifest if manifest else None, max(done, 0), reason)

    def _undo(self, manifest: Path) -> None:
        from .sorting import undo

        try:
            found = undo(manifest, lambda: self._stopped)
            ended = [self.tr("cancelled; the list still names the others")] if found.stopped else []
            files, left = found.files, "\n".join([*ended, *found.left[:3]])
        except TlxError as error:
            files, left = 0, str(error)
        self.running = False
        self.undone.emit(files, left)
