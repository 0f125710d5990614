"""The hidden folder in which an export makes its files."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError
from ..inference.folder_lock import only_writer
from ..inference.whole_file import leftovers, temporary_beside


@contextmanager
def work_folder(folder: Path) -> Generator[Path]:
    """Give a hidden folder beside the final names; what killed exports left of theirs goes.

    A folder that was made for that and stays empty is removed again.

    Raises:
        UsageError: `folder` is no folder, or another export is at work in it.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(f"{folder} is no folder; give --out a folder")
    with only_writer(folder, "export"), _hidden(folder) as work:
        yield work


@contextmanager
def _hidden(folder: Path) -> Generator[Path]:
    for left in leftovers(folder / "export"):
        shutil.rmtree(left, ignore_errors=True)
    work = temporary_beside(folder / "export")
    work.mkdir()
    try:
        yield work
    except OSError as error:
        if error.filename is None or Path(os.fsdecode(error.filename)).is_relative_to(work):
            error.filename = os.fspath(folder)  # the user knows nothing of the hidden one
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
