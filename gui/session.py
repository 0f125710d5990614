"""What the pages share: the model, the pictures and their answers, and who is asked for them."""

from collections.abc import Sequence
from itertools import count

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from ..errors import CardError
from .client import Client
from .evaluations import Evaluations
from .jobs import Jobs, Progress
from .judging import Judging
from .opened_model import Model, read_model
from .pasted import Pasted
from .protocol import (
    ENVELOPE,
    LONGEST,
    Cancel,
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

AT_ONCE = 8
"""Pictures that are asked for at once even while a folder is being classified."""
REQUEST = 1000
"""Pictures a request: writing the names of a whole folder would hold the window up."""
TICK_MS = 60
"""Answers are shown together, so often: a signal a picture would drown the window."""


class Session(Judging):
    """Holds the state and talks to the worker; pages look at it and listen to its signals.

    Signals:
        model_loading: a path. model_loaded: a `Model`. model_failed: a path and why.
        pictures_added: number of the first, and how many. pictures_found: how many a scan gave.
        opened: number of the first picture that the user just opened, to be shown.
        answered: numbers of pictures that have new answers, all since the last tick.
        progressed: a `Progress`. finished: whether it came to its end, or was cancelled.
        explained: number of a picture, and `Explained`. explain_failed: why.
        measured: `Measured`. measure_failed: why. lost: the worker is gone: why, and details.
    """

    model_loading = Signal(str)
    model_loaded = Signal(object)
    model_failed = Signal(str, str)
    pictures_added = Signal(int, int)
    pictures_found = Signal(int)
    opened = Signal(int)
    answered = Signal(object)
    progressed = Signal(object)
    finished = Signal(bool)
    explained = Signal(int, object)
    explain_failed = Signal(str)
    measured = Signal(object)
    measure_failed = Signal(str)
    lost = Signal(str, str)

    def __init__(self, client: Client, review: Review, parent: QObject | None = None) -> None:
        super().__init__(review, parent)
        self.client = client
        self.model: Model | None = None
        self.pasted = Pasted()
        self._ids = count(1)
        self._loading: Load | None = None
        self._jobs = Jobs()
        self._explaining: dict[int, int] = {}
        self._measuring = 0
        self._fresh: list[int] = []
        self._opening = False
        self._tick = QTimer(self, interval=TICK_MS, singleShot=True)
        self._tick.timeout.connect(self._tell)
        self.scan = Scan(self)
        self.scan.found.connect(self.add)
        self.scan.ended.connect(self.pictures_found)
        self.scan.failed.connect(self.warned)
        client.answered.connect(self._take)
        client.lost.connect(self._lose)
        self.evaluations = Evaluations(self, self._ids)

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
    def at_work(self) -> bool:
        """Whether pictures are being classified or scored."""
        return self.running or self.evaluations.running

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
        if path := self.loading or (self.model and self.model.loaded.path):
            self.load(path)

    def open_places(self, places: Sequence[str]) -> None:
        """Add files, and all pictures in folders."""
        self._opening = True
        self.scan.start(places)

    def paste(self, image: QImage) -> None:
        """Add a picture that is no file."""
        self._opening = True
        self.add([self.pasted.add(image)])

    def add(self, paths: list[str]) -> None:
        """Append pictures that are new and classify them, if there is a model."""
        added = self.results.add(paths)
        if added:
            self.pictures_added.emit(added.start, len(added))
            self.recall(self.results.paths[added.start :])
            self._classify(list(added))
        if paths and self._opening:
            self._opening = False
            self.opened.emit(self.results.index_of(paths[0]))

    def classify_waiting(self) -> None:
        """Classify the pictures that have no answer: at first, after Cancel, after a crash."""
        busy = self._jobs.busy
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
        requests = self._jobs.clear()
        for number in requests:
            self.client.send(Cancel(number))
        if requests:
            self.finished.emit(False)

    def explain(self, index: int, label: str) -> None:
        """Ask where in a picture a label was seen; only the latest question is answered."""
        path, number = self.results.paths[index], next(self._ids)
        self._explaining = {number: index}
        self.client.send(Explain(number, path, label, self.pasted.content(path)))

    def measure(self) -> None:
        """Ask how long the model takes for a picture."""
        self._measuring = next(self._ids)
        self.client.send(Measure(self._measuring))

    def close(self) -> None:
        """Stop all work and end the worker."""
        self.scan.stop()
        self._tick.stop()
        self.client.stop()

    def _classify(self, indices: list[int]) -> None:
        if self.model is None or self._loading is not None or not indices:
            return
        paths = self.results.paths
        files = [index for index in indices if paths[index] not in self.pasted]
        for index in indices:
            content = self.pasted.content(paths[index])
            if content is not None and len(content) > LONGEST - ENVELOPE:
                self._refuse(index)
            elif content is not None:
                number = self._jobs.begin(next(self._ids), [index])
                self.client.send(ClassifyBytes(number, paths[index], content))
        # A few go before all others; of more, one request at a time, so that they come in order.
        if files and (len(files) <= AT_ONCE or not self._jobs):
            files = files[:REQUEST]
            number = self._jobs.begin(next(self._ids), files)
            self.client.send(Classify(number, tuple(paths[index] for index in files)))
        self._tick.start()

    def _refuse(self, index: int) -> None:
        """Answer for the worker, which reads no request as long as that."""
        error = self.tr("pasted picture too large; save it as a file and open that")
        self.results.answer(index, Row(self.results.paths[index], (), error))
        self._fresh.append(index)

    def _take(self, answer: object) -> None:
        if isinstance(answer, Classified):
            self._take_rows(answer)
        elif isinstance(answer, Done):
            self._end_job(answer)
        elif isinstance(answer, Loaded):
            self._take_model(answer)
        elif isinstance(answer, Explained) and answer.id in self._explaining:
            self.explained.emit(self._explaining.pop(answer.id), answer)
        elif isinstance(answer, Measured):
            self.measured.emit(answer)
        elif isinstance(answer, Failed):
            self._take_failure(answer)

    def _take_rows(self, answer: Classified) -> None:
        for index, row in self._jobs.answered(answer):
            self.results.answer(index, row)
            self._fresh.append(index)
        if not self._tick.isActive():
            self._tick.start()

    def _end_job(self, done: Done) -> None:
        self._jobs.end(done)
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
        self.progressed.emit(Progress(total - waiting, total, self._jobs.seconds_each))

    def _take_model(self, loaded: Loaded) -> None:
        if self._loading is None or loaded.id != self._loading.id:
            return
        self._loading = None
        try:
            model = read_model(loaded)
        except CardError as error:
            self.model_failed.emit(loaded.path, str(error))
            return
        same = self.model is not None and self.model.loaded.sha256 == loaded.sha256
        self.model = model
        if not same:
            several = model.card.task == "multi-label"
            self.results.set_labels(model.card.labels, several)
            self.open_review(loaded.sha256)
        self.model_loaded.emit(self.model)
        self.classify_waiting()

    def _take_failure(self, failed: Failed) -> None:
        if self._loading is not None and failed.id == self._loading.id:
            path, self._loading = self._loading.model, None
            self.model_failed.emit(path, failed.error)
            if self.model is not None:  # it is still open
                self.classify_waiting()
        elif failed.id in self._explaining:
            self._explaining.clear()
            self.explain_failed.emit(failed.error)
        elif failed.id == self._measuring:
            self.measure_failed.emit(failed.error)
        elif failed.id is None:  # the worker did not understand a line
            self.warned.emit(failed.error)
        elif self._jobs.drop(failed.id):
            self.warned.emit(failed.error)
            if not self._jobs:
                self._tell()
                self.finished.emit(False)

    def _lose(self, reason: str, details: str) -> None:
        self._jobs.clear()
        self._explaining.clear()
        self._tell()
        self.lost.emit(reason, details)
