"""Lines with a bar and a number: an answer's labels, confused pairs, pictures by label."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ..theme import colours
from .painting import box_of, draw_bar, draw_ground, draw_ring, state_of
from .row_model import LEFT, RIGHT, Index, RowModel
from .row_table import Choosing

ROW = 42
"""Pixels of a line's height."""
SHARE = Qt.ItemDataRole.UserRole
"""The length of a bar, 0..1."""
NUMBER = Qt.ItemDataRole.UserRole + 1
"""What is written beside it."""


@dataclass(frozen=True)
class Bar:
    """A line: its text, what stands at the right, the bar in 0..1, and all as a sentence."""

    text: str
    number: str
    share: float
    sentence: str


class BarModel(RowModel[Bar]):
    """The lines."""

    def text(self, row: Bar, column: int) -> str:
        """Write what stands at the left."""
        return row.text

    def sentence(self, row: Bar, column: int) -> str:
        """Say all of a line."""
        return row.sentence

    def value(self, row: Bar, column: int, role: int) -> object:
        """Give a line's number and the length of its bar."""
        return {SHARE: row.share, NUMBER: row.number}.get(role)

    def change(self, bars: Sequence[Bar]) -> None:
        """Show other numbers of the same lines; what is chosen stays so."""
        self._rows = tuple(bars)
        if bars:
            self.dataChanged.emit(self.index(0, 0), self.index(len(bars) - 1, 0))


class BarDelegate(QStyledItemDelegate):
    """Draws a line: text and number, and a bar below them."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        box = box_of(option)
        inner = box.adjusted(10, 5, -10, -8)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, box.adjusted(0, 1, 0, -1), option, 6)
        if state_of(option) & QStyle.StateFlag.State_HasFocus:
            draw_ring(painter, box.adjusted(0, 1, 0, -1), 5)
        self._texts(painter, inner.adjusted(0, 0, 0, -9), index)
        track = QRectF(inner.left(), inner.bottom() - 6, inner.width(), 6)
        draw_bar(painter, track, float(index.data(SHARE)))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Rows of one height."""
        return QSize(120, ROW)

    def _texts(self, painter: QPainter, line: QRectF, index: Index) -> None:
        theme, metrics, number = colours(), QFontMetrics(painter.font()), str(index.data(NUMBER))
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, RIGHT, number)
        room = int(line.width()) - metrics.horizontalAdvance(number) - 8
        painter.setPen(QColor(theme.text))
        text = metrics.elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room)
        painter.drawText(line, LEFT, text)


class BarView(QListView):
    """The list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self.bars = BarModel(self)
        self.setModel(self.bars)
        self.setItemDelegate(BarDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def stand_out(self, row: int) -> None:
        """Select a line, without a signal."""
        self.selectionModel().blockSignals(True)
        self.setCurrentIndex(self.bars.index(row, 0))
        self.selectionModel().blockSignals(False)
        self.viewport().update()


class BarList(BarView):
    """The list where a line is chosen as a button is pressed.

    Signals:
        chosen: number of a line, by a click or Enter.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choosing = Choosing(
            self, lambda index: index.isValid() and self.chosen.emit(index.row())
        )
