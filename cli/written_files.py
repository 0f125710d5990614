"""Files that an option names: found to be writable before the work, and written after it."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from ..errors import UsageError


def require_writable(option: str, path: Path, folder: Path) -> None:
    """Write a file without a name into the folder, so that a long work is not for nothing.

    Args:
        option: as the user gave it, such as "--report".
        path: what it names.
        folder: where that is written; `path` itself, or its parent.

    Raises:
        UsageError: nothing can be written there.
    """
    with writing(option, path), TemporaryFile(dir=folder):
        pass


@contextmanager
def writing(option: str, path: Path) -> Generator[None]:
    """Turn what the system says against writing into one line that names the option.

    Raises:
        UsageError: the system refused to.
    """
    try:
        yield
    except OSError as error:
        said = error.strerror or error
        raise UsageError(f"{option} {path} cannot be written: {said}; choose another") from None


def refuse_inside(option: str, folder: Path, data: str | Path | None) -> None:
    """Refuse to write pictures among those that are read: the next command would read them too.

    Args:
        option: as the user gave it, such as "--out".
        folder: what it names.
        data: a folder of the user's pictures, or anything else.

    Raises:
        UsageError: the one lies in the other.
    """
    if data is None or not os.path.isdir(data):  # noqa: PTH112 - says no, never raises
        return
    if folder.resolve().is_relative_to(Path(data).resolve()):
        raise UsageError(
            f"{option} {folder} lies inside {data}, and what is drawn there would be taken for "
            f"pictures of it; give {option} elsewhere"
        )


def make_folder(option: str, folder: Path) -> None:
    """Make a folder that files will be written into.

    Raises:
        UsageError: it is a file, or nothing can be written there.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{option} {folder} is a file; give a folder")
    with writing(option, folder):
        folder.mkdir(parents=True, exist_ok=True)
    require_writable(option, folder, folder)
