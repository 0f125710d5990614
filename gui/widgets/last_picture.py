"""The picture that came last, read in a thread; of many that come at once the newest is shown."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..background import Background
from ..theme import colours
from ..thumbnails import read_scaled

SIDE = 640


class LastPicture(QWidget):
    """Shows a picture's file."""

    _read = Signal(str, QImage)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("The last picture"))
        self.setMinimumSize(180, 150)
        policy = QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, policy)
        self._wish, self._image, self._busy = "", QImage(), False
        self._thread = Background()
        self._read.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def image(self) -> QImage:
        """What is shown; null for nothing."""
        return self._image

    def show_file(self, path: str) -> None:
        """Show a picture as soon as it is read; an empty path for none."""
        self._wish = path
        if not path:
            self._image = QImage()
            self.update()
        elif not self._busy:
            self._busy = True
            self._thread.start(lambda: self._emit(path))

    def stop(self) -> None:
        """Wait for the thread, but not for a share that does not answer."""
        self._wish = ""
        self._thread.clear()
        self._thread.wait(2)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it as large as fits."""
        painter, box = QPainter(self), self.rect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().canvas))
        painter.drawRoundedRect(QRectF(box), 8, 8)
        if not self._image.isNull():
            room = box.adjusted(8, 8, -8, -8)
            keep = Qt.AspectRatioMode.KeepAspectRatio
            size: QSize = self._image.size().scaled(room.size(), keep)
            left = room.left() + (room.width() - size.width()) // 2
            top = room.top() + (room.height() - size.height()) // 2
            target = QRectF(left, top, size.width(), size.height())
            painter.drawImage(target, self._image)

    def _emit(self, path: str) -> None:
        self._read.emit(path, read_scaled(path, SIDE))

    def _take(self, path: str, image: QImage) -> None:
        self._busy = False
        if path == self._wish:
            self._image = image
            self.update()
        elif self._wish:
            self.show_file(self._wish)
