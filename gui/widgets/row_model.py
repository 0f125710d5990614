"""The model of every table and list: a row each of a sequence, under titled columns."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
Row = TypeVar("Row")
NO_PARENT = QModelIndex()
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RowModel(QAbstractTableModel, Generic[Row]):
    """What is the same in all of them; a subclass says what stands in a cell."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[Row] = ()
        self._titles: tuple[str, ...] = ("",)  # a list has one column, whose title is not seen

    def show(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rearrange(self, rows: Sequence[Row]) -> None:
        """Show the same rows in another order; what is chosen moves with them."""
        self.layoutAboutToBeChanged.emit()
        before, old = self._rows, self.persistentIndexList()
        self._rows = tuple(rows)
        places = {id(row): place for place, row in enumerate(rows)}
        moved = [self.index(places[id(before[one.row()])], one.column()) for one in old]
        self.changePersistentIndexList(old, moved)
        self.layoutChanged.emit()

    def row_at(self, place: int) -> Row:
        """Give what a row shows."""
        return self._rows[place]

    def text(self, row: Row, column: int) -> str:
        """Write a cell."""
        raise NotImplementedError

    def sentence(self, row: Row, column: int) -> str:
        """Say more of a cell, in its tooltip."""
        return self.text(row, column)

    def spoken(self, row: Row, column: int) -> str:
        """Say a cell to who does not see it."""
        return self.sentence(row, column)

    def value(self, row: Row, column: int, role: int) -> object:
        """Give what else a cell is drawn with."""
        return None

    def side(self, column: int) -> Qt.AlignmentFlag:
        """Tell where a column's texts stand."""
        return LEFT

    def title(self, column: int) -> str:
        """Write a column's title."""
        return self._titles[column]

    def meaning(self, column: int) -> str | None:
        """Explain a column, in the tooltip of its title."""
        return None

    def rowCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """Count the rows; a row has none below it."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """Count the columns."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give what a cell shows."""
        if not self._holds(index):
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.sentence(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.side(column)
        return self.value(row, column, role)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # noqa: ANN401
        """Give a column's title, what it means, and where it stands."""
        if orientation == Qt.Orientation.Vertical or not 0 <= section < len(self._titles):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.title(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.meaning(section)
        return self.side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _holds(self, index: Index) -> bool:
        within = index.row() < len(self._rows) and index.column() < self.columnCount()
        return index.isValid() and within
