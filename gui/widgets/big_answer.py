"""An answer as large as there is room: it is read from two metres."""

from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..protocol import Row
from ..theme import Colours, colours
from ..wording import percent

LARGEST, SMALLEST = 150, 26
"""Height of its letters in pixels; 40 are 1 cm on most screens, which two metres need."""


@dataclass(frozen=True)
class Headline:
    """An answer in two lines, and the name of its colour in `Colours`."""

    text: str
    below: str
    colour: str


class BigAnswer(QWidget):
    """Shows a headline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Headline("", "", "text")
        self.setMinimumHeight(150)
        policy = QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, policy)

    @property
    def shown(self) -> Headline:
        """What is shown."""
        return self._shown

    def show_headline(self, headline: Headline) -> None:
        """Show another one."""
        self._shown = headline
        self.setAccessibleName(f"{headline.text} {headline.below}".strip())
        self.setToolTip(headline.text)
        self.update()

    def show_row(self, row: Row) -> None:
        """Show an answer."""
        self.show_headline(self.headline(row))

    def headline(self, row: Row) -> Headline:
        """Say an answer in two lines."""
        from ..state import UNSURE_BELOW

        if row.error is not None:
            return Headline(self.tr("Unreadable"), row.error, "bad")
        first = row.predictions[0]
        sure = percent(first.probability)
        if row.labels is not None:
            none = self.tr("None of the labels")
            nearest = self.tr("most probable: {0} {1}").format(first.label, sure)
            return Headline(", ".join(row.labels) or none, "" if row.labels else nearest, "text")
        if row.unknown:
            nearest = self.tr("nearest: {0} {1}").format(first.label, sure)
            return Headline(self.tr("Unknown"), nearest, "unsure")
        if first.probability < UNSURE_BELOW:
            return Headline(first.label, self.tr("unsure, {0}").format(sure), "unsure")
        return Headline(first.label, sure, "text")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the two lines, the first as large as fits."""
        painter, theme = QPainter(self), colours()
        box = self.rect().adjusted(8, 8, -8, -8)
        large = self._font(box)
        small = QFont(large)
        small.setPixelSize(max(SMALLEST, large.pixelSize() // 3))
        small.setWeight(QFont.Weight.Normal)
        heights = [QFontMetrics(font).height() for font in (large, small)]
        top = box.top() + max(0, (box.height() - sum(heights)) // 2)
        first = QRect(box.left(), top, box.width(), heights[0])
        second = QRect(box.left(), top + heights[0], box.width(), heights[1])
        self._line(painter, large, first, self._shown.text, _colour(theme, self._shown.colour))
        self._line(painter, small, second, self._shown.below, QColor(theme.muted))

    def _font(self, box: QRect) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.Bold)
        font.setPixelSize(100)
        wide = max(1, QFontMetrics(font).horizontalAdvance(self._shown.text))
        fitting = min(100 * box.width() // wide, box.height() * 6 // 10, LARGEST)
        font.setPixelSize(max(SMALLEST, fitting))
        return font

    def _line(self, painter: QPainter, font: QFont, box: QRect, text: str, colour: QColor) -> None:
        painter.setFont(font)
        painter.setPen(colour)
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _colour(theme: Colours, name: str) -> QColor:
    return QColor(str(getattr(theme, name)))
