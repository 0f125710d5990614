"""A CSV that grows by a row an answer: written at once, and gone on with after a restart."""

import csv
import errno
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ..errors import UsageError
from .answers_csv import JUDGEMENT, judgement_cells
from .folder_lock import only_writer_of
from .label_text import joined
from .spreadsheet import plain_cells

_END = b"\r\n"


@dataclass(frozen=True)
class LoggedAnswer:
    """A row.

    Attributes:
        time: of the answer, ISO 8601 in UTC; `modified` likewise, of the file's last change.
        path: of the picture.
        modified: see `time`.
        error: one line, or None.
        ranked: labels with probabilities in 0..1, the most probable first; none with an error.
        chosen: the labels that it is said to have, for the multi-label task; None for the other.
        unknown: whether it is none of the labels; None for a file without a rule for that.
        unknown_score: larger is stranger; None likewise.
    """

    time: str
    path: str
    modified: str
    error: str | None
    ranked: Sequence[tuple[str, float]] = ()
    chosen: Sequence[str] | None = None
    unknown: bool | None = None
    unknown_score: float | None = None


class AnswerLog:
    """The file. It is opened for each write, so it may be moved away, and read, at any time.

    Nobody else can write it until it is closed, unless its folder takes no new file: the lock is
    one. Use it as a context.

    Args:
        path: of the CSV; one that an earlier run wrote is gone on with.
        ranks: labels a row.
        multi_label: whether rows have chosen labels.

    Raises:
        UsageError: it cannot be written, is not such a file of the same columns, or another
            process is writing it.
    """

    def __init__(self, path: Path, ranks: int, multi_label: bool) -> None:
        self.path = path
        self._ranks = ranks
        chosen = ("labels",) if multi_label else ()
        more = [f"{name}_{rank}" for rank in range(2, ranks + 1) for name in _RANKED]
        self.columns = ("time", "path", "modified", "error", *chosen, *_RANKED, *more, *JUDGEMENT)
        self._header = _line(self.columns)
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}; make it first")
        with ExitStack() as held:
            try:
                self._lock(held)
                if path.exists():
                    self._refuse_foreign_file()
                    self._cut_half_row()
            except OSError as error:
                raise self._unwritable(error) from None
            self._write(b"")
            self._held = held.pop_all()

    def _lock(self, held: ExitStack) -> None:
        try:
            # By its own name, whatever links lead to it: rows are added through a link.
            held.enter_context(only_writer_of(Path(os.path.realpath(self.path))))
        except OSError as error:
            # A file that may be written in a folder that may not: as good as can be had there.
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise

    def __enter__(self) -> "AnswerLog":
        """Begin; it is held already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End as `close` does."""
        self.close()

    def close(self) -> None:
        """Let others write it; of any thread."""
        self._held.close()

    def append(self, answers: Sequence[LoggedAnswer]) -> None:
        """Write rows; all of them or, where that fails, none.

        Raises:
            UsageError: they cannot be written.
        """
        if answers:
            self._write(b"".join(_line(self._cells(answer)) for answer in answers))

    def answered(self) -> Iterator[tuple[str, str]]:
        """Give path and time of change of each picture that has a row.

        Raises:
            UsageError: the file cannot be read.
        """
        try:
            with self.path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                rows = csv.DictReader(file)
                yield from ((row["path"], row["modified"]) for row in rows)
        except (OSError, csv.Error) as error:
            raise UsageError(f"{self.path} cannot be read: {error}") from None

    def _cells(self, answer: LoggedAnswer) -> list[object]:
        ranked: list[object] = [cell for pair in answer.ranked[: self._ranks] for cell in pair]
        ranked += [""] * (2 * self._ranks - len(ranked))
        chosen = [joined(answer.chosen or ())] if "labels" in self.columns else []
        judged = judgement_cells(answer.unknown, answer.unknown_score)
        start = (answer.time, answer.path, answer.modified, answer.error or "")
        return [*start, *plain_cells([*chosen, *ranked]), *judged]

    def _write(self, content: bytes) -> None:
        try:
            with self.path.open("ab", buffering=0) as file:
                size = file.seek(0, os.SEEK_END)
                whole = content if size else self._header + content
                try:
                    if file.write(whole) != len(whole):
                        raise OSError(0, "the disk is full")
                except OSError:
                    with suppress(OSError):
                        file.truncate(size)
                    raise
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> UsageError:
        said = error.strerror or error
        return UsageError(f"{self.path} cannot be written: {said}; choose another")

    def _refuse_foreign_file(self) -> None:
        if not self.path.is_file():  # a FIFO is waited for
            raise UsageError(f"{self.path} is no file; choose another name")
        with self.path.open("rb") as file:
            start = file.read(len(self._header))
        if not self._header.startswith(start):
            raise UsageError(
                f"{self.path}: exists and is no log of these columns (another program's, or of "
                "another --topk or model); choose another name"
            )

    def _cut_half_row(self) -> None:
        """Take away what a power cut left of a row; its picture is then answered again."""
        with self.path.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LONGEST))
            tail = file.read()
            whole = tail.rfind(_END) + len(_END) if _END in tail else 0
            file.truncate(size - len(tail) + whole)


_RANKED = ("label", "probability")
_LONGEST = 1 << 20
"""Bytes of a row: far more than one can have."""


def _line(cells: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "surrogateescape")
