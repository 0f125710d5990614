"""From a name in a table to the picture it means."""

import os
from collections import defaultdict
from functools import cached_property
from pathlib import Path, PurePath

from ..errors import DataError
from ..inference.picture import PICTURE_SUFFIXES
from .folders import find_pictures


class PictureNames:
    """The pictures of a folder by name, with or without their ending.

    A name with the ending of a picture is that file, whether it exists or not. Another one that
    is no file itself is the one picture with this stem: at this place, else anywhere below. For
    that the folder is walked once.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, name: str, where: str) -> Path:
        """Find the picture that a name means; `where` begins the error's text.

        Raises:
            DataError: no picture has this stem, or several have.
        """
        path = self._root / name
        if path.suffix.lower() in PICTURE_SUFFIXES or _is_file(path):
            return path
        pictures = self._by_place.get(place(path)) or self._by_stem.get(name, [])
        if len(pictures) == 1:
            return pictures[0]
        if not pictures:
            raise DataError(f"{where}: no picture in {self._root} is called {name} or {name}.*")
        one, other = (picture.relative_to(self._root).as_posix() for picture in pictures[:2])
        raise DataError(f"{where}: {name} may be {one} or {other}; write the ending and folder")

    @cached_property
    def _pictures(self) -> list[Path]:
        return list(find_pictures(self._root))

    @cached_property
    def _by_place(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = defaultdict(list)
        for path in self._pictures:
            found[place(path.with_suffix(""))].append(path)
        return dict(found)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = defaultdict(list)
        for path in self._pictures:
            found[path.stem].append(path)
        return dict(found)


def place(path: Path) -> str:
    """Spell a path in one way, so that two spellings of one file are seen to be one."""
    return os.path.abspath(path)  # noqa: PTH100 - links stay, so that a moved folder is the same


def relative_name(path: Path, root: Path) -> str:
    """Name a file relative to a folder, with slashes, beginning with .. where it lies outside."""
    try:
        return PurePath(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive of Windows
        return path.absolute().as_posix()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return False
