"""Small pictures of files: read in a thread, the newest wish first, kept up to a size."""

from collections import OrderedDict
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from threading import Lock

from PySide6.QtCore import QBuffer, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

from ..errors import PictureError
from .background import Background

CAPACITY = 64 << 20
"""Bytes of pixels that are kept, if nothing else is said."""
UNSCALED = 1 << 20
"""A resize side that no picture has, so that it is decoded in full."""


class Thumbnails(QObject):
    """Gives small pictures, upright; those that it does not have come later.

    Args:
        side: the longest side, in pixels of the screen.
        capacity: bytes of pixels that are kept.

    Signals:
        ready: the path of a thumbnail that `get` now has.
    """

    ready = Signal(object)
    _read = Signal(int, object, QImage)

    def __init__(self, side: int, parent: QObject | None = None, capacity: int = CAPACITY) -> None:
        super().__init__(parent)
        self._side, self._ratio, self._capacity = side, 1.0, capacity
        self._kept: OrderedDict[str, QPixmap] = OrderedDict()
        self._bytes = 0
        self._wishes: list[str] = []
        self._asked: set[str] = set()
        self._lock = Lock()
        self._generation = 0
        self._busy = False
        self._thread = Background()
        self._read.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def get(self, path: str) -> QPixmap | None:
        """Give a thumbnail, or ask for it and give None; one of no size cannot be read."""
        found = self._kept.get(path)
        if found is not None:
            self._kept.move_to_end(path)
        elif path not in self._asked:
            self._ask(path)
        return found

    def put(self, path: str, image: QImage) -> None:
        """Keep the picture of what is no file."""
        size = QSize(self._side, self._side)
        kept = Qt.AspectRatioMode.KeepAspectRatio
        smooth = Qt.TransformationMode.SmoothTransformation
        self._keep(path, QPixmap.fromImage(image.scaled(size, kept, smooth)))

    def set_side(self, side: int, ratio: float = 1.0) -> None:
        """Give pictures of another size from now on.

        Args:
            side: the longest side, in pixels of the window.
            ratio: of the screen's pixels to the window's.
        """
        if (round(side * ratio), ratio) != (self._side, self._ratio):
            self.forget_wishes()
            self._side, self._ratio = round(side * ratio), ratio
            self._kept.clear()
            self._bytes = 0

    def wish_only(self, paths: Iterable[str]) -> None:
        """Give up what was asked for and is not among these: it is no longer looked at."""
        looked_at = set(paths)
        with self._lock:
            given_up = [path for path in self._wishes if path not in looked_at]
            self._wishes = [path for path in self._wishes if path in looked_at]
        self._asked.difference_update(given_up)

    def forget_wishes(self) -> None:
        """Give up what was asked for and has not come: nobody looks at it any more."""
        with self._lock:
            self._wishes.clear()
        self._asked.clear()
        self._generation += 1

    def stop(self) -> None:
        """Wait for the thread, but not for a share that does not answer."""
        self.forget_wishes()
        self._thread.clear()
        self._thread.wait(2)

    def _ask(self, path: str) -> None:
        self._asked.add(path)
        with self._lock:
            self._wishes.append(path)
            idle, self._busy = not self._busy, True
        if idle:
            self._thread.start(self._work)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._wishes:
                    self._busy = False
                    return
                path, generation, side = self._wishes.pop(), self._generation, self._side
            self._read.emit(generation, path, read_scaled(path, side))

    def _take(self, generation: int, path: str, image: QImage) -> None:
        if generation == self._generation:
            self._asked.discard(path)
            self._keep(path, QPixmap.fromImage(image))
            self.ready.emit(path)

    def _keep(self, path: str, pixmap: QPixmap) -> None:
        if (old := self._kept.pop(path, None)) is not None:
            self._bytes -= _size(old)
        pixmap.setDevicePixelRatio(self._ratio)
        self._kept[path] = pixmap
        self._bytes += _size(pixmap)
        while self._bytes > self._capacity:
            _, old = self._kept.popitem(last=False)
            self._bytes -= _size(old)


def read_scaled(path: str, side: int | None = None) -> QImage:
    """Read a picture as the network sees it, no larger than `side`; a null image for a bad one.

    One beyond the limits of the decode rule is a bad one. A JPEG is read by Qt, which scales while
    it decodes (QImage.scaled would hold Python's lock all the time). Of other formats Qt leaves
    out what that rule says: the orientation of a PNG, white behind what is transparent, the high
    byte of 16 bits.
    """
    from ..inference.picture import read_bytes

    try:
        content = read_bytes(path)
        if not content.startswith(b"\xff\xd8\xff"):
            return _read_by_rule(content, side)
        with _opened_within_limits(content):
            return _read_jpeg(content, side)
    except PictureError:
        return QImage()


@contextmanager
def _opened_within_limits(content: bytes) -> Generator[None]:
    """Raise PictureError before a pixel is decoded; large pictures wait for each other."""
    from ..inference.opening import open_picture, room_for

    try:
        with open_picture(content) as image:
            room = room_for(image, image.size)
    except PictureError:
        raise
    except Exception as error:  # noqa: BLE001 - Pillow raises nearly anything
        raise PictureError(str(error)) from None
    with room:
        yield


def _read_jpeg(content: bytes, side: int | None) -> QImage:
    file = QBuffer()
    file.setData(content)
    reader = QImageReader(file, b"jpeg")
    reader.setAutoTransform(True)
    size = reader.size()
    if side is not None and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def _read_by_rule(content: bytes, side: int | None) -> QImage:
    from ..inference.picture import decode

    picture = decode(content, side or UNSCALED)
    if side is not None:
        picture.thumbnail((side, side))
    line = 3 * picture.width
    form = QImage.Format.Format_RGB888
    # A copy, for the bytes are Python's.
    return QImage(picture.tobytes(), picture.width, picture.height, line, form).copy()


def _size(pixmap: QPixmap) -> int:
    return 4 * pixmap.width() * pixmap.height()
