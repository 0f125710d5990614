"""The confusion matrix: a row a truth, a column what it was taken for, a cell its pictures."""

from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ..scored import ScoredPictures
from ..theme import Colours, colours
from .painting import box_of, draw_ring, state_of
from .row_model import NO_PARENT, RIGHT, Index, RowModel
from .row_table import Choosing, RowTable
from .turned_header import TurnedHeader

SHARE = Qt.ItemDataRole.UserRole
"""Of a cell: its part of the truth's pictures, 0..1; None for a cell without pictures."""
RECOGNISED = Qt.ItemDataRole.UserRole + 1
"""Whether truth and prediction are the same."""

SMALLEST, LARGEST = (28, 18), (84, 46)
"""Pixels of a cell's width and height: it fills the room within these."""
HEADER = 150
"""Widest header of a row, in pixels."""


class ConfusionModel(RowModel[int]):
    """Counts, or their shares of the truth's pictures, of the labels that are shown, by number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = ScoredPictures()
        self._mistakes: list[int] = []
        self._shares = False

    def show_pictures(
        self, pictures: ScoredPictures, worst_first: bool, only_confused: bool
    ) -> None:
        """Show other pictures."""
        self._pictures, self._mistakes = pictures, pictures.mistakes()
        self.arrange(worst_first, only_confused)

    def arrange(self, worst_first: bool, only_confused: bool) -> None:
        """Sort the labels by their mistakes or as the card does; leave those without out."""
        shown = list(range(len(self._pictures.labels)))
        if only_confused:
            shown = [label for label in shown if self._mistakes[label]]
        if worst_first:
            shown.sort(key=lambda label: -self._mistakes[label])
        self.show(shown)

    def show_shares(self, shares: bool) -> None:
        """Show shares of the truth's pictures in percent, or counts."""
        self._shares = shares
        if self._rows:
            last = len(self._rows) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    def labels_at(self, index: Index) -> tuple[int, int]:
        """Give the numbers of the truth and the prediction of a cell."""
        return self._rows[index.row()], self._rows[index.column()]

    def columnCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One column a label, as there is one row."""
        return self.rowCount(parent)

    def text(self, row: int, column: int) -> str:
        """Write a count or a share."""
        count, support = self._count(row, column), self._pictures.support(row)
        if not count or not self._shares:
            return f"{count:,}" if count else ""
        percent = 100 * count / support
        return f"{percent:.0f}" if percent >= 1 else "<1"

    def sentence(self, row: int, column: int) -> str:
        """Say what a cell counts."""
        labels, count = self._pictures.labels, self._count(row, column)
        support, predicted = self._pictures.support(row), self._rows[column]
        share = f" ({count / support:.1%})" if support else ""
        if row == predicted:
            text = self.tr("{0} recognised: {1:,} of {2:,} pictures{3}")
            return text.format(labels[row], count, support, share)
        text = self.tr("{0} taken for {1}: {2:,} of {3:,} pictures{4}")
        return text.format(labels[row], labels[predicted], count, support, share)

    def value(self, row: int, column: int, role: int) -> object:
        """Give the share that colours a cell, and whether it is right."""
        if role == RECOGNISED:
            return row == self._rows[column]
        count = self._count(row, column) if role == SHARE else 0
        return count / self._pictures.support(row) if count else None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # noqa: ANN401
        """Give a label, with the number of its pictures as tooltip."""
        if not 0 <= section < len(self._rows):
            return None
        label = self._pictures.labels[self._rows[section]]
        if role == Qt.ItemDataRole.DisplayRole:
            return label
        if role == Qt.ItemDataRole.ToolTipRole:
            support = self._pictures.support(self._rows[section])
            return self.tr("{0}: {1:,} pictures").format(label, support)
        upright = orientation == Qt.Orientation.Vertical
        return RIGHT if upright and role == Qt.ItemDataRole.TextAlignmentRole else None

    def _count(self, row: int, column: int) -> int:
        return self._pictures.count(row, self._rows[column])


class CellDelegate(QStyledItemDelegate):
    """Draws a cell: the more of the truth's pictures it holds, the stronger its colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell."""
        theme, box, share = colours(), box_of(option), index.data(SHARE)
        inner = box.adjusted(1, 1, -1, -1)
        painter.fillRect(box, QColor(theme.base))
        painter.fillRect(inner, cell_colour(share, bool(index.data(RECOGNISED)), theme))
        if share is not None:
            painter.setPen(QColor(theme.text))
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, str(index.data()))
        if state_of(option) & QStyle.StateFlag.State_Selected:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_ring(painter, box, 3)
            painter.restore()


def cell_colour(share: float | None, right: bool, theme: Colours) -> QColor:
    """Choose a cell's colour: text on it keeps its contrast."""
    if share is None:
        faint = QColor(theme.border)
        faint.setAlpha(70 if right else 36)
        return faint
    colour = QColor(theme.good if right else theme.bad)
    colour.setAlphaF(0.10 + 0.34 * share if right else min(0.10 + 0.55 * share**0.7, 0.46))
    return colour


class ConfusionMatrix(RowTable):
    """The matrix.

    Signals:
        cell_chosen: numbers of truth and prediction, by a click or Enter.
        truth_chosen, prediction_chosen: number of a label, by a click on its header.
        looked_at: a sentence on the current cell.
    """

    cell_chosen = Signal(int, int)
    truth_chosen = Signal(int)
    prediction_chosen = Signal(int)
    looked_at = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(LARGEST[1], parent)
        self.confusion = ConfusionModel(self)
        self.setModel(self.confusion)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName(self.tr("Confusion matrix: rows are truth, columns predictions"))
        self.setObjectName("matrix")
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._across = TurnedHeader(self.confusion, self)
        self.setHorizontalHeader(self._across)
        self._set_headers()
        self._choosing = Choosing(self, self._choose)
        self.selectionModel().currentChanged.connect(self._look)
        self.confusion.modelReset.connect(self._fit)

    def _set_headers(self) -> None:
        down = self.verticalHeader()
        down.show()
        down.setMaximumWidth(HEADER)
        down.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for header, chosen in ((self._across, self.prediction_chosen), (down, self.truth_chosen)):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setSectionsClickable(True)
            header.setHighlightSections(False)
            header.sectionClicked.connect(
                lambda section, chosen=chosen: chosen.emit(self.confusion.row_at(section))
            )

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Let the cells fill the room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        count = self.confusion.rowCount()
        if not count:
            return
        across, down, room = self._across, self.verticalHeader(), self.contentsRect()
        widest = min(across.widest() + 22, HEADER)
        down.setFixedWidth(widest)
        across.setDefaultSectionSize(_within((room.width() - widest) // count, 0))
        tall = (room.height() - across.sizeHint().height()) // count
        down.setDefaultSectionSize(_within(tall, 1))
        if tall < SMALLEST[1]:  # they scroll, and the bar takes its part
            bar = self.verticalScrollBar().sizeHint().width()
            across.setDefaultSectionSize(_within((room.width() - widest - bar) // count, 0))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and index.data(SHARE) is not None:
            self.cell_chosen.emit(*self.confusion.labels_at(index))

    def _look(self, index: QModelIndex) -> None:
        if index.isValid():
            self.looked_at.emit(str(index.data(Qt.ItemDataRole.ToolTipRole)))


def _within(pixels: int, side: int) -> int:
    return min(max(pixels, SMALLEST[side]), LARGEST[side])
