"""The answers of a watched folder, the newest first, as a table of the last thousand."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ..theme import colours

Index = QModelIndex | QPersistentModelIndex
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


class WatchLogModel(QAbstractTableModel):
    """The rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: deque[LogLine] = deque()
        self._titles = (self.tr("Time"), self.tr("File"), self.tr("Answer"), self.tr("How sure"))

    @property
    def lines(self) -> list[LogLine]:
        """All that are kept, the newest first."""
        return list(self._lines)

    def add(self, lines: Sequence[LogLine]) -> None:
        """Put lines at the top, the last of them first; the oldest go."""
        some = lines[-KEPT:]
        beyond = len(self._lines) + len(some) - KEPT
        if beyond > 0:
            self.beginRemoveRows(QModelIndex(), len(self._lines) - beyond, len(self._lines) - 1)
            for _ in range(beyond):
                self._lines.pop()
            self.endRemoveRows()
        if some:
            self.beginInsertRows(QModelIndex(), 0, len(some) - 1)
            self._lines.extendleft(some)
            self.endInsertRows()

    def clear(self) -> None:
        """Forget all."""
        self.beginResetModel()
        self._lines.clear()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        """One row a picture."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - likewise
        """Four columns."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give a cell."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (line.time, line.name, line.answer, line.sure)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.path if index.column() < 2 else f"{line.answer} {line.sure}"
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 2:
            return QColor(str(getattr(colours(), line.colour)))
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # noqa: ANN401
        """Give a column's title."""
        titled = orientation == Qt.Orientation.Horizontal and section < len(self._titles)
        return self._titles[section] if titled and role == Qt.ItemDataRole.DisplayRole else None


class WatchLog(QTableView):
    """The table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answers = WatchLogModel(self)
        self.setModel(self.answers)
        self.setAccessibleName(self.tr("Answers of the watched folder"))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        digits = self.fontMetrics().horizontalAdvance("00:00:00")
        for column, width in ((0, digits + 40), (2, 200), (3, 220)):
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.refresh_theme()

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        theme = colours()
        self.setStyleSheet(f"""
            QTableView {{ background: {theme.base}; border: 1px solid {theme.border};
                border-radius: 8px; color: {theme.text};
                selection-background-color: {theme.border}; selection-color: {theme.text}; }}
            QTableView:focus {{ border-color: {theme.accent}; }}
            QTableView::item {{ padding: 0 8px; border: 0; }}
            QHeaderView {{ background: {theme.base}; border: 0; }}
            QHeaderView::section {{ background: {theme.base}; color: {theme.muted};
                border: 0; padding: 6px 8px; font-weight: 600; }}
        """)
