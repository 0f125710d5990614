"""A report's main numbers, large, with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from .parts import empty, enlarge


@dataclass(frozen=True)
class Figure:
    """A number: its name, its value, its interval or another remark, and what it means."""

    name: str
    value: str
    remark: str = ""
    meaning: str = ""


class Figures(QWidget):
    """The numbers side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show other numbers."""
        empty(self._row)
        for figure in figures:
            self._row.addWidget(_tile(figure), 1)


def _tile(figure: Figure) -> QWidget:
    tile = QWidget()
    tile.setToolTip(figure.meaning)
    value, name, remark = QLabel(figure.value), QLabel(figure.name), QLabel(figure.remark)
    enlarge(value, 1.7)
    for label in (name, remark):
        label.setObjectName("muted")
    name.setAccessibleName(f"{figure.name}: {figure.value} {figure.remark}")
    column = QVBoxLayout(tile)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    for label in (name, value, remark):
        label.setMinimumWidth(20)
        column.addWidget(label)
    return tile
