"""A place to drop things on: what is wanted, two buttons for it, and what was taken before."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..theme import colours
from ..wording import short_path
from .parts import empty, enlarge, heading

SHOWN = 4
"""Of what was taken before."""


class DropArea(QFrame):
    """The place.

    Signals:
        recent_wanted: path of what was taken before.
    """

    recent_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._text = QLabel(), QLabel()
        enlarge(self._title, 1.7)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._buttons: tuple[QPushButton, ...] = ()
        self._recents, self._column = QVBoxLayout(), QVBoxLayout(self)
        self._recents.setContentsMargins(0, 10, 0, 0)
        self._recents.setSpacing(6)
        self._column.setSpacing(16)

    def show_recents(self, paths: Sequence[str], title: str) -> None:
        """List what was taken before."""
        empty(self._recents)
        if paths:
            self._recents.addWidget(heading(title), 0, Qt.AlignmentFlag.AlignHCenter)
        for path in paths[:SHOWN]:
            self._recents.addWidget(self._link(path), 0, Qt.AlignmentFlag.AlignHCenter)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the dashed border of a place to drop on."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours().border), 2, Qt.PenStyle.DashLine)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(QColor(colours().base))
        painter.drawRoundedRect(QRectF(self.rect().adjusted(15, 13, -15, -11)), 14, 14)

    def _arrange(self, *parts: QWidget, buttons: tuple[QPushButton, ...]) -> None:
        """Put the parts below the title, then the buttons."""
        self._buttons = buttons
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addStretch()
        for button in buttons:
            row.addWidget(button)
        row.addStretch()
        self._column.addStretch(3)
        for part in (self._title, self._text, *parts):
            centre = Qt.AlignmentFlag.AlignHCenter if part in parts else Qt.AlignmentFlag(0)
            self._column.addWidget(part, 0, centre)
        self._column.addLayout(row)
        self._column.addLayout(self._recents)
        self._column.addStretch(4)

    def _emphasise(self, primary: QPushButton) -> None:
        for button in self._buttons:
            button.setObjectName("primary" if button is primary else "")
            button.style().unpolish(button)
            button.style().polish(button)

    def _link(self, path: str) -> QPushButton:
        link = QPushButton(short_path(path))
        link.setToolTip(path)
        link.setMinimumWidth(260)
        link.clicked.connect(lambda: self.recent_wanted.emit(path))
        return link
