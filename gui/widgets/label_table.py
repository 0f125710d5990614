"""The labels with their scores: a row each, sorted by any column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTableView,
    QWidget,
)

from ..report_numbers import LabelNumbers
from ..scoring_messages import Interval
from .answers import percent
from .score_delegate import INTERVAL, ROW, VALUE, ScoreDelegate

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
WIDE, NARROW = 77, 460
"""Pixels of the last column, and of a table that has no room for all."""
UP = Qt.SortOrder.AscendingOrder
LABEL, PRECISION, RECALL, F1, AVERAGE, PICTURES = range(6)


@dataclass(frozen=True)
class _Score:
    value: float | None
    interval: Interval | None


def _score(row: LabelNumbers, column: int) -> _Score:
    if column == PRECISION:
        return _Score(row.precision, row.precision_interval)
    if column == RECALL:
        return _Score(row.recall if row.support else None, row.recall_interval)
    if column == F1:
        return _Score(row.f1 if row.support else None, row.f1_interval)
    return _Score(row.average_precision, row.average_precision_interval)


class LabelModel(QAbstractTableModel):
    """Scores of labels; sorted here, for a proxy model would take seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[LabelNumbers, ...] = ()
        self._order: list[int] = []
        self._by = (F1, UP)
        self._titles = (
            *(self.tr("Label"), self.tr("Precision"), self.tr("Recall"), self.tr("F1")),
            *(self.tr("AP"), self.tr("Pictures")),
        )
        self._meanings = (
            self.tr("The label's name"),
            self.tr("Of the pictures said to have the label, how many do"),
            self.tr("Of the pictures that have the label, how many were found"),
            self.tr("Harmonic mean of precision and recall"),
            self.tr("Average precision: how well the label's probability ranks the pictures"),
            self.tr("How many pictures have the label"),
        )

    def show(self, rows: Sequence[LabelNumbers]) -> None:
        """Show other labels, sorted as before."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self._order = self._sorted()
        self.endResetModel()

    def label_at(self, row: int) -> int:
        """Give the number of the label that a row shows."""
        return self._order[row]

    def rowCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One row a label."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """Show the label, its scores, and its pictures."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give what a cell shows."""
        if not index.isValid() or index.row() >= len(self._order):
            return None
        row, column = self._rows[self._order[index.row()]], index.column()
        if column in (LABEL, PICTURES):
            return self._plain(row, column, role)
        score = _score(row, column)
        if role in (VALUE, INTERVAL):
            return score.value if role == VALUE else score.interval
        if role == Qt.ItemDataRole.DisplayRole:
            return "–" if score.value is None else percent(score.value)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.label}: {self._titles[column]} {said(score.value, score.interval)}"
        return None

    def headerData(  # noqa: N802 - Qt's name
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:  # noqa: ANN401
        """Give a column's title and what it means."""
        if orientation == Qt.Orientation.Vertical or not 0 <= section < len(self._titles):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            column, order = self._by
            arrow = " ↑" if order == UP else " ↓"
            return self._titles[section] + (arrow if section == column else "")
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._meanings[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return None

    def sort(self, column: int, order: Qt.SortOrder = UP) -> None:
        """Sort by a column; what is undefined comes last either way."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        labels = [self._order[index.row()] for index in old]
        self._by = (column, order)
        self._order = self._sorted()
        places = {label: row for row, label in enumerate(self._order)}
        moved = [
            self.index(places[label], index.column())
            for label, index in zip(labels, old, strict=True)
        ]
        self.changePersistentIndexList(old, moved)
        self.layoutChanged.emit()

    def _sorted(self) -> list[int]:
        column, order = self._by
        numbers = list(range(len(self._rows)))
        down = order != UP
        if column == LABEL:
            return sorted(numbers, key=lambda n: self._rows[n].label.casefold(), reverse=down)
        if column == PICTURES:
            return sorted(numbers, key=lambda n: self._rows[n].support, reverse=down)
        sign = -1 if down else 1

        def key(number: int) -> tuple[bool, float]:
            value = _score(self._rows[number], column).value
            return value is None, sign * (value or 0.0)

        return sorted(numbers, key=key)

    def _plain(self, row: LabelNumbers, column: int, role: int) -> Any:  # noqa: ANN401
        if role == Qt.ItemDataRole.DisplayRole:
            return row.label if column == LABEL else f"{row.support:,}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.tr("{0}: {1:,} pictures").format(row.label, row.support)
        return None


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == LABEL else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def said(value: float | None, interval: Interval | None) -> str:
    """Write a share with its interval."""
    if value is None:
        return "–"
    if interval is None:
        return percent(value)
    return f"{percent(value)} ({percent(interval[0])} – {percent(interval[1])})"


class LabelTable(QTableView):
    """The table.

    Signals:
        chosen: number of a label, by a click or Enter.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels = LabelModel(self)
        self.setModel(self.labels)
        self.setItemDelegate(ScoreDelegate(self))
        self.setAccessibleName(self.tr("Scores of the labels"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(LABEL, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        self.sortByColumn(F1, UP)
        self.clicked.connect(self._choose)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the current label by Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the labels what the scores leave; where there is little room, one score less."""
        super().resizeEvent(event)
        width = self.viewport().width()
        self.setColumnHidden(AVERAGE, width < NARROW)
        scores = 3 if width < NARROW else 4
        self.setColumnWidth(PICTURES, WIDE)
        for column in (PRECISION, RECALL, F1, AVERAGE):
            self.setColumnWidth(column, min(max((width - WIDE - 150) // scores, 79), 120))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.labels.label_at(index.row()))
