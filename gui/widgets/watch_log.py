"""The answers of a watched folder, the newest first, as a table of the last thousand."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from ..theme import colours
from .row_model import RowModel
from .row_table import RowTable

KEPT = 1000


@dataclass(frozen=True)
class LogLine:
    """A row: the time of day, the file's place in the folder, the answer, and its colour's name."""

    time: str
    name: str
    answer: str
    sure: str
    path: str
    colour: str


class WatchLogModel(RowModel[LogLine]):
    """The rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = (self.tr("Time"), self.tr("File"), self.tr("Answer"), self.tr("How sure"))

    @property
    def lines(self) -> list[LogLine]:
        """All that are kept, the newest first."""
        return list(self._rows)

    def add(self, lines: Sequence[LogLine]) -> None:
        """Put lines at the top, the last of them first; the oldest go."""
        some = lines[-KEPT:][::-1]
        last, stay = len(self._rows) - 1, KEPT - len(some)
        if last >= stay:
            self.beginRemoveRows(QModelIndex(), stay, last)
            self._rows = self._rows[:stay]
            self.endRemoveRows()
        if some:
            self.beginInsertRows(QModelIndex(), 0, len(some) - 1)
            self._rows = (*some, *self._rows)
            self.endInsertRows()

    def text(self, row: LogLine, column: int) -> str:
        """Write a cell."""
        return (row.time, row.name, row.answer, row.sure)[column]

    def sentence(self, row: LogLine, column: int) -> str:
        """Give the whole path, or the whole answer."""
        return row.path if column < 2 else f"{row.answer} {row.sure}"

    def spoken(self, row: LogLine, column: int) -> str:
        """Say what is seen."""
        return self.text(row, column)

    def value(self, row: LogLine, column: int, role: int) -> object:
        """Give the colour of an answer."""
        coloured = role == Qt.ItemDataRole.ForegroundRole and column == 2
        return QColor(str(getattr(colours(), row.colour))) if coloured else None


class WatchLog(RowTable):
    """The table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, parent)
        self.answers = WatchLogModel(self)
        self.setModel(self.answers)
        self.setObjectName("log")
        self.setAccessibleName(self.tr("Answers of the watched folder"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        digits = self.fontMetrics().horizontalAdvance("00:00:00")
        for column, width in ((0, digits + 40), (2, 200), (3, 220)):
            self.setColumnWidth(column, width)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
