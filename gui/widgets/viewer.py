"""One picture: fitted, enlarged at the cursor, moved, and with the heat map of a label on it."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsPixmapItem,
    QGraphicsRectItem,
    QGraphicsScene,
    QGraphicsView,
    QLabel,
    QWidget,
)

from ..theme import colours
from .painting import draw_ring

STEP = 1.25
LARGEST, SMALLEST = 32.0, 0.02
FIT_LARGEST = 8.0
"""A picture of a few pixels is not blown up beyond this when it is fitted."""

ROUND = 8
"""Radius of the corners, in pixels."""
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)

_HEAT = ((0, 0, 4), (81, 18, 124), (183, 55, 121), (252, 137, 97), (252, 253, 191))
"""Five steps of the perceptually even map "magma" (Smith and van der Walt, CC0)."""


class Viewer(QGraphicsView):
    """Shows a picture.

    Signals:
        zoomed: the scale in percent of the picture's pixels.
    """

    zoomed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for part in (self, self.viewport()):
            part.setAccessibleName(self.tr("Picture"))
        self._scene = QGraphicsScene(self)
        self.setScene(self._scene)
        self._picture = QGraphicsPixmapItem()
        self._heat = QGraphicsPixmapItem()
        self._seen = QGraphicsRectItem()
        smooth = Qt.TransformationMode.SmoothTransformation
        for item in (self._picture, self._heat):
            item.setTransformationMode(smooth)
        for item in (self._picture, self._heat, self._seen):
            self._scene.addItem(item)
        self._fitted, self._preview, self._ringed = True, False, False
        self._wanted_heat: tuple[Sequence[Sequence[float]], Sequence[float]] | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(policy)
        self.setVerticalScrollBarPolicy(policy)
        self.setAcceptDrops(False)  # the window takes what is dropped
        self.viewport().setAcceptDrops(False)
        self._note = QLabel(self)
        self._note.setObjectName("muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.set_heat_opacity(55)
        self.refresh_theme()

    def refresh_theme(self) -> None:
        """Take the theme's colour for what lies around the picture."""
        self.setBackgroundBrush(QBrush(QColor(colours().canvas)))

    @property
    def scale_percent(self) -> int:
        """Screen pixels per pixel of the picture, in percent."""
        return round(self.transform().m11() * self.devicePixelRatioF() * 100)

    def show_picture(self, image: QImage) -> None:
        """Show a picture, fitted; a null one is said to be unreadable."""
        self._preview = False
        self._note.setText(self.tr("This picture cannot be shown") if image.isNull() else "")
        self._show(QPixmap.fromImage(image))
        if self._wanted_heat is not None:
            self.show_heat(*self._wanted_heat)

    def show_preview(self, thumbnail: QPixmap | None) -> None:
        """Show a small picture, or nothing, while the large one is being decoded."""
        self.clear_heat()
        self._preview = True
        self._note.setText("")
        self._show(thumbnail or QPixmap())

    def show_heat(self, values: Sequence[Sequence[float]], region: Sequence[float]) -> None:
        """Lay a map over the part of the picture that the network saw.

        Args:
            values: rows of numbers; coloured from their lowest to their highest.
            region: left, top, right, bottom in shares of the picture.
        """
        self._wanted_heat = values, region
        size = self._picture.boundingRect().size()
        if self._preview or size.isEmpty():  # it comes with the picture
            return
        left, top, right, bottom = region
        box = QRectF(left * size.width(), top * size.height(), 0, 0)
        box.setRight(right * size.width())
        box.setBottom(bottom * size.height())
        pixmap = QPixmap.fromImage(heat_image(values))
        self._heat.setPixmap(pixmap)
        self._heat.setPos(box.topLeft())
        scale = self._heat.transform().fromScale(
            box.width() / pixmap.width(), box.height() / pixmap.height()
        )
        self._heat.setTransform(scale)
        self._seen.setRect(box)

    def clear_heat(self) -> None:
        """Take the map away."""
        self._wanted_heat = None
        self._heat.setPixmap(QPixmap())
        self._seen.setRect(QRectF())

    def set_heat_opacity(self, percent: int) -> None:
        """Make the map more or less see-through."""
        self._heat.setOpacity(percent / 100)
        pen = self._seen.pen()
        pen.setColor(QColor(255, 255, 255, 170))
        pen.setCosmetic(True)
        self._seen.setPen(pen)

    def fit(self) -> None:
        """Show the whole picture as large as fits."""
        self._fitted = True
        size = self._picture.boundingRect().size()
        if size.isEmpty():
            self.zoomed.emit(0)
            return
        room = self.viewport().rect().adjusted(12, 12, -12, -12)
        most = LARGEST if self._preview else FIT_LARGEST
        scale = min(room.width() / size.width(), room.height() / size.height(), most)
        self._set_scale(max(scale, SMALLEST))
        self.centerOn(self._picture)

    def actual_size(self) -> None:
        """Show a pixel of the picture on a pixel of the screen."""
        self._fitted = False
        self._set_scale(1 / self.devicePixelRatioF())

    def zoom(self, factor: float) -> None:
        """Enlarge, around the cursor if it is over the picture."""
        self._fitted = False
        self._set_scale(min(max(self.transform().m11() * factor, SMALLEST), LARGEST))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Enlarge with the wheel."""
        self.zoom(STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit again, if it was fitted."""
        super().resizeEvent(event)
        self._note.setGeometry(self.rect())
        if self._fitted:
            self.fit()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Show the focus to who came by the keyboard."""
        self._ringed = event.reason() in _BY_KEY
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Show it no longer."""
        self._ringed = False
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Round the corners, whose colour is that of the window."""
        super().paintEvent(event)
        painter, box, corners = QPainter(self.viewport()), QRectF(self.rect()), QPainterPath()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corners.addRect(box)
        corners.addRoundedRect(box, ROUND, ROUND)  # what lies in both is left out
        painter.fillPath(corners, QColor(colours().window))
        if self._ringed:
            draw_ring(painter, box, ROUND - 1)
        painter.end()

    def _show(self, pixmap: QPixmap) -> None:
        self._picture.setPixmap(pixmap)
        self._scene.setSceneRect(QRectF(self._picture.boundingRect()))
        self.fit()

    def _set_scale(self, scale: float) -> None:
        self.setTransform(self.transform().fromScale(scale, scale))
        self.zoomed.emit(self.scale_percent)


def heat_image(values: Sequence[Sequence[float]], fine: int = 160) -> QImage:
    """Colour a map, smooth between its values, about `fine` pixels a side."""
    low = min(map(min, values))
    span = (max(map(max, values)) - low) or 1.0
    grey = QImage(len(values[0]), len(values), QImage.Format.Format_Grayscale8)
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            level = round(255 * (value - low) / span)
            grey.setPixelColor(x, y, QColor(level, level, level))
    smooth = Qt.TransformationMode.SmoothTransformation
    larger = grey.scaled(fine, fine, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
    indexed = larger.convertToFormat(QImage.Format.Format_Grayscale8)
    coloured = QImage(indexed.constBits(), fine, fine, indexed.bytesPerLine(), _INDEXED).copy()
    coloured.setColorTable([_heat_colour(level / 255) for level in range(256)])
    return coloured


_INDEXED = QImage.Format.Format_Indexed8


def _heat_colour(share: float) -> int:
    at = min(share, 1.0) * (len(_HEAT) - 1)
    low = min(int(at), len(_HEAT) - 2)
    parts = zip(_HEAT[low], _HEAT[low + 1], strict=True)
    red, green, blue = (round(a + (b - a) * (at - low)) for a, b in parts)
    return QColor(red, green, blue).rgb()
