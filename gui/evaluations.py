"""The session's evaluations and comparisons: asked for, under way, done."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ..inference.strict_json import UnexpectedJsonError
from .opened_model import Model
from .protocol import (
    Cancel,
    Compare,
    Compared,
    Evaluate,
    Evaluated,
    Failed,
    Progressed,
    Scored,
    WriteReport,
    Written,
)
from .report_numbers import LabelNumbers, ReportNumbers
from .scored import ScoredPictures
from .scoring_messages import AtThreshold

if TYPE_CHECKING:
    from .session import Session


@dataclass(frozen=True)
class Evaluation:
    """An evaluation that is done.

    Attributes:
        request: what was asked.
        model: that was open.
        numbers: of the report.
        labels: their scores.
        pictures: that were scored.
        thresholds: for each percent of probability; none for the multi-label task.
    """

    request: Evaluate
    model: Model
    numbers: ReportNumbers
    labels: tuple[LabelNumbers, ...]
    pictures: ScoredPictures
    thresholds: tuple[AtThreshold, ...]


@dataclass(frozen=True)
class Comparison:
    """A comparison that is done."""

    request: Compare
    model: Model
    numbers: ReportNumbers


class Evaluations(QObject):
    """Asks the worker for scores; one evaluation or comparison at a time.

    Signals:
        began: the request, an `Evaluate` or `Compare`. progressed: `Progressed`.
        evaluated: an `Evaluation`. compared: a `Comparison`.
        failed: the request, and why. cancelled: the request, and how many pictures were done.
        lost: the request; the worker is gone.
        written: path of a report. not_written: the `Evaluation` or `Comparison`, and why.
        forgotten: what was done is of another model than the one that is open now.
    """

    began = Signal(object)
    progressed = Signal(object)
    evaluated = Signal(object)
    compared = Signal(object)
    failed = Signal(object, str)
    cancelled = Signal(object, int)
    lost = Signal(object)
    written = Signal(str)
    not_written = Signal(object, str)
    forgotten = Signal()

    def __init__(self, session: "Session", ids: Iterator[int]) -> None:
        super().__init__(session)
        self._session, self._ids = session, ids
        self._model: Model | None = None
        self._request: Evaluate | Compare | None = None
        self._waiting: Evaluate | Compare | None = None
        self._writing: dict[int, Evaluation | Comparison] = {}
        self._pictures = ScoredPictures()
        self._done = 0
        self.last: Evaluation | None = None
        self.comparison: Comparison | None = None
        session.client.answered.connect(self._take)
        session.client.lost.connect(lambda *_: self._lose())
        session.model_loading.connect(lambda _: self._stop())  # what waits, waits for this one
        session.model_loaded.connect(self._go_on)
        session.model_failed.connect(lambda *_: self._give_up())

    @property
    def running(self) -> bool:
        """Whether an evaluation or comparison is under way."""
        return self._request is not None

    @property
    def waiting(self) -> bool:
        """Whether one begins as soon as the model is open."""
        return self._waiting is not None

    def evaluate(self, data: str) -> None:
        """Score the open model on a folder of label folders, or a CSV."""
        self._begin(Evaluate(next(self._ids), data))

    def compare(self, other: str, data: str, truth: bool = True) -> None:
        """Compare the open model with another file on the same pictures."""
        self._begin(Compare(next(self._ids), other, data, truth=truth))

    def write(self, path: str) -> None:
        """Write the last evaluation as .html, .json or .csv."""
        self._write(self.last, path)

    def write_comparison(self, path: str) -> None:
        """Write the last comparison as .json or .csv."""
        self._write(self.comparison, path)

    def _write(self, done: Evaluation | Comparison | None, path: str) -> None:
        if done is None:
            return
        if self._session.client.running:
            request = WriteReport(next(self._ids), done.request.id, path)
            self._writing[request.id] = done
            self._session.client.send(request)
        elif isinstance(done, Comparison):
            text = self.tr("The worker is gone; compare again, then save the comparison")
            self.not_written.emit(done, text)
        else:
            text = self.tr("The worker is gone; evaluate again, then save the report")
            self.not_written.emit(done, text)

    def cancel(self) -> None:
        """Give up what is under way, and what waits for a model."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.cancelled.emit(waiting, 0)
        self._stop()

    def _stop(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            self._session.client.send(Cancel(request.id))
            self.cancelled.emit(request, self._done)

    def ask(self, request: Evaluate | Compare) -> None:
        """Ask again for what was given up; a worker that is gone is started first."""
        self._begin(replace(request, id=next(self._ids)))

    def _begin(self, request: Evaluate | Compare) -> None:
        self._stop()
        if not self._session.client.running:
            self._session.restart()
        if self._session.loading or self._session.model is None:
            self._waiting = request
            return
        model = self._session.model
        self._waiting, self._done = None, 0
        self._model, self._request = model, request
        self._pictures = ScoredPictures(model.card.labels, model.card.task == "multi-label")
        self.began.emit(request)
        self._session.client.send(request)

    def _take(self, answer: object) -> None:
        if isinstance(answer, Written) and answer.id in self._writing:
            del self._writing[answer.id]
            self.written.emit(answer.path)
        elif isinstance(answer, Failed):
            self._fail(answer)
        elif self._request is None:
            return
        elif isinstance(answer, Progressed) and answer.id == self._request.id:
            self._done = answer.done
            self.progressed.emit(answer)
        elif isinstance(answer, Scored) and answer.id == self._request.id:
            self._pictures.add(answer.rows)
        elif isinstance(answer, Evaluated | Compared) and answer.id == self._request.id:
            self._end(answer)

    def _end(self, answer: Evaluated | Compared) -> None:
        request, self._request = self._request, None
        model, numbers = self._model, None
        assert request is not None
        assert model is not None
        try:
            if isinstance(answer, Compared) and isinstance(request, Compare):
                numbers = ReportNumbers(answer.comparison)
                self.comparison = Comparison(request, model, numbers)
                self.last = self.last if request.truth else None  # no longer what is shown
                self.compared.emit(self.comparison)
            elif isinstance(answer, Evaluated) and isinstance(request, Evaluate):
                self.last = self._evaluation(request, model, answer)
                self.comparison = None
                self.evaluated.emit(self.last)
        except UnexpectedJsonError as error:  # of a worker of another version
            self.failed.emit(request, str(error))

    def _evaluation(self, request: Evaluate, model: Model, answer: Evaluated) -> Evaluation:
        numbers, pictures = ReportNumbers(answer.report), self._pictures
        return Evaluation(request, model, numbers, numbers.per_label(), pictures, answer.thresholds)

    def _fail(self, failed: Failed) -> None:
        if failed.id in self._writing:
            self.not_written.emit(self._writing.pop(failed.id), failed.error)
        elif self._request is not None and self._request.id == failed.id:
            request, self._request = self._request, None
            self.failed.emit(request, failed.error)

    def _lose(self) -> None:
        request, self._request = self._request, None
        writing, self._writing = self._writing, {}
        for done in writing.values():
            self.not_written.emit(done, self.tr("the worker stopped unexpectedly"))
        if request is not None:
            self.lost.emit(request)

    def _go_on(self, model: Model) -> None:
        self._forget(model)
        if self._waiting is not None:
            self._begin(self._waiting)

    def _give_up(self) -> None:
        self._waiting = None

    def _forget(self, model: Model) -> None:
        known = self.last or self.comparison
        if known is not None and known.model.loaded.sha256 != model.loaded.sha256:
            self.last = self.comparison = None
            self.forgotten.emit()
