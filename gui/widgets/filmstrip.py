"""The session's pictures in a row, each with its thumbnail and label."""

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ..session import Session
from ..theme import Colours, colours
from ..thumbnails import Thumbnails
from ..verdict_label import answered_label

Index = QModelIndex | QPersistentModelIndex
CELL = QSize(104, 112)
THUMBNAIL = Qt.ItemDataRole.DecorationRole
VERDICT = Qt.ItemDataRole.UserRole
"""Of a picture: "unreadable", "right", "wrong", "unsure" as a person said, or ""."""
NO_PARENT = QModelIndex()


class PictureModel(QAbstractListModel):
    """The session's pictures, in the order in which they came."""

    def __init__(self, session: Session, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._thumbnails = session, thumbnails
        self._count = len(session.results) if session.begun else 0
        session.pictures_added.connect(self._insert)
        session.answered.connect(self._changed)
        session.reviewed.connect(self._changed)
        session.model_loaded.connect(lambda _: self._all_changed())

    def rowCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One row a picture."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give what a cell shows."""
        row = index.row()
        if not index.isValid() or row >= self._count:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._answer(row)
        if role == THUMBNAIL:
            return self._thumbnails.get(self._session.results.paths[row])
        if role == VERDICT:
            return self._verdict(row)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{self._session.results.paths[row]}: {self._answer(row)}"
        return None

    def _answer(self, index: int) -> str:
        row = self._session.results.row(index)
        if row is None:
            return ""
        if row.error is not None:
            return self.tr("unreadable")
        if row.labels is not None:
            return ", ".join(row.labels) or self.tr("none")
        if row.unknown:
            return self.tr("unknown")
        first = row.predictions[0]
        return f"{first.label} {first.probability:.0%}"

    def _verdict(self, index: int) -> str:
        results = self._session.results
        row, said = results.row(index), self._session.review.of(results.paths[index])
        if row is not None and row.error is not None:
            return "unreadable"
        if row is None or said is None:
            return ""
        if said.label is None:
            return "unsure"
        return "right" if said.label == answered_label(row) else "wrong"

    def _insert(self, first: int, count: int) -> None:
        self.beginInsertRows(NO_PARENT, first, first + count - 1)
        self._count = first + count
        self.endInsertRows()

    def _changed(self, indices: list[int]) -> None:
        if indices:
            self.dataChanged.emit(self.index(min(indices), 0), self.index(max(indices), 0))

    def _all_changed(self) -> None:
        if self._count:
            self._changed([0, self._count - 1])


class CellDelegate(QStyledItemDelegate):
    """Draws a cell: thumbnail, label, and a mark for what a person said."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell."""
        theme = colours()
        box = QRect(getattr(option, "rect"))  # noqa: B009 - the stubs leave the fields out
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        painter.save()
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        frame = QRectF(box.adjusted(5, 5, -5, -25))
        self._picture(painter, frame, index.data(THUMBNAIL), theme)
        if state & QStyle.StateFlag.State_Selected:
            pen = painter.pen()
            pen.setColor(QColor(theme.accent))
            pen.setWidthF(2.5)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(-1, -1, 1, 1), 7, 7)
        verdict = str(index.data(VERDICT))
        self._mark(painter, frame, verdict, theme)
        painter.setPen(QColor(theme.bad if verdict == "unreadable" else theme.text))
        line = box.adjusted(4, box.height() - 23, -4, -3)
        metrics = QFontMetrics(painter.font())
        text = metrics.elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Cells of one size."""
        return CELL

    def _picture(
        self, painter: QPainter, frame: QRectF, pixmap: QPixmap | None, theme: Colours
    ) -> None:
        path = QPainterPath()
        path.addRoundedRect(frame, 6, 6)
        painter.fillPath(path, QColor(theme.canvas))
        if pixmap is None:
            return
        if pixmap.isNull():
            painter.setPen(QColor(theme.muted))
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "?")
            return
        painter.setClipPath(path)
        scale = max(frame.width() / pixmap.width(), frame.height() / pixmap.height())
        shown = QRectF(0, 0, pixmap.width() * scale, pixmap.height() * scale)
        shown.moveCenter(frame.center())
        painter.drawPixmap(shown, pixmap, QRectF(pixmap.rect()))
        painter.setClipping(False)

    def _mark(self, painter: QPainter, frame: QRectF, verdict: str, theme: Colours) -> None:
        colours_of = {"right": theme.good, "wrong": theme.unsure, "unsure": theme.unsure}
        colour = {**colours_of, "unreadable": theme.bad}.get(verdict)
        if colour is None:
            return
        circle = QRectF(frame.right() - 19, frame.top() + 4, 15, 15)
        painter.setPen(QColor(theme.base))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(circle)
        font = painter.font()
        small = painter.font()
        small.setPixelSize(10)
        small.setBold(True)
        painter.setFont(small)
        sign = {"right": "✓", "wrong": "✎", "unsure": "?"}.get(verdict, "!")
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, sign)
        painter.setFont(font)


class Filmstrip(QListView):
    """The row.

    Signals:
        shown: number of the picture that was chosen.
    """

    shown = Signal(int)

    def __init__(
        self, session: Session, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Pictures of this session"))
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Cheap, and put together by Qt, where a signal for each cell would not be.
        thumbnails.ready.connect(lambda _: self.viewport().update())
        self.setModel(PictureModel(session, thumbnails, self))
        self.setItemDelegate(CellDelegate(self))
        self.setFixedHeight(CELL.height() + 18)
        self.selectionModel().currentChanged.connect(self._tell)

    @property
    def current(self) -> int:
        """Number of the chosen picture, -1 without one."""
        return self.currentIndex().row()

    def choose(self, index: int) -> None:
        """Choose a picture, as far as there is one, with those before and after it in sight."""
        count = self.model().rowCount()
        if count:
            place = self.model().index(min(max(index, 0), count - 1), 0)
            self.setCurrentIndex(place)
            self.scrollTo(place, QListView.ScrollHint.PositionAtCenter)

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.shown.emit(index.row())
