"""What the pages share: the model, the pictures and their answers, and who is asked for them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QTimer, Signal
from PySide6.QtGui import QImage, QImageWriter

from .client import Client
from .protocol import (
    Cancel,
    Cancelled,
    Classified,
    Classify,
    ClassifyBytes,
    Done,
    Explain,
    Explained,
    Failed,
    Load,
    Loaded,
    Measure,
    Measured,
    Row,
)
from .review import Review
from .scan import Scan

if TYPE_CHECKING:
    from ..inference.card import ModelCard
    from .state import Results

AT_ONCE = 8
"""Pictures that are asked for at once even while a folder is being classified."""
TICK_MS = 60
"""Answers are shown together, so often: a signal a picture would drown the window."""


@dataclass(frozen=True)
class Model:
    """The open model file: what the worker said, and its card as read here."""

    loaded: Loaded
    card: "ModelCard"


@dataclass(frozen=True)
class Progress:
    """How far the classification is, and how long a picture took once that is known."""

    done: int
    total: int
    seconds_each: float | None = None


class Session(QObject):
    """Holds the state and talks to the worker; pages look at it and listen to its signals.

    Signals:
        model_loading: a path. model_loaded: a `Model`. model_failed: a path and why.
        pictures_added: number of the first, and how many. pictures_found: how many a scan gave.
        opened: number of the first picture that the user just opened, to be shown.
        answered: numbers of pictures that have new answers, all since the last tick.
        progressed: a `Progress`. finished: whether it came to its end, or was cancelled.
        explained: number of a picture, and `Explained`. explain_failed: why.
        measured: `Measured`. reviewed: number of a picture.
        lost: the worker is gone: why, and details.
        warned: one line that is worth a banner.
    """

    model_loading = Signal(str)
    model_loaded = Signal(object)
    model_failed = Signal(str, str)
    pictures_added = Signal(int, int)
    pictures_found = Signal(int)
    opened = Signal(int)
    answered = Signal(list)
    progressed = Signal(object)
    finished = Signal(bool)
    explained = Signal(int, object)
    explain_failed = Signal(str)
    measured = Signal(object)
    reviewed = Signal(int)
    lost = Signal(str, str)
    warned = Signal(str)

    results: "Results"

    def __init__(self, client: Client, review: Review, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.client = client
        self.review = review
        self.model: Model | None = None
        self.pasted: dict[str, QByteArray] = {}
        self._ids = count(1)
        self._loading: Load | None = None
        self._jobs: dict[int, list[int]] = {}
        self._explaining: dict[int, int] = {}
        self._measuring: set[int] = set()
        self._fresh: list[int] = []
        self._seconds, self._counted = 0.0, 0
        self._opening = False
        self._tick = QTimer(self, interval=TICK_MS, singleShot=True)
        self._tick.timeout.connect(self._tell)
        self.scan = Scan(self)
        self.scan.found.connect(self.add)
        self.scan.ended.connect(self.pictures_found)
        self.scan.failed.connect(self.warned)
        client.answered.connect(self._take)
        client.lost.connect(self._lose)

    def begin(self) -> None:
        """Start working; called after the window's first paint, for it imports numpy."""
        from .state import Results

        self.results = Results()
        self.client.start()

    @property
    def begun(self) -> bool:
        """Whether `results` is there."""
        return hasattr(self, "results")

    @property
    def running(self) -> bool:
        """Whether pictures are being classified."""
        return bool(self._jobs)

    @property
    def loading(self) -> str:
        """Path of the model file that is being opened, empty without one."""
        return self._loading.model if self._loading else ""

    def load(self, path: str) -> None:
        """Open a model file; the pictures are classified again if it is another one."""
        self.cancel()
        self._loading = Load(next(self._ids), path)
        self.model_loading.emit(path)
        self.client.start()
        self.client.send(self._loading)

    def restart(self) -> None:
        """Start a new worker after one was lost, and go on with what it left."""
        self.client.start()
        path = self._loading.model if self._loading else self.model and self.model.loaded.path
        if path:
            self.load(path)

    def open_places(self, places: Sequence[str]) -> None:
        """Add files, and all pictures in folders."""
        self._opening = True
        self.scan.start(places)

    def paste(self, image: QImage) -> None:
        """Add a picture that is no file."""
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(image)
        name = self.tr("pasted picture {0}").format(len(self.pasted) + 1)
        self.pasted[name] = content
        self._opening = True
        self.add([name])

    def add(self, paths: list[str]) -> None:
        """Append pictures that are new and classify them, if there is a model."""
        added = self.results.add(paths)
        if added:
            self.pictures_added.emit(added.start, len(added))
            self._classify(list(added))
        if paths and self._opening:
            self._opening = False
            self.opened.emit(self.results.index_of(paths[0]))

    def classify_waiting(self) -> None:
        """Classify the pictures that have no answer: at first, after Cancel, after a crash."""
        busy = {index for indices in self._jobs.values() for index in indices}
        waiting = (int(index) for index in self.results.waiting())
        self._classify([index for index in waiting if index not in busy])

    def classify_again(self) -> None:
        """Forget all answers and classify all pictures."""
        self.cancel()
        self.results.forget_answers()
        self.answered.emit(list(range(len(self.results))))
        self.classify_waiting()

    def cancel(self) -> None:
        """Stop classifying; the answers so far stay."""
        jobs, self._jobs = self._jobs, {}
        for number in jobs:
            self.client.send(Cancel(number))
        if jobs:
            self.finished.emit(False)

    def explain(self, index: int, label: str) -> None:
        """Ask where in a picture a label was seen; only the latest question is answered."""
        path, number = self.results.paths[index], next(self._ids)
        self._explaining = {number: index}
        self.client.send(Explain(number, path, label, self._content(path)))

    def measure(self) -> None:
        """Ask how long the model takes for a picture."""
        number = next(self._ids)
        self._measuring.add(number)
        self.client.send(Measure(number))

    def decide(self, index: int, label: str | None) -> None:
        """Note a picture's right label as the user says; None takes that back."""
        try:
            self.review.decide(self.results.paths[index], label)
        except OSError as error:
            reason = self.tr("The review is not being saved: {0}")
            self.warned.emit(reason.format(error.strerror or str(error)))
        self._show_review(self.results.paths[index])

    def undo(self) -> None:
        """Take the last decision back."""
        self._show_review(self.review.undo())

    def redo(self) -> None:
        """Decide again what was taken back last."""
        self._show_review(self.review.redo())

    def close(self) -> None:
        """Stop all work and end the worker."""
        self.scan.stop()
        self._tick.stop()
        self.client.stop()

    def _show_review(self, path: str | None) -> None:
        index = None if path is None else self.results.index_of(path)
        if path is None or index is None:
            return
        self.results.review(index, self.review.of(path))
        self.reviewed.emit(index)

    def _content(self, path: str) -> str | None:
        if path not in self.pasted:
            return None
        return base64.b64encode(bytes(self.pasted[path].data())).decode("ascii")

    def _classify(self, indices: list[int]) -> None:
        if self.model is None or self._loading is not None or not indices:
            return
        if not self._jobs:
            self._seconds, self._counted = 0.0, 0
        paths = self.results.paths
        files = [index for index in indices if paths[index] not in self.pasted]
        for index in indices:
            if (content := self._content(paths[index])) is not None:
                number = self._begin_job([index])
                self.client.send(ClassifyBytes(number, paths[index], content))
        # A few go before all others; of more, one request at a time, so that they come in order.
        if files and (len(files) <= AT_ONCE or not self._jobs):
            number = self._begin_job(files)
            self.client.send(Classify(number, tuple(paths[index] for index in files)))
        self._tick.start()

    def _begin_job(self, indices: list[int]) -> int:
        number = next(self._ids)
        self._jobs[number] = indices
        return number

    def _take(self, answer: object) -> None:
        if isinstance(answer, Classified):
            self._take_rows(answer.id, answer.first, answer.rows)
        elif isinstance(answer, Done):
            self._end_job(answer)
        elif isinstance(answer, Loaded):
            self._take_model(answer)
        elif isinstance(answer, Explained) and answer.id in self._explaining:
            self.explained.emit(self._explaining.pop(answer.id), answer)
        elif isinstance(answer, Measured):
            self._measuring.discard(answer.id)
            self.measured.emit(answer)
        elif isinstance(answer, Failed):
            self._take_failure(answer)
        elif isinstance(answer, Cancelled):
            self._jobs.pop(answer.id, None)

    def _take_rows(self, number: int, first: int, rows: tuple[Row, ...]) -> None:
        indices = self._jobs.get(number)
        if indices is None:  # cancelled: the model may have changed meanwhile
            return
        for index, row in zip(indices[first : first + len(rows)], rows, strict=True):
            self.results.answer(index, row)
            self._fresh.append(index)
        if not self._tick.isActive():
            self._tick.start()

    def _end_job(self, done: Done) -> None:
        if self._jobs.pop(done.id, None) is not None:
            self._seconds += done.seconds
            self._counted += done.rows
        if not self._jobs:
            self.classify_waiting()
        if not self._jobs:
            self._tell()
            self.finished.emit(True)

    def _tell(self) -> None:
        self._tick.stop()
        fresh, self._fresh = self._fresh, []
        if fresh:
            self.answered.emit(fresh)
        total = len(self.results)
        waiting = len(self.results.waiting())
        each = self._seconds / self._counted if self._counted else None
        self.progressed.emit(Progress(total - waiting, total, each))

    def _take_model(self, loaded: Loaded) -> None:
        import json

        from ..errors import CardError
        from ..inference.card_json import card_from_json

        if self._loading is None or loaded.id != self._loading.id:
            return
        self._loading = None
        try:
            card = card_from_json(json.dumps(loaded.card))
        except CardError as error:
            self.model_failed.emit(loaded.path, str(error))
            return
        same = self.model is not None and self.model.loaded.sha256 == loaded.sha256
        self.model = Model(loaded, card)
        if not same:
            self.results.set_labels(card.labels)
            for index, path in enumerate(self.results.paths):
                self.results.review(index, self.review.of(path))
        self.model_loaded.emit(self.model)
        self.classify_waiting()

    def _take_failure(self, failed: Failed) -> None:
        if self._loading is not None and failed.id == self._loading.id:
            path, self._loading = self._loading.model, None
            self.model_failed.emit(path, failed.error)
        elif failed.id in self._explaining:
            self._explaining.clear()
            self.explain_failed.emit(failed.error)
        else:
            self._jobs.pop(failed.id or 0, None)
            self.warned.emit(failed.error)

    def _lose(self, reason: str, details: str) -> None:
        self._jobs.clear()
        self._explaining.clear()
        self._measuring.clear()
        self._tell()
        self.lost.emit(reason, details)
