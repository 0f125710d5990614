"""Whole files: their digest, and writing them so that whoever looks finds no part of one."""

import glob
import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 220
"""Bytes of a name that leave room for what is added; file systems allow 255 altogether."""


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Give a temporary name beside `path`; what is written there takes its place at the end.

    It is synced to the disk before it is renamed. On any error it is removed, and `path` stays
    as it was.

    Raises:
        OSError: with `path` as its file name, which the user knows.
    """
    temporary = temporary_beside(path)
    if temporary.is_symlink():  # planted: what is written would go through it
        temporary.unlink()
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        # Without a number its own text is all there is: a name would hide it.
        named = error.filename is None and error.errno is not None
        if named or error.filename in (temporary, os.fspath(temporary)):
            error.filename = os.fspath(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """Compute a file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unfinished(path: Path, ending: str = "partial") -> Iterator[Path]:
    """Find what killed processes left of `path`; somebody who still writes it is found too."""
    yield from path.parent.glob(f".{glob.escape(_stem(path))}.*.{ending}")


def leftovers(path: Path, ending: str = "partial") -> Iterator[Path]:
    """Find what killed processes left of `path`; what a running one has is left out."""
    start = hidden_beside(path, "").name
    for left in unfinished(path, ending):
        if is_of_dead(left.name.removeprefix(start).removesuffix(f".{ending}")):
            yield left


def is_of_dead(number: str) -> bool:
    """Tell whether the process that a temporary name tells of has ended; no for no number."""
    # One of our own number is of a process before us: in a container numbers begin anew.
    return number.isdecimal() and (int(number) == os.getpid() or not _is_running(int(number)))


def _is_running(process: int) -> bool:
    """Tell whether a process is there; where that cannot be asked, say yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def temporary_beside(path: Path, ending: str = "partial") -> Path:
    """Name what this process makes of `path` before it is whole: `.NAME.PID.ENDING`."""
    return hidden_beside(path, f"{os.getpid()}.{ending}")


def hidden_beside(path: Path, ending: str) -> Path:
    """Name a hidden file that belongs to `path` and lies beside it: `.NAME.ENDING`.

    For a name that leaves no room for that stands its digest.
    """
    return path.with_name(f".{_stem(path)}.{ending}")


def _stem(path: Path) -> str:
    name = os.fsencode(path.name)
    return path.name if len(name) <= _LONGEST else hashlib.sha256(name).hexdigest()


def clear_unfinished(*paths: Path) -> None:
    """Remove what killed processes left of files; nobody else may be writing them now."""
    for path in paths:
        for left in unfinished(path):
            left.unlink(missing_ok=True)
