"""What the File menu writes: tables and copies, each said in the banner with the next step."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from ..errors import TlxError
from .file_dialogs import ask_manifest, ask_save, ask_target
from .page_stack import EVALUATE
from .sorter import Sorter
from .widgets.copy_plan import CopyPlan
from .wording import count_of_pictures

if TYPE_CHECKING:
    from .window import MainWindow


class Exporting(QObject):
    """The commands, for a window."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._banner, self._strip = window.banner, window.strip
        self.sorter = Sorter(self)
        self.sorter.went_on.connect(self._went_on)
        self.sorter.made.connect(self._made)
        self.sorter.undone.connect(self._undone)

    def ask_results(self) -> None:
        """Ask where the answers of the pictures that are shown, or scores, are to be written."""
        if self._window.tabs.currentIndex() == EVALUATE and self._window.pages.evaluate.ask_file():
            return
        title = self.tr("Export the answers of {0}").format(count_of_pictures(len(self._numbers())))
        ask_save(self._window, title, "answers.csv", self.write_results)

    def write_results(self, path: str) -> None:
        """Write the answers of the pictures that are shown."""
        from .files import write_results

        results = self._session.results
        rows = [results.row(number) for number in self._numbers()]
        text = self.tr("{0:,} answers written to {1}")
        self._try(lambda: write_results(Path(path), rows, results.labels), text, path)

    def ask_corrections(self) -> None:
        """Ask where what was reviewed is to be written."""
        title, write = self.tr("Write corrections"), self.write_corrections
        ask_save(self._window, title, "corrections.csv", write, replaces=False)

    def write_corrections(self, path: str) -> None:
        """Write the label of each picture that was reviewed, for the next training."""
        from .files import write_corrections

        results, said = self._session.results, self._session.review.labels
        # What came from the clipboard is no file.
        labels = {
            one: label
            for one, label in said.items()
            if results.index_of(one) is not None and one not in self._session.pasted
        }
        text = self.tr("{0:,} labels written to {1}, for tlx train --labels")
        several = results.several
        self._try(lambda: write_corrections(Path(path), labels, several), text, path)

    def ask_copies(self) -> None:
        """Ask for the folder that label folders are to be made in."""
        ask_target(self._window, self.plan_copies)

    def plan_copies(self, target: str) -> None:
        """Show what copying the pictures that are shown would do."""
        from .files import by_label
        from .sorting import make_plan

        results, pasted = self._session.results, self._session.pasted
        rows = [results.row(number) for number in self._numbers()]
        kept = [row for row in rows if row is not None and row.path not in pasted]
        try:
            plan = make_plan(by_label(kept, self._session.review.labels), Path(target))
        except TlxError as error:
            self._banner.say(str(error))
            return
        dialog = CopyPlan(plan, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.confirmed.connect(lambda way: self.sorter.make(plan, way))
        dialog.open()

    def ask_undo(self) -> None:
        """Ask for the manifest of copies that are to be taken back."""
        ask_manifest(self._window, lambda path: self.sorter.undo(Path(path)))

    def _numbers(self) -> list[int]:
        """Give the pictures that are meant: those shown on the page Folder, else all."""
        if self._window.reviewing is self._window.classify or self._window.reviewing is None:
            return list(range(len(self._session.results)))
        return self._window.pages.folder.numbers

    def _try(self, write: Callable[[], int], text: str, path: str) -> None:
        try:
            self._banner.say(text.format(write(), path), good=True)
        except TlxError as error:
            self._banner.say(str(error))

    def _went_on(self, done: int, total: int) -> None:
        self._strip.say(self.tr("{0:,} of {1} copied").format(done, count_of_pictures(total)))

    def _made(self, manifest: Path | None, count: int, reason: str) -> None:
        if manifest is None:
            self._banner.say(self.tr("Nothing was copied"), reason)
            return
        text = self.tr("In folders in {1}: {0}").format(count_of_pictures(count), manifest.parent)
        undo = self.tr("Undo")
        self._banner.say(text, reason, undo, lambda: self.sorter.undo(manifest), good=not reason)

    def _undone(self, files: int, left: str) -> None:
        text = self.tr("{0} taken back").format(count_of_pictures(files))
        self._banner.say(text, left, good=not left)
        self._strip.say(text)
