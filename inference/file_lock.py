"""A lock on a file: only one process does what it stands for.

The system holds it for as long as the process lives, so that a killed one leaves no lock behind;
at most it leaves the empty file, which the next holder removes.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import UsageError


@contextmanager
def only_holder(path: Path, refusal: str) -> Generator[None]:
    """Be the only one that holds the lock at `path`, which is there for as long.

    Raises:
        UsageError: another one does; `refusal` is its text.
    """
    file = _take(path, refusal)
    try:
        yield
    finally:
        # Removed while it is still held: who opened it before finds that it is gone (`_take`).
        with suppress(PermissionError):  # Windows removes no open file; an empty one stays
            path.unlink(missing_ok=True)
        file.close()


def _take(path: Path, refusal: str) -> BinaryIO:
    while True:
        file = path.open("ab")
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
