"""The labels with their scores: a row each, sorted by any column."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from ..report_numbers import LabelNumbers
from ..scoring_messages import Interval
from ..wording import percent, with_interval
from .row_model import LEFT, RIGHT, RowModel
from .row_table import Choosing, RowTable
from .score_delegate import INTERVAL, ROW, VALUE, ScoreDelegate

NAME, SCORE, LARGEST = 70, 79, 120
"""Pixels of a label and a score at least, and of a score at most."""
UP = Qt.SortOrder.AscendingOrder
LABEL, PRECISION, RECALL, F1, AVERAGE, PICTURES = range(6)

Score = tuple[float | None, Interval | None]
Numbered = tuple[int, LabelNumbers]
_SCORES: dict[int, Callable[[LabelNumbers], Score]] = {
    PRECISION: lambda row: (row.precision, row.precision_interval),
    RECALL: lambda row: (row.recall if row.support else None, row.recall_interval),
    F1: lambda row: (row.f1 if row.support else None, row.f1_interval),
    AVERAGE: lambda row: (row.average_precision, row.average_precision_interval),
}


class LabelModel(RowModel[Numbered]):
    """Labels by number, with scores; sorted here, for a proxy model would take seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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

    def show_labels(self, labels: Sequence[LabelNumbers]) -> None:
        """Show other labels, sorted as before."""
        self.show(self._sorted(list(enumerate(labels))))

    def text(self, row: Numbered, column: int) -> str:
        """Write a name, a count, or a score."""
        if column in (LABEL, PICTURES):
            return row[1].label if column == LABEL else f"{row[1].support:,}"
        value, _ = _SCORES[column](row[1])
        return "–" if value is None else percent(value)

    def sentence(self, row: Numbered, column: int) -> str:
        """Say a score with its interval."""
        if column in (LABEL, PICTURES):
            return self.tr("{0}: {1:,} pictures").format(row[1].label, row[1].support)
        score = with_interval(*_SCORES[column](row[1]))
        return f"{row[1].label}: {self._titles[column]} {score}"

    def value(self, row: Numbered, column: int, role: int) -> object:
        """Give a score's value and interval to who draws it."""
        if column not in _SCORES or role not in (VALUE, INTERVAL):
            return None
        return _SCORES[column](row[1])[role == INTERVAL]

    def side(self, column: int) -> Qt.AlignmentFlag:
        """Put names left, numbers right."""
        return LEFT if column == LABEL else RIGHT

    def title(self, column: int) -> str:
        """Mark the column that it is sorted by."""
        arrow = " ↑" if self._by[1] == UP else " ↓"
        return super().title(column) + (arrow if column == self._by[0] else "")

    def meaning(self, column: int) -> str:
        """Explain a score."""
        return self._meanings[column]

    def sort(self, column: int, order: Qt.SortOrder = UP) -> None:
        """Sort by a column; what is undefined comes last either way."""
        self._by = (column, order)
        self.rearrange(self._sorted(self._rows))

    def _sorted(self, rows: Sequence[Numbered]) -> list[Numbered]:
        column, order = self._by
        down = order != UP
        rows = sorted(rows, key=lambda row: row[0])  # equal ones stay in the card's order
        if column == LABEL:
            return sorted(rows, key=lambda row: row[1].label.casefold(), reverse=down)
        sign = -1 if down else 1

        def key(row: Numbered) -> tuple[bool, float]:
            value = row[1].support if column == PICTURES else _SCORES[column](row[1])[0]
            return value is None, sign * (value or 0.0)

        return sorted(rows, key=key)


class LabelTable(RowTable):
    """The table.

    Signals:
        chosen: number of a label, by a click or Enter.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, parent)
        self.labels = LabelModel(self)
        self.setModel(self.labels)
        self.setItemDelegate(ScoreDelegate(self))
        self.setAccessibleName(self.tr("Scores of the labels"))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(LABEL, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        self.sortByColumn(F1, UP)
        self._choosing = Choosing(self, self._choose)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the labels what the scores leave; where there is little room, leave some out."""
        super().resizeEvent(event)
        width, left = self.viewport().width(), 5
        for column in (AVERAGE, PICTURES, PRECISION):
            without = width < NAME + left * SCORE
            self.setColumnHidden(column, without)
            left -= without
        wide = min(max((width - 150) // left, SCORE), LARGEST)
        for column in _SCORES:
            self.setColumnWidth(column, wide)
        self.setColumnWidth(PICTURES, SCORE)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.labels.row_at(index.row())[0])
