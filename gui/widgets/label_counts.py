"""How often each label was answered; a click shows only its pictures."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QFrame, QListView, QWidget

from .answers import NUMBER, PROBABILITY, ROW, BarDelegate
from .own_keys import OwnKeys

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class CountModel(QAbstractListModel):
    """A row for all labels together, then one a label."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._counts: tuple[int, ...] = ()

    def show_labels(self, labels: Sequence[str]) -> None:
        """Show other labels, with no pictures yet."""
        self.beginResetModel()
        self._labels = (self.tr("All labels"), *labels)
        self._counts = (0,) * len(self._labels)
        self.endResetModel()

    def show_counts(self, counts: Sequence[int]) -> None:
        """Show other counts, one a label."""
        if len(counts) + 1 == len(self._labels):
            self._counts = (sum(counts), *counts)
            self.dataChanged.emit(self.index(0, 0), self.index(len(counts), 0))

    def rowCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One row a label, and the first."""
        return 0 if parent.isValid() else len(self._labels)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give a label, its count, and the bar's length."""
        if not index.isValid() or index.row() >= len(self._labels):
            return None
        label, count = self._labels[index.row()], self._counts[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return label
        if role == NUMBER:
            return f"{count:,}"
        if role == PROBABILITY:
            largest = max(self._counts[1:], default=0)
            return min(count / largest, 1.0) if largest else 0.0
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{label}: {count:,}"
        return None


class LabelCounts(QListView):
    """The list.

    Signals:
        chosen: number of a label, -1 for all.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self.setAccessibleName(self.tr("Pictures by label"))
        self.counts = CountModel(self)
        self.setModel(self.counts)
        self.setItemDelegate(BarDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(3 * ROW)
        self.selectionModel().currentChanged.connect(self._tell)
        self._keys = OwnKeys(self)

    def choose(self, label: int) -> None:
        """Let a label stand out, -1 for all, without a signal."""
        self.selectionModel().blockSignals(True)
        self.setCurrentIndex(self.counts.index(label + 1, 0))
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.row() - 1)
