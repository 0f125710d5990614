"""Draws scores in a table: a number, a bar, and the interval."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..theme import Colours, colours

Index = QModelIndex | QPersistentModelIndex
VALUE = Qt.ItemDataRole.UserRole
"""Of a score: 0..1, or None; a cell with neither this nor the next is plain text."""
INTERVAL = Qt.ItemDataRole.UserRole + 1
ROW = 40
"""Pixels of a row's height."""


class ScoreDelegate(QStyledItemDelegate):
    """Draws a score as number and bar, with a line from end to end of its interval."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell."""
        theme = colours()
        box = QRectF(getattr(option, "rect"))  # noqa: B009 - the stubs leave the fields out
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            wash = QColor(theme.accent)
            wash.setAlpha(38 if state & QStyle.StateFlag.State_Selected else 18)
            painter.fillRect(box, wash)
        inner = box.adjusted(8, 4, -8, -5)
        plain = index.data(INTERVAL) is None and index.data(VALUE) is None
        side = index.data(Qt.ItemDataRole.TextAlignmentRole)
        left = bool(side is not None and side & Qt.AlignmentFlag.AlignLeft)
        self._text(painter, inner.adjusted(0, 0, 0, 0 if plain else -9), index, left, theme)
        if not plain:
            self._bar(painter, inner, index, theme)
        painter.setPen(QColor(theme.border))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Rows of one height."""
        return QSize(80, ROW)

    def _text(
        self, painter: QPainter, box: QRectF, index: Index, left: bool, theme: Colours
    ) -> None:
        metrics = QFontMetrics(painter.font())
        first = index.column() == 0
        cut = Qt.TextElideMode.ElideMiddle if first else Qt.TextElideMode.ElideRight
        text = metrics.elidedText(str(index.data()), cut, int(box.width()))
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(theme.text))
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _bar(self, painter: QPainter, box: QRectF, index: Index, theme: Colours) -> None:
        value, interval = index.data(VALUE), index.data(INTERVAL)
        track = QRectF(box.left(), box.bottom() - 6, box.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(track, 2, 2)
        if value:
            filled = QRectF(track)
            filled.setWidth(max(4.0, track.width() * value))
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(filled, 2, 2)
        if interval is not None:
            low, high = (track.left() + track.width() * end for end in interval)
            line = QRectF(low, track.center().y() - 0.75, max(high - low, 1.0), 1.5)
            painter.setBrush(QColor(theme.text))
            painter.drawRect(line)
            for end in (low, high):
                painter.drawRect(QRectF(end - 0.6, track.top() - 1, 1.2, 6))
