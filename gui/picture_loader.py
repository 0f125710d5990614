"""Pictures in full, decoded in a thread: one of 12 million pixels takes a fifth of a second."""

from collections import OrderedDict

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from .background import Background
from .thumbnails import read_scaled

LONGEST = 8192
"""Pixels of a shown picture's long side: a graphics card takes no more, memory hardly."""
KEPT = 3
"""Pictures: the one that is looked at and its neighbours."""


class PictureLoader(QObject):
    """Decodes the picture that was asked for last.

    Signals:
        loaded: a path, and its picture; a null one if it cannot be read.
    """

    loaded = Signal(object, QImage)
    _read = Signal(object, QImage)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted = ""
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._thread = Background()
        self._read.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def get(self, path: str) -> QImage | None:
        """Give a picture that is here; else ask for it, in place of what was asked for before."""
        self._wanted = path
        found = self._kept.get(path)
        if found is None:
            self._thread.clear()
            self._thread.start(lambda: self._work(path))
        return found

    def stop(self) -> None:
        """Wait for the thread, but not for a share that does not answer."""
        self._wanted = ""
        self._thread.clear()
        self._thread.wait(2)

    def _work(self, path: str) -> None:
        # Converted here, so that the window's thread can take it as it is.
        image = read_scaled(path, LONGEST)
        if not image.isNull():
            image.convertTo(QImage.Format.Format_RGB32)
        self._read.emit(path, image)

    def _take(self, path: str, image: QImage) -> None:
        self._kept[path] = image
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if path == self._wanted:
            self.loaded.emit(path, image)
