"""A table's header over narrow columns: what does not fit stands upright."""

from PySide6.QtCore import QAbstractItemModel, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from ..theme import colours

TALLEST = 120
"""Pixels."""
MARGIN = 8


class TurnedHeader(QHeaderView):
    """Draws its labels along the columns where a column is narrower than the widest label."""

    def __init__(self, model: QAbstractItemModel, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._widest = 0
        self.setMinimumSectionSize(8)
        self.setModel(model)
        model.modelReset.connect(self._measure)

    def widest(self) -> int:
        """Give the width of the widest label, in pixels."""
        return self._widest

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As tall as the longest label, if they are turned."""
        hint = super().sizeHint()
        metrics = QFontMetrics(self.font())
        turned = min(self._widest + 2 * MARGIN, TALLEST)
        hint.setHeight(turned if self._turned() else metrics.height() + 2 * MARGIN)
        return hint

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:  # noqa: N802, N803
        """Draw a label."""
        theme, metrics = colours(), QFontMetrics(self.font())
        text = str(self.model().headerData(logicalIndex, self.orientation()))
        painter.save()
        painter.fillRect(rect, QColor(theme.base))
        painter.setPen(QColor(theme.muted))
        middle = Qt.TextElideMode.ElideMiddle
        if self._turned():
            painter.translate(rect.left(), rect.bottom() + 1)
            painter.rotate(-90)
            box = QRect(MARGIN, 0, rect.height() - MARGIN, rect.width())
            shown = metrics.elidedText(text, middle, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        else:
            shown = metrics.elidedText(text, middle, rect.width() - 4)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, shown)
        painter.restore()

    def _turned(self) -> bool:
        return self._widest + MARGIN > self.defaultSectionSize()

    def _measure(self) -> None:
        metrics, model, across = QFontMetrics(self.font()), self.model(), self.orientation()
        labels = (str(model.headerData(n, across)) for n in range(model.columnCount()))
        self._widest = max(map(metrics.horizontalAdvance, labels), default=0)
