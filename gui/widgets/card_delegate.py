"""Draws a card of the gallery: picture, label, percentage, bar, and what is known to be right."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ..gallery_model import CARD, CardContent
from ..theme import Colours, colours
from ..thumbnails import Thumbnails

Index = QModelIndex | QPersistentModelIndex
ENLARGED = 4.0
"""A picture of a few pixels is not blown up beyond this."""
_SIGNS = {"right": "✓", "other": "✎", "unsure": "?"}


class CardDelegate(QStyledItemDelegate):
    """Draws cards; thumbnails that are not here yet are asked for."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._plain = QFont(parent.font())
        self._small = QFont(parent.font())
        self._small.setPointSizeF(self._small.pointSizeF() * 0.88)
        self._bold = QFont(parent.font())
        self._bold.setWeight(QFont.Weight.DemiBold)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a card."""
        card, theme = index.data(CARD), colours()
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009 - not in the stubs
        box = QRectF(getattr(option, "rect")).adjusted(1, 1, -7, -7)  # noqa: B009
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, box, state, theme)
        inner = box.adjusted(6, 6, -6, -8)
        frame = QRectF(inner.left(), inner.top(), inner.width(), inner.height() - 52)
        self._picture(painter, frame, self._thumbnails.get(card.path), theme)
        self._marks(painter, frame, card, theme)
        self._texts(painter, inner, card, theme)

    def _ground(
        self, painter: QPainter, box: QRectF, state: QStyle.StateFlag, theme: Colours
    ) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        current = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        edge = theme.accent if selected or current else theme.muted if hovered else theme.border
        painter.setPen(QPen(QColor(edge), 2 if selected or current else 1))
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(box, 9, 9)
        if selected:
            wash = QColor(theme.accent)
            wash.setAlpha(30)
            painter.setBrush(wash)
            painter.drawRoundedRect(box, 9, 9)

    def _picture(
        self, painter: QPainter, frame: QRectF, pixmap: QPixmap | None, theme: Colours
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.canvas))
        painter.drawRoundedRect(frame, 5, 5)
        if pixmap is None:
            return
        if pixmap.isNull():
            painter.setPen(QColor(theme.muted))
            painter.setFont(self._plain)
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "⚠")
            return
        size = pixmap.deviceIndependentSize()
        # A pixel on a pixel: scaling each picture at each paint would cost the frame rate. A
        # picture of a few pixels is enlarged.
        small = max(size.width(), size.height()) < 0.9 * frame.height()
        if small:
            factor = min(frame.height() / size.height(), frame.width() / size.width(), ENLARGED)
            size *= factor
        x = round(frame.center().x() - size.width() / 2)
        y = round(frame.center().y() - size.height() / 2)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, small)
        painter.drawPixmap(QRectF(QPointF(x, y), size), pixmap, QRectF(pixmap.rect()))

    def _marks(self, painter: QPainter, frame: QRectF, card: CardContent, theme: Colours) -> None:
        if card.right is not None:
            colour = theme.good if card.right else theme.bad
            box = QRectF(frame.right() - 23, frame.top() + 5, 18, 18)
            self._mark(painter, box, "✓" if card.right else "✗", colour, theme)
        if card.said:
            colour = theme.unsure if card.said == "unsure" else theme.accent
            box = QRectF(frame.left() + 5, frame.top() + 5, 18, 18)
            self._mark(painter, box, _SIGNS[card.said], colour, theme)

    def _mark(self, painter: QPainter, box: QRectF, sign: str, colour: str, theme: Colours) -> None:
        painter.setPen(QPen(QColor(theme.base), 1.5))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(box)
        font = QFont(self._bold)
        font.setPixelSize(11)
        painter.setFont(font)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sign)

    def _texts(self, painter: QPainter, inner: QRectF, card: CardContent, theme: Colours) -> None:
        tones = {"unsure": theme.unsure, "bad": theme.bad, "muted": theme.muted}
        colour = tones.get(card.tone, theme.text)
        line = QRectF(inner.left(), inner.bottom() - 46, inner.width(), 20)
        number = "" if card.probability is None else f"{100 * card.probability:.1f}%"
        room = line.width()
        if number:
            painter.setFont(self._small)
            painter.setPen(QColor(theme.muted))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(line, right, number)
            room -= QFontMetrics(self._small).horizontalAdvance(number) + 8
        _elided(painter, line, card.text, self._bold, colour, room)
        track = QRectF(inner.left(), inner.bottom() - 24, inner.width(), 4)
        if card.probability is not None:
            self._bar(painter, track, card.probability, colour, theme)
        below = QRectF(inner.left(), inner.bottom() - 17, inner.width(), 17)
        detail = theme.bad if card.right is False else theme.muted
        _elided(painter, below, card.detail, self._small, detail, below.width())

    def _bar(
        self, painter: QPainter, track: QRectF, share: float, colour: str, theme: Colours
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(track, 2, 2)
        filled = QRectF(track)
        filled.setWidth(max(track.width() * share, 4.0))
        painter.setBrush(QColor(theme.accent if colour == theme.text else colour))
        painter.drawRoundedRect(filled, 2, 2)


def _elided(
    painter: QPainter, box: QRectF, text: str, font: QFont, colour: str, room: float
) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(room))
    left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(box, left, shown)
