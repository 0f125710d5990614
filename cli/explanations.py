"""A folder of explanations: pictures with the activation map of their label over them."""

import os
import re
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DataError, UsageError
from ..inference.folder_lock import only_writer
from ..inference.whole_file import is_of_dead, replacing

if TYPE_CHECKING:
    from PIL import Image

    from ..inference.prediction import Prediction
    from ..inference.session import ModelSession

MARK = b"written by tlx classify --explain"
"""The comment of every file here, so that only our own is replaced."""
_LONGEST_NAME = 200
_UNFINISHED = re.compile(r"\..+\.jpg\.(\d+)\.partial")


@contextmanager
def open_explanations(folder: Path) -> Generator["ExplanationFolder"]:
    """Make or open the folder, for one process.

    Raises:
        UsageError: it cannot be made or written into, or another process writes there.
    """
    with ExitStack() as held:
        try:
            held.enter_context(only_writer(folder, "classify", ", or choose another --explain"))
            for left in folder.iterdir():
                if _is_leftover(left):
                    left.unlink()
        except OSError as error:
            raise UsageError(f"--explain {folder}: {error.strerror}; give a folder") from None
        yield ExplanationFolder(folder)


class ExplanationFolder:
    """Writes explanations into a folder, each under its picture's name.

    A file of an earlier run is replaced. Where two pictures of this run have one name, or a file
    that is not ours has it, the later gets a number: `shirt.jpg`, `shirt-2.jpg`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._taken: set[str] = set()

    def write(
        self, session: "ModelSession", picture: str, prediction: "Prediction"
    ) -> dict[str, str]:
        """Write the maps of the chosen labels, or of the most probable where none is chosen.

        Returns:
            The files' paths by label, most probable label first.
        """
        from ..inference.explanation import explain

        labels = [row.label for row in prediction.chosen or prediction.top(1)]
        return {
            found.label: str(self._save(found.overlay(), Path(picture).stem))
            for found in explain(session, picture, labels)
        }

    def _save(self, image: "Image.Image", name: str) -> Path:
        path = self._free(name)
        try:
            with replacing(path) as temporary:
                content = BytesIO()  # Pillow, writing by itself, overlooks a disk that is full
                image.save(content, "JPEG", quality=90, comment=MARK)
                temporary.write_bytes(content.getvalue())
        except OSError as error:
            raise UsageError(f"--explain {path} cannot be written: {error.strerror}") from None
        return path

    def _free(self, name: str) -> Path:
        short = name if len(os.fsencode(name)) <= _LONGEST_NAME else name[: _LONGEST_NAME // 4]
        path, number = self.folder / f"{short}.jpg", 1
        # In lower case: many file systems take A.jpg and a.jpg for one.
        while path.name.lower() in self._taken or _is_foreign(path):
            number += 1
            path = self.folder / f"{short}-{number}.jpg"
        self._taken.add(path.name.lower())
        return path


def without_drawn(pictures: Sequence[str], folder: Path) -> list[str]:
    """Leave out what an earlier run drew into the folder: a glob or a list may name it too.

    Raises:
        DataError: nothing is left.
    """
    drawn = os.path.realpath(folder)
    left = [path for path in pictures if not _is_drawn_in(drawn, path)]
    if not left:
        raise DataError(f"all pictures were drawn by an earlier --explain {folder}; give others")
    return left


def _is_drawn_in(folder: str, picture: str) -> bool:
    try:
        path = Path(os.path.realpath(picture))
    except ValueError:  # no name of a file: a row
        return False
    return os.fspath(path.parent) == folder and _is_drawn(path)


def _is_leftover(path: Path) -> bool:
    """Tell whether an earlier run of ours was killed while it wrote this file."""
    found = _UNFINISHED.fullmatch(path.name)
    if found is None or not is_of_dead(found[1]) or path.is_symlink() or not path.is_file():
        return False
    return path.stat().st_size == 0 or _is_drawn(path)


def _is_foreign(path: Path) -> bool:
    return os.path.lexists(path) and (path.is_symlink() or not _is_drawn(path))


def _is_drawn(path: Path) -> bool:
    """Tell whether a file is ours; no for one that cannot be read."""
    try:
        if not path.is_file():  # a FIFO is waited for
            return False
        with path.open("rb") as file:
            return MARK in file.read(200)
    except OSError:
        return False
