"""The hidden folder in which an export makes its files."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def work_folder(folder: Path) -> Generator[Path]:
    """Give a hidden folder beside the final names; what killed exports left of theirs goes."""
    for left in folder.glob(".export.*.partial"):
        number = left.name.split(".")[2]
        # One of our own number is of a process before us: in a container numbers begin anew.
        if number.isdecimal() and (int(number) == os.getpid() or not _is_running(int(number))):
            shutil.rmtree(left, ignore_errors=True)
    work = folder / f".export.{os.getpid()}.partial"
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


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
