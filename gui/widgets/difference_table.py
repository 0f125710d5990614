"""The pictures on which two files differ, a row each."""

from dataclasses import dataclass
from pathlib import PurePath

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHeaderView, QWidget

from ..report_numbers import ReportNumbers
from ..wording import percent
from .row_model import RowModel
from .row_table import Choosing, RowTable
from .score_delegate import ScoreDelegate

ROW = 30
"""Pixels of a row's height."""


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
    return f"{entry.text(key, 'label')} {percent(entry.number(key, 'probability') or 0.0)}"


class DifferenceModel(RowModel[Difference]):
    """The rows: picture, truth and two answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = (self.tr("Picture"), self.tr("Truth"), "A", "B")

    def text(self, row: Difference, column: int) -> str:
        """Write a cell."""
        return (PurePath(row.path).name, row.truth or "–", row.first, row.second)[column]

    def sentence(self, row: Difference, column: int) -> str:
        """Give the whole path, or what the cell says."""
        return self.text(row, column) if column else row.path

    def spoken(self, row: Difference, column: int) -> str:
        """Say the column too."""
        return f"{self._titles[column]}: {self.text(row, column)}"


class DifferenceTable(RowTable):
    """The table.

    Signals:
        chosen: path of a picture, by a click or Enter.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, parent)
        self.differences = DifferenceModel(self)
        self.setModel(self.differences)
        self.setItemDelegate(ScoreDelegate(self))
        self.setAccessibleName(self.tr("Pictures on which the two files differ"))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._choosing = Choosing(self, self._choose)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.differences.row_at(index.row()).path)
