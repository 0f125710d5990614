"""The page Folder: the pictures as a gallery, filtered, sorted, and reviewed one after another."""

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QWidget

from ..opened_model import Model
from ..session import Session
from ..settings import Settings
from ..thumbnails import Thumbnails
from ..widgets.hold_key import HoldKey
from ..widgets.parts import tool
from .browser import Browser
from .close_up import CloseUp
from .invitation import Invitation
from .judge import Judge

CAPACITY = 40 << 20
"""Bytes of thumbnails: ten screens full."""
ARRIVALS_MS = 400
"""Answers change what a filter lets through; cards must not jump about faster than that."""


class FolderPage(QWidget):
    """The page.

    Signals:
        shown: number of the picture that is looked at in large, -1 for the gallery.
    """

    shown = Signal(int)

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        self.thumbnails = Thumbnails(settings.card_side, self, CAPACITY)
        self.welcome = Invitation(session, settings)
        self.browser = Browser(session, settings, self.thumbnails)
        self.gallery, self.filter = self.browser.gallery, self.browser.filter
        self.close_up = CloseUp(session, settings, self.thumbnails)
        self.judge = Judge(session, self, self._chosen, lambda: self.step(1))
        self._place = QLabel()
        self._add_way_back()
        self._peek = HoldKey(self.close_picture)
        self._arrivals = QTimer(self, interval=ARRIVALS_MS, singleShot=True)
        self._stack = QStackedLayout(self)
        for widget in (self.welcome, self.browser, self.close_up):
            self._stack.addWidget(widget)
        self._connect()
        if session.model is not None:
            self._take_model(session.model)
        if session.begun and len(session.results):
            self._refresh()

    @property
    def current(self) -> int:
        """Number of the current picture, -1 without one."""
        return self.browser.model.number(self.gallery.currentIndex().row())

    @property
    def looking(self) -> bool:
        """Whether a picture is looked at in large."""
        return self._stack.currentWidget() is self.close_up

    @property
    def numbers(self) -> list[int]:
        """Numbers of the pictures that are shown, in their order."""
        return self.browser.model.numbers()

    def show_only(self, paths: Sequence[str | Path], reason: str) -> None:
        """Show exactly these pictures; those that are not in the session are added to it.

        Args:
            paths: of the pictures.
            reason: what they have in common, for the chip that lets all others be seen again.
        """
        places = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - links stay
        self._session.add(places)
        found = (self._session.results.index_of(place) for place in places)
        self.close_picture()
        self.browser.show_only(frozenset(one for one in found if one is not None), reason)

    def step(self, by: int) -> None:
        """Go to the next picture or the one before."""
        row = self.gallery.currentIndex().row() + by
        if 0 <= row < self.browser.model.rowCount():
            self.gallery.choose(row)

    def choose(self, row: int) -> None:
        """Go to a card, by its place."""
        self.gallery.choose(row)

    def reveal(self, number: int) -> None:
        """Go to a picture, if the filter lets it through."""
        row = self.browser.model.row_of(number)
        if row >= 0:
            self.gallery.choose(row)

    def open_picture(self, row: int) -> None:
        """Look at a picture in large."""
        self.gallery.choose(row)
        if self.current >= 0:
            self._stack.setCurrentWidget(self.close_up)
            self.close_up.viewer.setFocus()
            self._show()

    def close_picture(self) -> None:
        """Go back to the gallery, to the picture that was looked at last."""
        if self.looking:
            self._stack.setCurrentWidget(self.browser)
            self.gallery.scrollTo(self.gallery.currentIndex())
            self.gallery.setFocus()
            self.shown.emit(-1)

    def escape(self) -> bool:
        """Clear the filter; tells whether there was one."""
        return self.browser.clear()

    def copy(self) -> None:
        """Put the answer of the current picture on the clipboard."""
        if self.current >= 0:
            self.close_up.show_index(self.current)
            self.close_up.copy()

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self.close_up.refresh_theme()
        self.welcome.refresh()

    def stop(self) -> None:
        """Let no thread go on."""
        self._arrivals.stop()
        self.thumbnails.stop()
        self.close_up.stop()

    def end_peek(self) -> None:
        """Go back to the gallery as the space bar goes up, if it was held."""
        self._peek.release()

    def _connect(self) -> None:
        session = self._session
        session.pictures_added.connect(lambda *_: self._arrived())
        session.answered.connect(lambda _: self._arrived())
        session.reviewed.connect(lambda _: self.browser.show_changes())
        session.opened.connect(lambda _: self.browser.clear())
        session.model_loaded.connect(self._take_model)
        self._arrivals.timeout.connect(self._refresh)
        self.gallery.opened.connect(self.open_picture)
        self.gallery.peeked.connect(self._space)
        self.gallery.selectionModel().currentChanged.connect(lambda *_: self._show())
        self.close_up.right.connect(self.judge.right)
        self.close_up.wrong.connect(self.judge.wrong)

    def _add_way_back(self) -> None:
        back = tool(
            self.tr("‹  All pictures"), self.tr("Back to all pictures (Esc)"), self.close_picture
        )
        back.setAccessibleName(self.tr("Back to all pictures"))
        self._place.setObjectName("muted")
        row = QHBoxLayout()
        row.addWidget(back)
        row.addStretch()
        row.addWidget(self._place)
        for text, name, by in (
            ("‹", self.tr("Picture before (Left)"), -1),
            ("›", self.tr("Next picture (Right)"), 1),
        ):
            button = tool(text, name, lambda by=by: self.step(by))
            button.setAccessibleName(name)
            row.addWidget(button)
        self.close_up.left.insertLayout(0, row)

    def _chosen(self) -> list[int]:
        if self.looking:
            return [self.close_up.index]
        rows = self.gallery.selected_rows()
        return [self.browser.model.number(row) for row in rows]

    def _show(self) -> None:
        if self.looking and self.current >= 0:
            self.close_up.show_index(self.current)
            row, count = self.gallery.currentIndex().row(), self.browser.model.rowCount()
            self._place.setText(self.tr("{0:,} of {1:,}").format(row + 1, count))
            self.shown.emit(self.current)

    def _space(self, down: bool) -> None:
        if down and self.gallery.currentIndex().isValid():
            self._peek.press()
            self.open_picture(self.gallery.currentIndex().row())

    def _arrived(self) -> None:
        if self._stack.currentWidget() is self.welcome:
            self._refresh()
        elif not self._arrivals.isActive():
            self._arrivals.start()

    def _refresh(self) -> None:
        if self._stack.currentWidget() is self.welcome:
            self._stack.setCurrentWidget(self.browser)
        self.browser.refresh()

    def _take_model(self, model: Model) -> None:
        self.browser.show_labels(model.card.labels)
