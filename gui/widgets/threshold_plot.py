"""Coverage and accuracy over the threshold of probability, as two lines with a marker."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..scoring_messages import AtThreshold
from ..theme import Colours, colours

LEFT, RIGHT, TOP, BOTTOM = 44, 22, 10, 24
"""Pixels around the plot for its numbers."""


class ThresholdPlot(QWidget):
    """The plot; the accuracy lies in the band of its 95 % interval."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[AtThreshold, ...] = ()
        self._marked = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(110)
        self.setAccessibleName(self.tr("Coverage and accuracy over the threshold"))

    def show_points(self, points: Sequence[AtThreshold]) -> None:
        """Show the points of another report."""
        self._points = tuple(points)
        self.update()

    def mark(self, number: int) -> None:
        """Draw the marker at a point."""
        self._marked = number
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as there is room."""
        return QSize(320, 200)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw grid, band, lines and marker."""
        theme, painter = colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect().adjusted(LEFT, TOP, -RIGHT, -BOTTOM))
        self._grid(painter, area, theme)
        if not self._points:
            return
        known = [p for p in self._points if p.accuracy is not None and p.interval is not None]
        low = [QPointF(*_place(area, p.threshold, p.interval[0])) for p in known if p.interval]
        high = [QPointF(*_place(area, p.threshold, p.interval[1])) for p in known if p.interval]
        band = QColor(theme.accent)
        band.setAlpha(44)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(band)
        painter.drawPolygon(QPolygonF([*low, *reversed(high)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        coverage = [QPointF(*_place(area, p.threshold, p.coverage)) for p in self._points]
        accuracy = [QPointF(*_place(area, p.threshold, p.accuracy or 0.0)) for p in known]
        dashed = QPen(QColor(theme.muted), 2, Qt.PenStyle.DashLine)
        for pen, line in ((dashed, coverage), (QPen(QColor(theme.accent), 2), accuracy)):
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(line))
        self._marker(painter, area, theme)

    def _grid(self, painter: QPainter, area: QRectF, theme: Colours) -> None:
        for step in range(5):
            x, y = _place(area, step / 4, step / 4)
            painter.setPen(QColor(theme.border))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.muted))
            text = f"{25 * step}%"
            beside = QRectF(0, y - 8, LEFT - 8, 16)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(beside, right, text)
            below = QRectF(x - 24, area.bottom() + 5, 48, 16)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, text)

    def _marker(self, painter: QPainter, area: QRectF, theme: Colours) -> None:
        point = self._points[self._marked]
        x, y = _place(area, point.threshold, point.coverage)
        painter.setPen(QPen(QColor(theme.text), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(QColor(theme.base), 1.5))
        painter.setBrush(QColor(theme.muted))
        painter.drawEllipse(QPointF(x, y), 4.5, 4.5)
        if point.accuracy is not None:
            painter.setBrush(QColor(theme.accent))
            x, y = _place(area, point.threshold, point.accuracy)
            painter.drawEllipse(QPointF(x, y), 4.5, 4.5)


def _place(area: QRectF, x: float, y: float) -> tuple[float, float]:
    return area.left() + area.width() * x, area.bottom() - area.height() * y
