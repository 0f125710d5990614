"""Locks: of two commands that write the same files at once, the second is refused.

The system holds a lock for as long as the process lives, so that a killed one leaves none behind;
at most it leaves the empty file, which the next one removes.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import UsageError

_held: set[BinaryIO] = set()


@contextmanager
def only_writer(folder: Path, command: str) -> Generator[None]:
    """Be the only `tlx COMMAND` that writes into a folder.

    The folder is made where it is missing, with those above, and removed again if it stays empty.

    Raises:
        UsageError: another one writes there.
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    refusal = (
        f"another tlx {command} is writing into {folder}; wait until it has ended, "
        "or choose another --out"
    )
    try:
        with _holding(folder_lock(folder, command), refusal):
            yield
    finally:
        with suppress(OSError):  # something was written
            for place in made:
                place.rmdir()


@contextmanager
def only_writer_of(path: Path) -> Generator[None]:
    """Be the only one that writes a file.

    Raises:
        UsageError: another one does.
    """
    refusal = f"{path}: another tlx is writing it; wait until it has ended, or choose another name"
    with _holding(path.with_name(f".{path.name}.lock"), refusal):
        yield


def folder_lock(folder: Path, command: str) -> Path:
    """Name the file that a command locks; a killed one leaves it behind, empty and unlocked."""
    return folder / f".{command}.lock"


@contextmanager
def _holding(path: Path, refusal: str) -> Generator[None]:
    file = _take(path, refusal)
    _held.add(file)
    try:
        yield
    finally:
        # Removed while it is still held: who opened it before finds that it is gone (`_take`).
        with suppress(PermissionError):  # Windows removes no open file; an empty one stays
            path.unlink(missing_ok=True)
        _held.discard(file)
        file.close()


def _take(path: Path, refusal: str) -> BinaryIO:
    while True:
        try:
            file = path.open("ab")
        except OSError as error:
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
