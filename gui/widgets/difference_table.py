"""The pictures on which two files differ, a row each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from ..report_numbers import ReportNumbers
from .score_delegate import ScoreDelegate

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
ROW = 30
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Difference:
    """A picture on which two files differ.

    Attributes:
        path: the picture.
        truth: its labels; empty if they are not known.
        first: what the first file says.
        second: what the second says.
        right: "first", "second", "neither", or "" without truth.
    """

    path: str
    truth: str
    first: str
    second: str
    right: str


def read_differences(numbers: ReportNumbers) -> list[Difference]:
    """Read a comparison's pictures.

    Raises:
        UnexpectedJsonError: they are not as documented.
    """
    return [
        Difference(
            entry.text("path"),
            _labels(entry, "truth") if entry.has("truth") else "",
            _answer(entry, "first"),
            _answer(entry, "second"),
            entry.text("right"),
        )
        for entry in numbers.entries("disagreements")
    ]


def _labels(entry: ReportNumbers, key: str) -> str:
    return entry.text(key) if entry.is_text(key) else ", ".join(entry.texts(key)) or "–"


def _answer(entry: ReportNumbers, key: str) -> str:
    if entry.is_list(key):
        return ", ".join(entry.texts(key)) or "–"
    return f"{entry.text(key, 'label')} {entry.number(key, 'probability') or 0.0:.0%}"


class DifferenceModel(QAbstractTableModel):
    """The rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Difference, ...] = ()
        self._titles = (self.tr("Picture"), self.tr("Truth"), "A", "B")

    def show(self, rows: Sequence[Difference]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def path_at(self, row: int) -> str:
        """Give the picture of a row."""
        return self._rows[row].path

    def rowCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One row a picture."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """Count picture, truth and two answers."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give what a cell shows."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        texts = (PurePath(row.path).name, row.truth or "–", row.first, row.second)
        if role == Qt.ItemDataRole.DisplayRole:
            return texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.path if index.column() == 0 else texts[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._titles[index.column()]}: {texts[index.column()]}"
        return None

    def headerData(  # noqa: N802 - Qt's name
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:  # noqa: ANN401
        """Give a column's title."""
        if orientation == Qt.Orientation.Vertical or not 0 <= section < len(self._titles):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT
        return None


class DifferenceTable(QTableView):
    """The table.

    Signals:
        chosen: path of a picture, by a click or Enter.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.differences = DifferenceModel(self)
        self.setModel(self.differences)
        self.setItemDelegate(ScoreDelegate(self))
        self.setAccessibleName(self.tr("Pictures on which the two files differ"))
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
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(self._choose)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the current picture by Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.differences.path_at(index.row()))
