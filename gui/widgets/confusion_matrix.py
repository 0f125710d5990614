"""The confusion matrix: a row a truth, a column what it was taken for, a cell its pictures."""

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ..scored import ScoredPictures
from ..theme import Colours, colours
from .turned_header import TurnedHeader

Index = QModelIndex | QPersistentModelIndex
SHARE = Qt.ItemDataRole.UserRole
"""Of a cell: its part of the truth's pictures, 0..1; None for a cell without pictures."""
RIGHT = Qt.ItemDataRole.UserRole + 1
"""Whether truth and prediction are the same."""
NO_PARENT = QModelIndex()

SMALLEST, LARGEST = (28, 18), (84, 46)
"""Pixels of a cell's width and height: it fills the room within these."""
HEADER = 150
"""Widest header of a row, in pixels."""


class ConfusionModel(QAbstractTableModel):
    """Counts, or their shares of the truth's pictures, of the labels that are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = ScoredPictures()
        self._shown: list[int] = []
        self._mistakes: list[int] = []
        self._shares = False

    def show(self, pictures: ScoredPictures, worst_first: bool, only_confused: bool) -> None:
        """Show other pictures."""
        self._pictures, self._mistakes = pictures, pictures.mistakes()
        self.arrange(worst_first, only_confused)

    def arrange(self, worst_first: bool, only_confused: bool) -> None:
        """Sort the labels by their mistakes or as the card does; leave those without out."""
        self.beginResetModel()
        shown = list(range(len(self._pictures.labels)))
        if only_confused:
            shown = [label for label in shown if self._mistakes[label]]
        if worst_first:
            shown.sort(key=lambda label: -self._mistakes[label])
        self._shown = shown
        self.endResetModel()

    def show_shares(self, shares: bool) -> None:
        """Show shares of the truth's pictures in percent, or counts."""
        self._shares = shares
        if self._shown:
            last = len(self._shown) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    def labels_at(self, index: Index) -> tuple[int, int]:
        """Give the numbers of the truth and the prediction of a cell."""
        return self._shown[index.row()], self._shown[index.column()]

    def label_at(self, section: int) -> int:
        """Give the number of the label of a row or column."""
        return self._shown[section]

    def rowCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One row a label."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One column a label."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give what a cell shows."""
        if not index.isValid() or max(index.row(), index.column()) >= len(self._shown):
            return None
        truth, predicted = self.labels_at(index)
        if role == RIGHT:
            return truth == predicted
        count, support = self._pictures.count(truth, predicted), self._pictures.support(truth)
        if role == SHARE:
            return count / support if count else None
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(count, support, self._shares)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._sentence(truth, predicted, count, support)
        return None

    def headerData(  # noqa: N802 - Qt's name
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:  # noqa: ANN401
        """Give a label, with the number of its pictures as tooltip."""
        if not 0 <= section < len(self._shown):
            return None
        label = self._shown[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._pictures.labels[label]
        if role == Qt.ItemDataRole.ToolTipRole:
            text = self.tr("{0}: {1:,} pictures")
            return text.format(self._pictures.labels[label], self._pictures.support(label))
        if role == Qt.ItemDataRole.TextAlignmentRole and orientation == Qt.Orientation.Vertical:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _sentence(self, truth: int, predicted: int, count: int, support: int) -> str:
        labels = self._pictures.labels
        share = f" ({count / support:.1%})" if support else ""
        if truth == predicted:
            text = self.tr("{0} recognised: {1:,} of {2:,} pictures{3}")
            return text.format(labels[truth], count, support, share)
        text = self.tr("{0} taken for {1}: {2:,} of {3:,} pictures{4}")
        return text.format(labels[truth], labels[predicted], count, support, share)


def _text(count: int, support: int, shares: bool) -> str:
    if not count:
        return ""
    if not shares:
        return f"{count:,}"
    percent = 100 * count / support
    return f"{percent:.0f}" if percent >= 1 else "<1"


class CellDelegate(QStyledItemDelegate):
    """Draws a cell: the more of the truth's pictures it holds, the stronger its colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell."""
        theme = colours()
        box = QRect(getattr(option, "rect"))  # noqa: B009 - the stubs leave the fields out
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        share = index.data(SHARE)
        painter.fillRect(box, QColor(theme.base))
        inner = box.adjusted(1, 1, -1, -1)
        painter.fillRect(inner, cell_colour(share, bool(index.data(RIGHT)), theme))
        if share is not None:
            painter.setPen(QColor(theme.text))
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, str(index.data()))
        if state & QStyle.StateFlag.State_Selected:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = painter.pen()
            pen.setColor(QColor(theme.accent))
            pen.setWidthF(2)
            painter.setPen(pen)
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 3, 3)
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


class ConfusionMatrix(QTableView):
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
        super().__init__(parent)
        self.confusion = ConfusionModel(self)
        self.setModel(self.confusion)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName(self.tr("Confusion matrix: rows are truth, columns predictions"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setObjectName("matrix")
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self._across = across = TurnedHeader(self.confusion, self)
        self.setHorizontalHeader(across)
        down = self.verticalHeader()
        down.setMaximumWidth(HEADER)
        down.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for header, chosen in ((across, self.prediction_chosen), (down, self.truth_chosen)):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setSectionsClickable(True)
            header.setHighlightSections(False)
            header.sectionClicked.connect(
                lambda section, chosen=chosen: chosen.emit(self.confusion.label_at(section))
            )
        self.clicked.connect(self._choose)
        self.selectionModel().currentChanged.connect(self._look)
        self.confusion.modelReset.connect(self._fit)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the current cell by Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Let the cells fill the room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        count = self.confusion.rowCount()
        if not count:
            return
        across, down = self._across, self.verticalHeader()
        widest = min(across.widest() + 22, HEADER)
        down.setFixedWidth(widest)
        wide = min(max((self.width() - widest - 4) // count, SMALLEST[0]), LARGEST[0])
        across.setDefaultSectionSize(wide)
        tall = (self.height() - across.sizeHint().height() - 4) // count
        down.setDefaultSectionSize(min(max(tall, SMALLEST[1]), LARGEST[1]))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and index.data(SHARE) is not None:
            self.cell_chosen.emit(*self.confusion.labels_at(index))

    def _look(self, index: QModelIndex) -> None:
        if index.isValid():
            self.looked_at.emit(str(index.data(Qt.ItemDataRole.ToolTipRole)))
