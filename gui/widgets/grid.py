"""Where the cards of a gallery lie: computed, so that their number does not matter."""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize

MARGIN = 0
PADDING = 20
"""A card's width beyond its picture's."""
TEXT_HEIGHT = 54
"""Of a card below its picture."""


@dataclass(frozen=True)
class Grid:
    """Cards in lines, from left to right; the columns share the width that is there.

    Attributes:
        count: of the cards.
        side: the longest side of a picture, in pixels, as all that follows.
        room: the viewport's size.
        offset: how much lies above the viewport.
    """

    count: int
    side: int
    room: QSize
    offset: int = 0

    @property
    def columns(self) -> int:
        """Cards beside each other."""
        return max((self._width + PADDING // 2) // (self.side + PADDING), 1)

    @property
    def cell(self) -> QSize:
        """A card's size."""
        return QSize(self._width // self.columns, self.side + TEXT_HEIGHT + PADDING)

    @property
    def height(self) -> int:
        """Of all lines."""
        return -(-self.count // self.columns) * self.cell.height() + 2 * MARGIN

    @property
    def page(self) -> int:
        """Cards that are seen at once, in whole lines, at least one."""
        return max(self.room.height() // self.cell.height(), 1) * self.columns

    @property
    def in_sight(self) -> tuple[int, int]:
        """The first and the last card of which something is seen; (0, -1) without any."""
        height = self.cell.height()
        top = max(self.offset - MARGIN, 0) // height
        bottom = (self.offset + self.room.height() - MARGIN) // height
        return top * self.columns, min((bottom + 1) * self.columns, self.count) - 1

    def rect(self, row: int) -> QRect:
        """Give where a card lies on the viewport."""
        cell, line = self.cell, row // self.columns
        x = MARGIN + row % self.columns * cell.width()
        return QRect(QPoint(x, MARGIN + line * cell.height() - self.offset), cell)

    def at(self, point: QPoint) -> int:
        """Give the card at a place of the viewport, -1 where there is none."""
        row = self.near(point)
        return row if row >= 0 and self.rect(row).contains(point) else -1

    def near(self, point: QPoint) -> int:
        """Give the card at a place, or a close one; -1 without any."""
        line = max(point.y() - MARGIN + self.offset, 0) // self.cell.height()
        column = max(point.x() - MARGIN, 0) // self.cell.width()
        return min(line * self.columns + min(column, self.columns - 1), self.count - 1)

    def up(self, row: int) -> int:
        """Give the card above; in the first line the card itself."""
        return row - self.columns if row >= self.columns else row

    def down(self, row: int) -> int:
        """Give the card below, the last one where the last line is shorter."""
        last = self.count - 1
        return min(row + self.columns, last) if row // self.columns < last // self.columns else row

    @property
    def _width(self) -> int:
        return max(self.room.width() - 2 * MARGIN, 1)
