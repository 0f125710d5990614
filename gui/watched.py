"""A watched folder and its CSV, for one thread that may wait for them; knows no Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ..errors import TlxError
from ..inference.answer_log import AnswerLog, LoggedAnswer
from ..inference.watching import INTERVAL, Arrival, Arrivals, pause_after
from .opened_model import Model
from .protocol import Row

TOPK = 5


@dataclass(frozen=True)
class Plan:
    """What is watched, by which model file.

    Attributes:
        model: path of an `.onnx` file.
        folder: that is watched.
        csv: file that grows by a row an answer; empty for none.
        new_only: whether what is there at the start is passed.
    """

    model: str
    folder: str
    csv: str = ""
    new_only: bool = False


@dataclass(frozen=True)
class Seen:
    """A picture that came, and its answer; `time` as in `inference.watching.Answered`."""

    time: str
    arrival: Arrival
    row: Row


class Watched:
    """The folder and the CSV.

    Args:
        plan: says which.
        model: that answers.

    Raises:
        TlxError: one of them cannot be used.
    """

    def __init__(self, plan: Plan, model: Model) -> None:
        card = model.card
        self._arrivals = Arrivals(plan.folder)
        self._log: AnswerLog | None = None
        self._unwritten: list[LoggedAnswer] = []
        if plan.new_only:
            self._arrivals.skip_present()
        if plan.csv:
            ranks = min(TOPK, len(card.labels))
            self._log = AnswerLog(Path(plan.csv), ranks, card.task == "multi-label")
            try:
                self._arrivals.skip(self._log.answered())
            except BaseException:
                self._log.close()
                raise

    def look(self) -> tuple[list[Arrival], float]:
        """Give what has become whole, and the seconds to wait before the next look.

        Raises:
            DataError: the folder cannot be listed.
        """
        start = monotonic()
        arrived = self._arrivals.look()
        return arrived, pause_after(monotonic() - start, INTERVAL)

    @property
    def missing(self) -> int:
        """How many answers have no row yet."""
        return len(self._unwritten)

    def note(self, seen: Sequence[Seen]) -> None:
        """Take answers whose rows are to be written; of any thread."""
        if self._log is not None:
            self._unwritten += map(_logged, seen)

    def write(self) -> str:
        """Append the rows that are missing; gives why it fails, or ""."""
        if self._log is None:
            return ""
        rows = list(self._unwritten)  # more may be noted meanwhile
        try:
            self._log.append(rows)
        except TlxError as error:
            return str(error)
        del self._unwritten[: len(rows)]
        return ""

    def close(self) -> None:
        """Let others write the CSV."""
        if self._log is not None:
            self._log.close()


def _logged(seen: Seen) -> LoggedAnswer:
    row = seen.row
    ranked = [(one.label, one.probability) for one in row.predictions]
    start = (seen.time, seen.arrival.path, seen.arrival.modified, row.error)
    return LoggedAnswer(*start, ranked, row.labels, row.unknown, row.unknown_score)
