"""The first labels of an answer as bars; choosing one asks for its heat map."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ..protocol import Ranked
from ..theme import colours

Index = QModelIndex | QPersistentModelIndex
ROW = 42
PROBABILITY = Qt.ItemDataRole.UserRole
"""The length of a bar, 0..1."""
NUMBER = Qt.ItemDataRole.UserRole + 1
"""What is written beside it."""


def percent(probability: float) -> str:
    """Write a probability; 100 % and 0 % only where it is so to the digit shown."""
    return f"{100 * probability:.1f}%"


class AnswerModel(QAbstractListModel):
    """Ranked labels with their probabilities."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ranked: tuple[Ranked, ...] = ()

    def show(self, ranked: Sequence[Ranked]) -> None:
        """Show other labels."""
        self.beginResetModel()
        self._ranked = tuple(ranked)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        """One row a label."""
        return 0 if parent.isValid() else len(self._ranked)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give a label, its probability, or both as text for who cannot see the bar."""
        if not index.isValid() or index.row() >= len(self._ranked):
            return None
        ranked = self._ranked[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return ranked.label
        if role == PROBABILITY:
            return float(ranked.probability)
        if role == NUMBER:
            return percent(ranked.probability)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{ranked.label}: {percent(ranked.probability)}"
        return None


class BarDelegate(QStyledItemDelegate):
    """Draws a label, its percentage, and a bar below them."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        theme = colours()
        state, box = _of(option)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        probability = float(index.data(PROBABILITY))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or hovered:
            wash = QColor(theme.accent)
            wash.setAlpha(38 if chosen else 18)
            painter.setBrush(wash)
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 6, 6)
        inner = box.adjusted(10, 5, -10, -8)
        self._text(painter, inner, index)
        track = QRectF(inner.left(), inner.bottom() - 6, inner.width(), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(track, 3, 3)
        if probability > 0.001:
            filled = QRectF(track)
            filled.setWidth(max(6.0, track.width() * probability))
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(filled, 3, 3)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Rows of one height."""
        return QSize(120, ROW)

    def _text(self, painter: QPainter, box: QRectF, index: Index) -> None:
        theme, line = colours(), QRectF(box.left(), box.top(), box.width(), box.height() - 9)
        number = str(index.data(NUMBER))
        font = painter.font()
        width = QFontMetrics(font).horizontalAdvance(number) + 8
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, vertical | Qt.AlignmentFlag.AlignRight, number)
        painter.setPen(QColor(theme.text))
        room = int(line.width()) - width
        label = QFontMetrics(font).elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room)
        painter.drawText(line, vertical | Qt.AlignmentFlag.AlignLeft, label)


def _of(option: QStyleOptionViewItem) -> tuple[QStyle.StateFlag, QRectF]:
    # PySide6's stubs leave the option's fields out.
    return getattr(option, "state"), QRectF(getattr(option, "rect"))  # noqa: B009


class AnswerBars(QListView):
    """The bars.

    Signals:
        chosen: a label, when another one is selected.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self.setAccessibleName(self.tr("Most probable labels"))
        self.answers = AnswerModel(self)
        self.setModel(self.answers)
        self.setItemDelegate(BarDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._tell)

    def show_answer(self, ranked: Sequence[Ranked]) -> None:
        """Show an answer; its first label is selected, without a signal."""
        self.answers.show(ranked)
        if ranked:
            self.selectionModel().blockSignals(True)
            self.setCurrentIndex(self.answers.index(0, 0))
            self.selectionModel().blockSignals(False)
        self.setFixedHeight(len(ranked) * ROW + 2)
        self.viewport().update()

    @property
    def label(self) -> str | None:
        """The selected label."""
        index = self.currentIndex()
        return str(index.data()) if index.isValid() else None

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(str(index.data()))
