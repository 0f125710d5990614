"""A file's copy and its digest, piece by piece: whoever ends the work waits for a piece only."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

PIECE = 4 << 20
"""Bytes. Each piece of a copy is on the disk before the next: a slow one would else be waited for
at the end, all at once. Most pictures are one piece."""


class Stopped(Exception):  # noqa: N818 - it is no error
    """The work was to end before the file's end."""


def copy(source: str, place: Path, stopped: Callable[[], bool]) -> str:
    """Copy a file with its times, to the disk; gives its SHA-256, in hexadecimal digits.

    Args:
        source: what a link leads to is copied.
        place: the copy, which stays as far as it is written whatever happens.
        stopped: asked before each piece.

    Raises:
        Stopped: it is to end.
        OSError: the system refuses.
    """
    digest = hashlib.sha256()
    with open(source, "rb") as given, place.open("wb") as made:  # noqa: PTH123 - the path's bytes
        while piece := given.read(PIECE):
            if stopped():
                raise Stopped
            digest.update(piece)
            made.write(piece)
            made.flush()
            os.fsync(made.fileno())
    shutil.copystat(source, place)
    return digest.hexdigest()


def digest_of(path: Path, stopped: Callable[[], bool]) -> str:
    """Compute a file's SHA-256 likewise."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            if stopped():
                raise Stopped
            digest.update(piece)
    return digest.hexdigest()
