"""A lock on a folder: of two exports into one, each would lose the other's rows of its records."""

from contextlib import AbstractContextManager
from pathlib import Path

from ..inference.file_lock import only_holder

LOCK = ".export.lock"


def only_export(folder: Path) -> AbstractContextManager[None]:
    """Be the only export that writes into a folder.

    Raises:
        UsageError: another one does.
    """
    return only_holder(
        folder / LOCK,
        f"another tlx export is writing into {folder}; wait until it has ended, "
        "or choose another --out",
    )
