"""How probable the answers are, as bars, with a threshold that can be dragged."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import Colours, colours

EDGE = 8
SCALE = 18
"""Pixels below the bars, for the numbers."""


class Histogram(QWidget):
    """Bars over 0..100 %, those below the threshold in another colour.

    Signals:
        threshold_changed: the threshold in percent.
    """

    threshold_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: tuple[int, ...] = ()
        self._threshold = 50
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMaximumHeight(112)
        self._describe()

    @property
    def threshold(self) -> int:
        """In percent."""
        return self._threshold

    def set_threshold(self, percent: int) -> None:
        """Move the threshold within 0..100."""
        percent = min(max(percent, 0), 100)
        if percent != self._threshold:
            self._threshold = percent
            self._describe()
            self.update()
            self.threshold_changed.emit(percent)

    def show_counts(self, counts: Sequence[int]) -> None:
        """Show other bars: how many answers lie in each of equal steps."""
        self._counts = tuple(counts)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be wider than high."""
        return QSize(200, 112)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Give way where there is little room."""
        return QSize(120, 64)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take the threshold to the cursor."""
        share = (event.position().x() - EDGE) / max(self.width() - 2 * EDGE, 1)
        self.set_threshold(round(100 * share))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag it."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move it by a percent, or by ten."""
        steps = {
            **{Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1},
            **{Qt.Key.Key_PageDown: -10, Qt.Key.Key_PageUp: 10},
            **{Qt.Key.Key_Home: -100, Qt.Key.Key_End: 100},
        }
        if (step := steps.get(Qt.Key(event.key()))) is not None:
            self.set_threshold(self._threshold + step)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw bars, scale and threshold."""
        theme, painter = colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = QRectF(EDGE, 8, self.width() - 2 * EDGE, self.height() - SCALE - 10)
        self._bars(painter, plot, theme)
        painter.setPen(QColor(theme.border))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        self._scale(painter, plot, theme)
        x = plot.left() + plot.width() * self._threshold / 100
        pen = QPen(QColor(theme.text if self.hasFocus() else theme.accent), 2)
        painter.setPen(pen)
        painter.drawLine(QPointF(x, plot.top() - 2), QPointF(x, plot.bottom()))
        painter.setBrush(pen.color())
        painter.drawEllipse(QPointF(x, plot.top() - 2), 4.5, 4.5)

    def _bars(self, painter: QPainter, plot: QRectF, theme: Colours) -> None:
        if not any(self._counts):
            return
        painter.setPen(Qt.PenStyle.NoPen)
        width = plot.width() / len(self._counts)
        for number, count in enumerate(self._counts):
            below = 100 * (number + 0.5) / len(self._counts) < self._threshold
            painter.setBrush(QColor(theme.unsure if below else theme.accent))
            height = plot.height() * count / max(self._counts)
            height = max(height, 2.0) if count else 0.0
            left = plot.left() + number * width
            painter.drawRect(QRectF(left + 0.5, plot.bottom() - height, width - 1, height))

    def _scale(self, painter: QPainter, plot: QRectF, theme: Colours) -> None:
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        for percent, side in ((0, "AlignLeft"), (50, "AlignHCenter"), (100, "AlignRight")):
            line = QRectF(plot.left(), plot.bottom() + 3, plot.width(), SCALE)
            painter.drawText(line, Qt.AlignmentFlag[side], f"{percent}%")

    def _describe(self) -> None:
        text = self.tr("Answers below {0}% are called unsure").format(self._threshold)
        self.setAccessibleName(text)
        self.setToolTip(text)
