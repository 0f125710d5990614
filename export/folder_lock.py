"""A lock on a folder: of two exports into one, each would lose the other's rows of its records.

The system holds it for as long as the process lives, so that a killed one leaves no lock behind;
at most it leaves the empty file, which the next export removes.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import UsageError

LOCK = ".export.lock"


@contextmanager
def only_export(folder: Path) -> Generator[None]:
    """Be the only export that writes into a folder.

    Raises:
        UsageError: another one does.
    """
    path = folder / LOCK
    file = _take(path)
    try:
        yield
    finally:
        # Removed while it is still held: who opened it before finds that it is gone (`_take`).
        with suppress(PermissionError):  # Windows removes no open file; an empty one stays
            path.unlink(missing_ok=True)
        file.close()


def _take(path: Path) -> BinaryIO:
    while True:
        file = path.open("ab")
        if not _lock(file):
            file.close()
            raise UsageError(
                f"another tlx export is writing into {path.parent}; wait until it has ended, "
                "or choose another --out"
            )
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
