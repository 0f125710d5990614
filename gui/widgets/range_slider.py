"""A slider with two handles: from and to, in percent."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ..theme import colours

HANDLE = 7
STEP = 1


class RangeSlider(QWidget):
    """Chooses a range of 0..100.

    Left and Right move the lower handle, with Shift the upper one; Home and End make it whole.

    Signals:
        changed: the lower and the upper end.
    """

    changed = Signal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._low, self._high, self._held = 0, 100, ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._describe()

    @property
    def range(self) -> tuple[int, int]:
        """The ends."""
        return self._low, self._high

    def set_range(self, low: int, high: int) -> None:
        """Move the handles; `low` stays at or below `high`."""
        low, high = min(max(low, 0), 100), min(max(high, 0), 100)
        if low <= high and (low, high) != self.range:
            self._low, self._high = low, high
            self._describe()
            self.update()
            self.changed.emit(low, high)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Fit a tool bar."""
        return QSize(130, 30)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Still have a place for each ten."""
        return QSize(90, 30)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take the nearer handle."""
        at = self._value(event.position())
        nearer_low = abs(at - self._low) < abs(at - self._high)
        together = self._low == self._high
        self._held = "low" if (at < self._low if together else nearer_low) else "high"
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the handle that is held."""
        at = self._value(event.position())
        if self._held == "low":
            self.set_range(min(at, self._high), self._high)
        elif self._held == "high":
            self.set_range(self._low, max(at, self._low))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._held = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move a handle."""
        keys = {Qt.Key.Key_Left: -STEP, Qt.Key.Key_Right: STEP}
        step = keys.get(Qt.Key(event.key()), 0)
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.set_range(0, 100)
        elif step and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.set_range(self._low, max(self._high + step, self._low))
        elif step:
            self.set_range(min(self._low + step, self._high), self._high)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the groove, the range in it, and the handles."""
        theme, painter = colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        groove = QRectF(HANDLE, middle - 2, self.width() - 2 * HANDLE, 4)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(groove, 2, 2)
        ends = [self._place(value) for value in self.range]
        painter.setBrush(QColor(theme.accent))
        painter.drawRect(QRectF(ends[0], middle - 2, ends[1] - ends[0], 4))
        ring = theme.text if self.hasFocus() else theme.window
        painter.setPen(QPen(QColor(ring), 1.5))
        for x in ends:
            painter.drawEllipse(QPointF(x, middle), HANDLE - 1, HANDLE - 1)

    def _value(self, point: QPointF) -> int:
        return round(100 * (point.x() - HANDLE) / max(self.width() - 2 * HANDLE, 1))

    def _place(self, value: int) -> float:
        return HANDLE + value / 100 * (self.width() - 2 * HANDLE)

    def _describe(self) -> None:
        text = self.tr("{0}: {1} to {2}%").format(self._name, self._low, self._high)
        self.setAccessibleName(text)
        self.setToolTip(text)
