"""Which pictures the words of a command line mean."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from ..errors import DataError


def find_listed(arguments: Sequence[str], stdin: TextIO) -> Iterator[str]:
    """Do what `find_paths` does, and read lists: text files (.txt), Parquet files and folders.

    Only where very many are meant: elsewhere a text beside the pictures is a bad picture, a row,
    and so is a word that names nothing, which is refused here before anything is found.

    Raises:
        DataError: as there, a word names nothing, or a list cannot be read.
    """
    for argument in arguments:
        _require_meaning(argument)
    for argument in arguments:
        ending = os.path.splitext(argument)[1].lower()  # noqa: PTH122
        if ending == ".parquet" and os.path.exists(argument):  # noqa: PTH110
            yield from _found(_rows(Path(argument)), f"no paths in {argument}")
        elif ending == ".txt" and os.path.isfile(argument):  # noqa: PTH113
            yield from _found(_lines_of(Path(argument)), f"no paths in {argument}")
        else:
            yield from find_paths([argument], stdin)


def find_paths(arguments: Sequence[str], stdin: TextIO) -> Iterator[str]:
    """Turn arguments into files: folders are searched, globs expanded, `-` reads a list.

    What is no folder and no glob stays as it is, so that a missing file becomes a row.

    Raises:
        DataError: a folder without pictures, a glob that fits nothing, an empty list.
    """
    for argument in arguments:
        if argument == "-":
            yield from _found(_lines(stdin), "an empty list on stdin")
        # os.path says no where pathlib raises: a name too long, a folder that may not be entered.
        elif os.path.isdir(argument):  # noqa: PTH112
            yield from _pictures_of(argument)
        elif not os.path.exists(argument) and glob.has_magic(argument):  # noqa: PTH110
            # A folder and what lies in it may both fit, so each picture is kept once.
            yield from _found(iter(dict.fromkeys(_matches(argument))), f"nothing fits {argument}")
        else:
            yield argument


def _require_meaning(argument: str) -> None:
    from ..inference.remote import is_url

    there = os.path.exists(argument)  # noqa: PTH110 - says no, never raises
    if not (there or argument == "-" or glob.has_magic(argument) or is_url(argument)):
        raise DataError(f"{argument}: no such file or folder; give pictures, folders or lists")


def _lines(file: TextIO) -> Iterator[str]:
    return (line.rstrip("\r\n") for line in file)


def _lines_of(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            yield from _lines(file)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _rows(path: Path) -> Iterator[str]:
    from ..inference.path_table import listed_in_parquet

    yield from listed_in_parquet(path)


def _matches(pattern: str) -> Iterator[str]:
    from ..samples.folders import find_pictures

    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - may be absolute
        if os.path.isdir(match):  # noqa: PTH112
            yield from (str(path) for path in find_pictures(Path(match)))
        else:
            yield match


def _pictures_of(folder: str) -> Iterator[str]:
    from ..samples.folders import find_pictures

    paths = (str(path) for path in find_pictures(Path(folder)))
    yield from _found(paths, f"no pictures in {folder}")


def _found(paths: Iterator[str], otherwise: str) -> Iterator[str]:
    empty = True
    for path in paths:
        if path:
            empty = False
            yield path
    if empty:
        raise DataError(f"{otherwise}; give pictures, folders, globs, or - for a list on stdin")
