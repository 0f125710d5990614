"""Looking for pictures in folders, in a thread: a large folder must not hold the window up."""

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ..errors import TlxError
from .background import Background

CHUNK = 500


class Scan(QObject):
    """Finds pictures.

    Signals:
        found: some paths, in order. failed: why a folder cannot be searched.
        ended: how many there were in all.
    """

    found = Signal(object)  # a list converted by Qt would lose names that are not Unicode
    ended = Signal(int)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopped = False
        self.running = False
        self._thread = Background()

    def start(self, places: Sequence[str]) -> None:
        """Look in folders, to their bottom; a file is taken whatever its ending."""
        self._stopped, self.running = False, True
        self._thread.start(lambda: self._try(places))

    def stop(self) -> None:
        """Give up and wait for the thread."""
        self._stopped = True
        self._thread.clear()
        self._thread.wait()

    def _try(self, places: Sequence[str]) -> None:
        try:
            self._look(places)
        except (OSError, TlxError) as error:
            self.failed.emit(str(error))
        finally:
            self.running = False

    def _look(self, places: Sequence[str]) -> None:
        from ..samples.folders import find_pictures

        count, chunk = 0, list[str]()
        for place in places:
            folder = os.path.isdir(place)  # noqa: PTH112 - says no where pathlib raises
            for path in find_pictures(Path(place)) if folder else [place]:
                if self._stopped:
                    return
                chunk.append(os.path.abspath(path))  # noqa: PTH100 - symlinks stay as they are
                count += 1
                if len(chunk) == CHUNK:
                    self.found.emit(chunk)
                    chunk = []
        self.found.emit(chunk)
        self.ended.emit(count)
