"""The hidden folder in which an export makes its files."""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError
from ..inference.folder_lock import only_writer
from ..inference.whole_file import hidden_beside, temporary_beside, unfinished


@contextmanager
def work_folder(folder: Path) -> Generator[Path]:
    """Give a hidden folder beside the final names; what killed exports left of theirs goes.

    A folder that was made for that and stays empty is removed again.

    Raises:
        UsageError: `folder` is a file, or another export is at work in it.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give --out a folder")
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


def leftovers(path: Path, ending: str = "partial") -> Iterator[Path]:
    """Find what killed processes left of `path`; what a running one has is left out."""
    start = hidden_beside(path, "").name
    for left in unfinished(path, ending):
        number = left.name.removeprefix(start).removesuffix(f".{ending}")
        # One of our own number is of a process before us: in a container numbers begin anew.
        if number.isdecimal() and (int(number) == os.getpid() or not _is_running(int(number))):
            yield left


def _is_running(process: int) -> bool:
    """Tell whether somebody still exports there; where that cannot be asked, say yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
