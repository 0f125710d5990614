"""Locks: of two commands that write the same files at once, the second is refused.

The system holds a lock for as long as the process lives, so that a killed one leaves none behind;
at most it leaves the empty file, which the next one removes.
"""

import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import UsageError
from .whole_file import hidden_beside

_held: set[BinaryIO] = set()
# Neither a link is followed nor a FIFO waited for: a stranger's folder may hold them.
_CAUTIOUS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _CAUTIOUS


@contextmanager
def only_holder(path: Path, refusal: str) -> Generator[None]:
    """Be the only one that holds the lock at `path`, which is there for as long.

    Raises:
        UsageError: another one does; `refusal` is its text.
    """
    file = _take(path, refusal)
    _held.add(file)
    try:
        yield
    finally:
        # Removed while it is still held: who opened it before finds that it is gone (`_take`).
        with suppress(OSError):  # Windows removes no open file; an empty one stays
            path.unlink()
        _held.discard(file)
        file.close()


@contextmanager
def only_writer(
    folder: Path, command: str, otherwise: str = ", or choose another --out"
) -> Generator[None]:
    """Be the only `tlx COMMAND` that writes into a folder.

    The folder is made where it is missing, with those above it, and removed again if it stays
    empty.

    Args:
        folder: that is written into.
        command: one of tlx.
        otherwise: ends the refusal: what else can be done than to wait.

    Raises:
        UsageError: another one writes there.
    """
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    refusal = f"another tlx {command} is writing into {folder}; wait until it has ended{otherwise}"
    try:
        with only_holder(folder_lock(folder, command), refusal):
            yield
    finally:
        with suppress(OSError):  # something was written
            for one in made:
                one.rmdir()


@contextmanager
def only_writer_of(path: Path) -> Generator[None]:
    """Be the only one that writes a file.

    Raises:
        UsageError: another one does.
    """
    refusal = f"{path}: another tlx is writing it; wait until it has ended, or choose another name"
    with only_holder(hidden_beside(path, "lock"), refusal):
        yield


def folder_lock(folder: Path, command: str) -> Path:
    """Name the file that a command locks; a killed one leaves it behind, empty and unlocked."""
    return folder / f".{command}.lock"


def is_held(path: Path) -> bool:
    """Tell whether somebody holds the lock at `path`; no where there is no such file."""
    try:
        file = path.open("r+b")
    except OSError:
        return False
    with file:
        return not _lock(file)


def _take(path: Path, refusal: str) -> BinaryIO:
    while True:
        try:
            file = os.fdopen(os.open(path, _FLAGS, 0o666), "ab")
        except OSError as error:
            if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
                raise UsageError(f"{path} is no file; remove it, tlx locks a file there") from None
            error.filename = os.fspath(path.parent)  # the user knows nothing of a lock
            raise
        if not _lock(file):
            file.close()
            raise UsageError(refusal)
        if _is_there(path, file):
            return file
        file.close()  # its last holder removed it after it was opened here


def _is_there(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file: BinaryIO) -> bool:
    """Lock an open file if nobody else has; the system unlocks it when it is closed."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: as good as can be had there
        return True
    return True


def _let_go() -> None:
    """Close the locks in a forked process: it may outlive this one, and would hold them."""
    for file in _held:
        file.close()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
