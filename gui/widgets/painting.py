"""What is drawn alike in several places: what is chosen, what has the focus, a share as a bar."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ..theme import colours

SEEN = 0.001
"""A share below this has no bar."""


def state_of(option: QStyleOptionViewItem) -> QStyle.StateFlag:
    """Tell whether a cell is selected, has the focus, is hovered over."""
    return getattr(option, "state")  # noqa: B009 - PySide6's stubs leave the fields out


def box_of(option: QStyleOptionViewItem) -> QRectF:
    """Give a cell's place."""
    return QRectF(getattr(option, "rect"))  # noqa: B009 - likewise


def draw_ground(
    painter: QPainter, box: QRectF, option: QStyleOptionViewItem, radius: float = 0.0
) -> None:
    """Wash a cell that is selected or hovered over with the accent's colour."""
    selected = bool(state_of(option) & QStyle.StateFlag.State_Selected)
    if selected or state_of(option) & QStyle.StateFlag.State_MouseOver:
        wash = QColor(colours().accent)
        wash.setAlpha(38 if selected else 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(wash)
        painter.drawRoundedRect(box, radius, radius)


def draw_ring(painter: QPainter, box: QRectF, radius: float) -> None:
    """Draw the frame of what has the focus, or is current."""
    painter.setPen(QPen(QColor(colours().accent), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), radius, radius)


def draw_bar(painter: QPainter, track: QRectF, share: float) -> None:
    """Draw a share of 0..1 along a track with round ends."""
    radius = track.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours().border))
    painter.drawRoundedRect(track, radius, radius)
    if share > SEEN:
        filled = QRectF(track)
        filled.setWidth(max(track.height(), track.width() * share))
        painter.setBrush(QColor(colours().accent))
        painter.drawRoundedRect(filled, radius, radius)
