"""The table of answers that `tlx classify --csv` and the window write: a row a picture."""

import csv
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..errors import UsageError
from .folder_lock import only_writer_of
from .label_text import joined
from .spreadsheet import flag_cell, plain_cells
from .whole_file import clear_unfinished, replacing

HEADER = ("path", "error", "label", "probability")
MULTI_LABEL_HEADER = ("path", "error", "labels", "label", "probability")
JUDGEMENT = ("unknown", "unknown_score")
"""The last columns of every table: empty for a file without a rule for unknown pictures."""
_LONGEST_HEADER = 1 << 20
"""Bytes that are looked at: of some ten thousand labels."""

Cells = Sequence[object]
Write = Callable[[Cells], None]


def write_answers(path: Path, rows: Iterable[Cells], topk: int, multi_label: bool) -> None:
    """Write a table of rows that `answer_cells` and `error_cells` gave.

    Raises:
        UsageError: it cannot be written; nothing is left of it then.
    """
    with open_answers(path, topk, multi_label) as write:
        for row in rows:
            write(row)


@contextmanager
def open_answers(path: Path, topk: int, multi_label: bool) -> Generator[Write]:
    """Give the function that writes a row; the table is there when all of them are.

    A row that ends early, as that of an error does, is filled with empty cells: some readers of
    CSV refuse rows of different lengths.

    Raises:
        UsageError: as above.
    """
    columns = _columns(topk, multi_label)
    with open_table(path, [columns]) as write:
        yield lambda row: write((*plain_cells(row), *[""] * (len(columns) - len(row))))


def write_table(path: Path, header: Iterable[Cells], rows: Iterable[Cells]) -> None:
    """Write a CSV; names of files that are not UTF-8 keep their bytes.

    Raises:
        UsageError: as above.
    """
    with open_table(path, header) as write:
        for row in rows:
            write(row)


@contextmanager
def open_table(path: Path, header: Iterable[Cells]) -> Generator[Write]:
    """Give the function that writes a row of a CSV; it is there when all rows are.

    Raises:
        UsageError: as above, or another process is writing it.
    """
    with ExitStack() as held:
        with _saying(path):
            held.enter_context(only_writer_of(path))
            clear_unfinished(path)
            temporary = held.enter_context(replacing(path))
            opened = temporary.open("w", encoding="utf-8", newline="", errors="surrogateescape")
            file = held.enter_context(opened)
        writer = csv.writer(file)

        def write(row: Cells) -> None:
            with _saying(path):
                writer.writerow(row)

        for row in header:
            write(row)
        yield write
        with _saying(path):
            file.close()


@contextmanager
def _saying(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def answer_cells(
    path: str,
    ranked: Iterable[tuple[str, float]],
    chosen: Iterable[str] | None,
    unknown: bool | None,
    unknown_score: float | None,
) -> Cells:
    """Give the row of a picture; `chosen` are the labels that apply, in the multi-label task."""
    answers = [value for entry in ranked for value in entry]
    applying = [] if chosen is None else [joined(chosen)]
    return [path, "", *applying, *answers, *judgement_cells(unknown, unknown_score)]


def judgement_cells(unknown: bool | None, unknown_score: float | None) -> Cells:
    """Give the cells of `JUDGEMENT`."""
    return [flag_cell(unknown), "" if unknown_score is None else unknown_score]


def error_cells(path: str, error: str) -> Cells:
    """Give the row of a picture that cannot be read; what it has not are empty cells at its end."""
    return [path, error]


def require_new(path: Path) -> None:
    """Refuse to replace any file.

    Raises:
        UsageError: it is there, or its folder is not.
    """
    _require_folder(path)
    if os.path.lexists(path):
        raise UsageError(f"{path}: exists; choose another name")


def require_own(path: Path) -> None:
    """Refuse to replace a file that is no table of answers, or empty: it is the user's own.

    Raises:
        UsageError: it is not, or there is no such folder.
    """
    _require_folder(path)
    if not path.exists():
        return
    try:
        start = _first_line(path) if path.is_file() else b"x"
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if start and not _is_header(start):
        raise UsageError(f"{path}: exists and was not written by tlx; choose another name")


def _require_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; make it first")


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(_LONGEST_HEADER)


def _is_header(line: bytes) -> bool:
    """Tell whether a line is, as a whole, the header of a table of answers of any `topk`."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    topk = text.count(",probability")
    return text in {",".join(_columns(topk, several)) for several in (False, True)}


def _columns(topk: int, multi_label: bool) -> tuple[str, ...]:
    header = MULTI_LABEL_HEADER if multi_label else HEADER
    more = (f"{name}_{rank}" for rank in range(2, topk + 1) for name in HEADER[2:])
    return (*header, *more, *JUDGEMENT)
