"""`tlx classify --watch`: what comes into a folder is classified as it comes."""

import signal
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ..errors import UsageError
from .answer_text import outcome_json, show_outcome
from .interruption import TakenSignals
from .model_options import Opening, show_provider
from .picture_counts import unreadable_share
from .screen import Screen

if TYPE_CHECKING:
    from ..inference.answer_log import AnswerLog, LoggedAnswer
    from ..inference.classifier import Classifier
    from ..inference.watching import Answered, Event

NAP = 0.1
"""Seconds within which it is noticed that the end was asked for."""


class Ending(TakenSignals):
    """Notes SIGTERM and Ctrl-C, so that what is under way is finished; a second one stops at once.

    Use it as a context.
    """

    def __init__(self) -> None:
        # One that is ignored (as by nohup) stays so.
        names = ("SIGINT", "SIGTERM", "SIGBREAK")
        super().__init__(names, self._ask, lambda handler: handler is not signal.SIG_IGN)
        self._asked = False

    def wait(self, seconds: float) -> bool:
        """Wait, and tell whether to go on."""
        end = time.monotonic() + seconds
        while not self._asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, NAP))
        return not self._asked

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True


def watch_folder(
    opening: Opening,
    folder: Path,
    topk: int,
    csv_file: Path | None,
    as_json: bool,
    new_only: bool,
    interval: float,
) -> None:
    """Show what comes until the end is asked for, and write it to the CSV.

    Raises:
        DataError: the folder cannot be watched.
        ModelFileError: the file or the provider cannot be used.
        UsageError: the CSV cannot be written, or another process is writing it.
    """
    from ..inference.classifier import Classifier
    from ..inference.watching import Arrivals, watch

    with Ending() as ending, Screen(as_json) as screen:
        arrivals = Arrivals(folder)
        classifier = Classifier(  # the cores have other things to do than to spin
            opening.model, spinning=False, provider=opening.provider, card=opening.card
        )
        with _open_log(csv_file, topk, classifier) as log:
            if new_only:
                arrivals.skip_present()
            if log is not None:
                arrivals.skip(log.answered())
            show_provider(classifier, screen)
            screen.row(f"watching {arrivals.folder}; Ctrl-C or SIGTERM ends it")
            shown = _Shown(screen, topk, classifier.card.task == "multi-label", log)
            for event in watch(classifier, arrivals, ending.wait, interval):
                shown.show(event)
            screen.row(f"{shown.pictures:,} answered{unreadable_share(shown.unreadable)}")


class _Shown:
    """Shows events, and counts them."""

    def __init__(
        self, screen: Screen, topk: int, multi_label: bool, log: "AnswerLog | None"
    ) -> None:
        self._screen, self._topk, self._multi_label, self._log = screen, topk, multi_label, log
        self.pictures, self.unreadable = 0, 0

    def show(self, event: "Event") -> None:
        from ..inference.watching import Answered, FolderLost

        if isinstance(event, Answered):
            self._answer(event)
        elif isinstance(event, FolderLost):
            self._screen.row(f"{event.reason}; waiting until it is back", style="yellow")
        else:
            self._screen.row("the folder is back", style="yellow")

    def _answer(self, event: "Answered") -> None:
        if self._log is not None:  # before it is shown: what is seen is also kept
            self._log.append([_logged(event, self._topk, self._multi_label)])
        self.pictures += 1
        self.unreadable += event.outcome.error is not None
        if self._screen.as_json:
            times = {"time": event.time, "modified": event.arrival.modified}
            answer = outcome_json(event.outcome, self._topk, self._multi_label)
            self._screen.json({**answer, **times})
        else:
            show_outcome(event.outcome, self._topk, self._screen, self._multi_label)


def _open_log(
    path: Path | None, topk: int, classifier: "Classifier"
) -> "AbstractContextManager[AnswerLog | None]":
    from ..inference.answer_log import AnswerLog

    if path is None:
        return nullcontext()
    card = classifier.card
    try:
        return AnswerLog(path, min(topk, len(card.labels)), card.task == "multi-label")
    except UsageError as error:
        raise UsageError(f"--csv {error}") from None


def _logged(event: "Answered", topk: int, multi_label: bool) -> "LoggedAnswer":
    from ..inference.answer_log import LoggedAnswer

    arrival, found = event.arrival, event.outcome.prediction
    if found is None:
        return LoggedAnswer(event.time, arrival.path, arrival.modified, event.outcome.error)
    return LoggedAnswer(
        event.time,
        arrival.path,
        arrival.modified,
        None,
        [(row.label, row.probability) for row in found.top(topk)],
        [row.label for row in found.chosen] if multi_label else None,
        found.unknown,
        found.unknown_score,
    )
