"""The page Classify: one picture, its answer, and the other pictures of the session below."""

from PySide6.QtWidgets import QStackedLayout, QWidget

from ..session import Session
from ..settings import Settings
from ..thumbnails import Thumbnails
from ..widgets.filmstrip import Filmstrip
from .close_up import CloseUp
from .invitation import Invitation
from .judge import Judge

THUMBNAIL = 200
CAPACITY = 24 << 20
"""Bytes of thumbnails: the gallery needs its own."""


class ClassifyPage(QWidget):
    """The page."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.thumbnails = Thumbnails(THUMBNAIL, self, CAPACITY)
        self.welcome = Invitation(session, settings)
        self.close_up = CloseUp(session, settings, self.thumbnails)
        self.viewer, self.panel = self.close_up.viewer, self.close_up.panel
        self.filmstrip = Filmstrip(session, self.thumbnails)
        self.close_up.left.addWidget(self.filmstrip)
        self.judge = Judge(session, self, self._chosen, lambda: self.step(1))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self.close_up)
        self._connect()

    @property
    def current(self) -> int:
        """Number of the shown picture, -1 without one."""
        return self.filmstrip.current

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self.close_up.refresh_theme()
        self.welcome.refresh()

    def step(self, by: int) -> None:
        """Show the next picture or the one before."""
        self.filmstrip.choose(self.current + by)

    def choose(self, index: int) -> None:
        """Show a picture."""
        self.filmstrip.choose(index)

    def reveal(self, index: int) -> None:
        """Show a picture, by its number."""
        self.filmstrip.choose(index)

    def copy(self) -> None:
        """Put the answer on the clipboard."""
        self.close_up.copy()

    def stop(self) -> None:
        """Let no thread go on."""
        self.thumbnails.stop()
        self.close_up.stop()

    def _connect(self) -> None:
        session = self._session
        session.pictures_added.connect(self._added)
        session.opened.connect(self.filmstrip.choose)
        self.filmstrip.shown.connect(self.close_up.show_index)
        self.close_up.right.connect(self.judge.right)
        self.close_up.wrong.connect(self.judge.wrong)

    def _chosen(self) -> list[int]:
        return [self.current] if self.current >= 0 else []

    def _added(self, _first: int, _count: int) -> None:
        self._stack.setCurrentIndex(1)
