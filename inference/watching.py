"""Pictures that come into a folder: each once, when it is whole, in the order of arrival.

The folder is looked at again and again: network shares tell nobody of new files. A file is whole
when two looks in a row found the same size and the same time of change. What is written under
another name (`.part`, or one that begins with a dot) and then renamed is therefore whole at once,
and answered at the second look. One that is written over later is a new picture.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import DataError

if TYPE_CHECKING:
    from .classifier import Classifier
    from .prediction import Outcome

INTERVAL = 1.0
"""Seconds between two looks."""
SHARE = 0.1
"""Of the time that looking may take: a large or slow folder is looked at less often."""
KEEP_GONE = 20_000
"""Answered files that are remembered after they have gone: a share may be away for a while."""

_Signature = tuple[int, int]
"""Size in bytes and time of change in nanoseconds."""


@dataclass(frozen=True)
class Arrival:
    """A picture's file that is whole.

    Attributes:
        path: absolute.
        size: in bytes.
        modified: time of its last change, ISO 8601 in UTC, to the microsecond.
    """

    path: str
    size: int
    modified: str


@dataclass(frozen=True, eq=False)
class Answered:
    """A picture that came, and its answer; `time` is that of the answer, as `Arrival.modified`."""

    arrival: Arrival
    outcome: "Outcome"
    time: str


@dataclass(frozen=True)
class FolderLost:
    """The folder cannot be listed any more; it is looked for until it is back."""

    reason: str


@dataclass(frozen=True)
class FolderBack:
    """The folder is there again."""


Event = Answered | FolderLost | FolderBack


class Arrivals:
    """What comes into a folder, and into the folders in it.

    Names that begin with a dot, and files that do not end as pictures do, are passed.

    Args:
        folder: that is watched.

    Raises:
        DataError: it cannot be listed.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.path.abspath(os.fspath(folder))  # noqa: PTH100 - symlinks stay
        self._given: dict[str, _Signature] = {}
        self._waiting: dict[str, _Signature] = {}
        self._list()

    def skip_present(self) -> None:
        """Take what is there now as answered."""
        self._given |= self._list()

    def skip(self, answered: Iterable[tuple[str, str]]) -> None:
        """Take files as answered.

        Args:
            answered: paths, each with its `modified`; those that have changed since are not passed.
        """
        present = self._list()
        for path, modified in answered:
            if path in present and _modified(present[path]) == modified:
                self._given[path] = present[path]

    def look(self) -> list[Arrival]:
        """Give what has become whole since the last look, the earliest change first.

        Raises:
            DataError: the folder cannot be listed.
        """
        found = self._list()
        fresh = {path: one for path, one in found.items() if self._given.get(path) != one}
        ready = [path for path, one in fresh.items() if self._waiting.get(path) == one]
        ready.sort(key=lambda path: (found[path][1], path))
        for path in ready:
            self._given[path] = fresh.pop(path)
        self._waiting = fresh
        self._forget(found)
        return [Arrival(path, found[path][0], _modified(found[path])) for path in ready]

    def _forget(self, found: dict[str, _Signature]) -> None:
        """Keep memory bounded; an empty folder may be the place of a share that is away."""
        if found and len(self._given) > len(found) + KEEP_GONE:
            gone = [path for path in self._given if path not in found]
            for path in gone[:-KEEP_GONE]:
                del self._given[path]

    def _list(self) -> dict[str, _Signature]:
        found: dict[str, _Signature] = {}
        for path in self._files():
            with suppress(OSError):  # it has just gone
                # Not the entry's own: on Windows that lags behind while a file is being written.
                status = os.stat(path)  # noqa: PTH116 - for thousands of files at a time
                found[path] = status.st_size, status.st_mtime_ns
        return found

    def _files(self) -> Iterator[str]:
        from .picture import PICTURE_SUFFIXES  # not above: a window may not load Pillow so early

        folders = [self.folder]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        elif entry.name.lower().endswith(PICTURE_SUFFIXES):
                            yield entry.path
            except OSError as error:
                if folder == self.folder:
                    reason = error.strerror or str(error)
                    raise DataError(f"{folder} cannot be watched: {reason}") from None


def watch(
    classifier: "Classifier",
    arrivals: Arrivals,
    wait: Callable[[float], bool],
    interval: float = INTERVAL,
) -> Iterator[Event]:
    """Classify what comes into a folder, until it is told to end.

    Memory stays the same however many pictures come.

    Args:
        classifier: that answers.
        arrivals: of the folder.
        wait: waits for some seconds, 0 for none, and tells whether to go on.
        interval: seconds between two looks.

    Yields:
        `Answered` for each picture, a bad one too; `FolderLost` and `FolderBack` when that
        happens.
    """
    pause, lost = 0.0, False
    while wait(pause):
        start = monotonic()
        try:
            arrived = arrivals.look()
        except DataError as error:
            if not lost:
                yield FolderLost(str(error))
            pause, lost = interval, True
            continue
        if lost:
            yield FolderBack()
        pause, lost = pause_after(monotonic() - start, interval), False
        outcomes = classifier.classify_files(arrival.path for arrival in arrived)
        for arrival, outcome in zip(arrived, outcomes, strict=True):
            yield Answered(arrival, outcome, now())
            if not wait(0):
                return


def pause_after(seconds: float, interval: float) -> float:
    """Say how long to wait after a look that took some seconds."""
    return max(interval, seconds / SHARE)


def now() -> str:
    """Give the time: ISO 8601 in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _modified(signature: _Signature) -> str:
    try:
        moment = _EPOCH + timedelta(microseconds=signature[1] // 1000)
    except OverflowError:  # some file systems take any number
        return str(signature[1])
    return moment.isoformat(timespec="microseconds")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
