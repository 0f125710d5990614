"""What is chosen by: a style sheet leaves Qt's list without an arrow, its box without a tick."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QComboBox, QStyle, QStyleOptionButton, QWidget

from ..theme import colours


class Choice(QComboBox):
    """Texts with what they stand for."""

    def __init__(
        self, name: str, entries: Sequence[tuple[str, object]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setMinimumContentsLength(7)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text, data in entries:
            self.addItem(text, data)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the arrow."""
        super().paintEvent(event)
        x, y = self.width() - 15.0, self.height() / 2 - 2
        _draw(self, colours().muted, QPointF(x - 4, y), QPointF(x, y + 4), QPointF(x + 4, y))


class Tick(QCheckBox):
    """A text with a box that is ticked or not."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the tick."""
        super().paintEvent(event)
        if self.isChecked():
            option, part = QStyleOptionButton(), QStyle.SubElement.SE_CheckBoxIndicator
            self.initStyleOption(option)
            at = QRectF(self.style().subElementRect(part, option, self)).center()
            ends = (QPointF(-3.5, 0), QPointF(-1, 2.5), QPointF(3.5, -2.5))
            _draw(self, colours().on_accent, *(at + end for end in ends))


def _draw(widget: QWidget, colour: str, *ends: QPointF) -> None:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(colour), 1.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawPolyline(ends)
