"""Draws scores in a table: a number, a bar, and the interval."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ..scoring_messages import Interval
from ..theme import colours
from .painting import box_of, draw_bar, draw_ground
from .row_model import Index

VALUE = Qt.ItemDataRole.UserRole
"""Of a score: 0..1, or None; a cell with neither this nor the next is plain text."""
INTERVAL = Qt.ItemDataRole.UserRole + 1
ROW = 40
"""Pixels of a row's height."""


class ScoreDelegate(QStyledItemDelegate):
    """Draws a score as number and bar, with a line from end to end of its interval."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell."""
        box, value, interval = box_of(option), index.data(VALUE), index.data(INTERVAL)
        inner, plain = box.adjusted(8, 4, -8, -5), value is None and interval is None
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, box, option)
        self._text(painter, inner.adjusted(0, 0, 0, 0 if plain else -9), index)
        if not plain:
            track = QRectF(inner.left(), inner.bottom() - 6, inner.width(), 4)
            draw_bar(painter, track, value or 0.0)
            self._whisker(painter, track, interval)
        line = QRectF(box.left(), box.bottom() - 1, box.width(), 1)
        painter.fillRect(line, QColor(colours().border))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Rows of one height."""
        return QSize(80, ROW)

    def _text(self, painter: QPainter, box: QRectF, index: Index) -> None:
        first = index.column() == 0
        cut = Qt.TextElideMode.ElideMiddle if first else Qt.TextElideMode.ElideRight
        text = QFontMetrics(painter.font()).elidedText(str(index.data()), cut, int(box.width()))
        painter.setPen(QColor(colours().text))
        painter.drawText(box, index.data(Qt.ItemDataRole.TextAlignmentRole), text)

    def _whisker(self, painter: QPainter, track: QRectF, interval: Interval | None) -> None:
        if interval is None:
            return
        low, high = (track.left() + track.width() * end for end in interval)
        painter.setBrush(QColor(colours().text))
        painter.drawRect(QRectF(low, track.center().y() - 0.75, max(high - low, 1.0), 1.5))
        for end in (low, high):
            painter.drawRect(QRectF(end - 0.6, track.top() - 1, 1.2, 6))
