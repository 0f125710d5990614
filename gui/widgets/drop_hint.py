"""What is shown over the window while something is dragged across it."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ..theme import colours


class DropHint(QWidget):
    """A frame and a line; it lets every event through to what is below."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def appear(self) -> None:
        """Cover the parent."""
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw a wash in the accent's colour, and what a drop would do."""
        theme, painter = colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wash = QColor(theme.window)
        wash.setAlpha(242)
        painter.fillRect(self.rect(), wash)
        painter.setPen(QPen(QColor(theme.accent), 3))
        painter.drawRoundedRect(QRectF(self.rect().adjusted(12, 12, -12, -12)), 14, 14)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        text = self.tr("Drop a model, pictures or a folder")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
