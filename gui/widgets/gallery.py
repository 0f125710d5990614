"""A grid of cards that stays smooth at a hundred thousand: where a card lies is computed.

QListView's icon mode keeps a rectangle for each item and lays all of them out again whenever the
model is reset, which a filter, an order, and each arrival during a run do.
"""

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyle, QStyleOptionViewItem, QWidget

from .grid import MARGIN, Grid

Index = QModelIndex | QPersistentModelIndex
_OWN_KEYS = (
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home),
    *(Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Return),
    *(Qt.Key.Key_Enter, Qt.Key.Key_Space),
)
"""Keys that mean something else on a single picture, where they are the window's."""


class Gallery(QAbstractItemView):
    """The grid.

    Signals:
        opened: row of a card that was double clicked or entered.
        peeked: the space bar went down, or up.
        looked_at: rows of the first and the last card that are seen, before they are painted.
        enlarged: steps by which larger pictures are wanted, negative for smaller ones.
    """

    opened = Signal(int)
    peeked = Signal(bool)
    looked_at = Signal(int, int)
    enlarged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = 160
        self._seen = (-1, -1)
        self.setAccessibleName(self.tr("Pictures of the folder"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setObjectName("gallery")
        self.setAcceptDrops(False)
        self.setDragEnabled(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.viewport().setAccessibleName(self.accessibleName())
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))

    @property
    def side(self) -> int:
        """The longest side of a picture, in pixels."""
        return self._side

    def set_side(self, side: int) -> None:
        """Show larger or smaller pictures; the current one, or the topmost, stays in sight."""
        current = self.currentIndex().row()
        kept = current if self._is_seen(current) else self._seen[0]
        self._side, self._seen = side, (-1, -1)
        self.updateGeometries()
        if kept >= 0:
            self.scrollTo(self.model().index(kept, 0))
        self.viewport().update()

    @property
    def grid(self) -> Grid:
        """Where the cards lie."""
        model = self.model()
        count = 0 if model is None else model.rowCount()  # pyright: ignore[reportUnnecessaryComparison]
        return Grid(count, self._side, self.viewport().size(), self.verticalOffset())

    def repaint_row(self, row: int) -> None:
        """Paint one card anew."""
        self.viewport().update(self.grid.rect(row))

    def top_of_current(self) -> int | None:
        """Give where the current card begins on the viewport, None if it is not seen."""
        index = self.currentIndex()
        return self.visualRect(index).top() if self._is_seen(index.row()) else None

    def choose(self, row: int) -> None:
        """Make a card the current and only selected one, as far as there is one."""
        if (count := self.grid.count) > 0:
            self.setCurrentIndex(self.model().index(min(max(row, 0), count - 1), 0))

    def select_rows(self, rows: list[int]) -> None:
        """Select cards, without another current one."""
        selection, start, index = QItemSelection(), 0, self.model().index
        for at in range(1, len(rows) + 1):
            if at == len(rows) or rows[at] != rows[at - 1] + 1:
                selection.select(index(rows[start], 0), index(rows[at - 1], 0))
                start = at
        flag = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flag.ClearAndSelect)

    def selected_rows(self) -> list[int]:
        """Give the rows of the selected cards, in rising order."""
        ranges = self.selectionModel().selection().toList()
        return sorted(row for one in ranges for row in range(one.top(), one.bottom() + 1))

    def visualRect(self, index: Index) -> QRect:  # noqa: N802 - Qt's name
        """Give where a card lies on the viewport."""
        return self.grid.rect(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802 - Qt's name
        """Give the card at a place of the viewport."""
        row = self.grid.at(point)
        return self.model().index(row, 0) if row >= 0 else QModelIndex()

    def scrollTo(  # noqa: N802 - Qt's name
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Bring a card into sight, by as little as possible."""
        box, bar = self.visualRect(index), self.verticalScrollBar()
        height = self.viewport().height()
        if hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + box.center().y() - height // 2)
        elif box.top() < MARGIN or box.height() > height:
            bar.setValue(bar.value() + box.top() - MARGIN)
        elif box.bottom() > height - MARGIN:
            bar.setValue(bar.value() + box.bottom() - height + MARGIN)

    def moveCursor(  # noqa: N802 - Qt's name
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Give the card that a key goes to."""
        go, grid = QAbstractItemView.CursorAction, self.grid
        row = max(self.currentIndex().row(), 0)
        if not grid.count:
            return QModelIndex()
        targets = {
            **{go.MoveLeft: row - 1, go.MovePrevious: row - 1},
            **{go.MoveRight: row + 1, go.MoveNext: row + 1},
            **{go.MoveUp: grid.up(row), go.MoveDown: grid.down(row)},
            **{go.MovePageUp: row - grid.page, go.MovePageDown: row + grid.page},
            **{go.MoveHome: 0, go.MoveEnd: grid.count - 1},
        }
        target = targets.get(action, row)
        return self.model().index(min(max(target, 0), grid.count - 1), 0)

    def horizontalOffset(self) -> int:  # noqa: N802 - Qt's name
        """Nothing lies beside what is seen."""
        return 0

    def verticalOffset(self) -> int:  # noqa: N802 - Qt's name
        """Give how many pixels lie above."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:  # noqa: N802 - Qt's name
        """No card is hidden."""
        return False

    def setSelection(  # noqa: N802 - Qt's name
        self, rect: QRect, command: QItemSelectionModel.SelectionFlag
    ) -> None:
        """Select from card to card, in reading order."""
        rows = [self.grid.near(point) for point in (rect.topLeft(), rect.bottomRight())]
        if min(rows) < 0:
            self.selectionModel().select(QItemSelection(), command)
            return
        ends = (self.model().index(row, 0) for row in sorted(rows))
        self.selectionModel().select(QItemSelection(*ends), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:  # noqa: N802
        """Paint all that is seen, which costs less than to find out what."""
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:  # noqa: N802 - Qt's name
        """Fit the scroll bar to the cards."""
        super().updateGeometries()
        grid, bar = self.grid, self.verticalScrollBar()
        bar.setRange(0, max(grid.height - grid.room.height(), 0))
        bar.setEnabled(bar.maximum() > 0)  # a disabled one is not seen, and keeps its place
        bar.setPageStep(grid.room.height())
        bar.setSingleStep(max(grid.cell.height() // 4, 1))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep in sight what was, though there is room for other columns."""
        seen, current = self._seen[0], self.currentIndex().row()
        kept = current if self._is_seen(current) else seen
        super().resizeEvent(event)
        self.updateGeometries()
        if kept > 0:
            self.scrollTo(self.model().index(kept, 0))

    def reset(self) -> None:
        """Take other rows, whose pictures are not yet looked at."""
        self._seen = (-1, -1)
        super().reset()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802 - Qt's name
        """Move what is painted; only what comes into sight is painted anew."""
        self.viewport().scroll(dx, dy)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the cards that are seen, as far as they must be."""
        grid = self.grid
        first, last = grid.in_sight
        if (first, last) != self._seen:
            self._seen = (first, last)
            self.looked_at.emit(first, last)
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        hovered = self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())).row()
        chosen, delegate, model = self.selectionModel(), self.itemDelegate(), self.model()
        flag = QStyle.StateFlag
        for row in range(first, last + 1):
            if not event.rect().intersects(grid.rect(row)):
                continue
            index = model.index(row, 0)
            state = flag.State_Enabled
            state |= flag.State_Selected if chosen.isSelected(index) else flag.State_None
            state |= flag.State_MouseOver if row == hovered else flag.State_None
            if row == self.currentIndex().row():
                state |= flag.State_HasFocus
            setattr(option, "rect", grid.rect(row))  # noqa: B010 - not in the stubs
            setattr(option, "state", state)  # noqa: B010
            delegate.paint(painter, option, index)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Keep the keys that mean something else on a single picture."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            shift = Qt.KeyboardModifier.ShiftModifier
            if Qt.Key(event.key()) in _OWN_KEYS and plain in (Qt.KeyboardModifier(0), shift):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Open, peek, or go to another card."""
        key, row = Qt.Key(event.key()), self.currentIndex().row()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if row >= 0:
                self.opened.emit(row)
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.peeked.emit(True)
        elif key in _OWN_KEYS:
            super().keyPressEvent(event)
        else:  # no search by typing: letters are the review's
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """End a peek."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.peeked.emit(False)
        else:
            super().keyReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scroll; with Ctrl, show larger or smaller pictures."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.enlarged.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Repaint what the mouse is over."""
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.HoverLeave):
            self.viewport().update()
        return super().viewportEvent(event)

    def _is_seen(self, row: int) -> bool:
        return row >= 0 and self._seen[0] <= row <= self._seen[1]
