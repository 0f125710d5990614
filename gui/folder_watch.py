"""Watching a folder, seen from the window: what comes is asked of a worker of its own.

Its own, so that the model that began goes on whatever is opened in the window, and a folder of
thousands that is classified there does not hold the shop floor up.
"""

from collections import deque
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from ..errors import CardError, TlxError
from .background import Background
from .client import Client
from .opened_model import Model, read_model
from .protocol import Classified, Classify, Done, Failed, Load, Loaded, Row
from .watched import TOPK, Plan, Seen, Watched

if TYPE_CHECKING:
    from ..inference.watching import Arrival

OFF, STARTING, WATCHING, GONE = "off", "starting", "watching", "gone"
RESTART_MS = 500
LOSSES = 3
"""Workers that end before the model is open; then it is given up."""


class FolderWatch(QObject):
    """Watches one folder at a time.

    Signals:
        answered: a list of `Seen`, some at a time.
        changed: `state` is another one.
        failed: it has ended, and why.
        csv_failed: why rows cannot be written; empty when they can be again, all of them.
        rows_missing: it has ended, and so many rows could not be written, and why.
    """

    answered = Signal(object)
    changed = Signal()
    failed = Signal(str)
    csv_failed = Signal(str)
    rows_missing = Signal(int, str)
    _worked = Signal(int, object, object)

    def __init__(self, client: Client | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.client = client or Client(parent=self)
        self.state, self.plan = OFF, Plan("", "")
        self.reason = ""
        self._model: Model | None = None
        self._watched: Watched | None = None
        self._held: Watched | None = None  # the thread's: it has the CSV
        self._waiting: deque[Arrival] = deque()
        self._ids, self._asked, self._run = count(1), 0, 0
        self._ready = self._careful = self._csv_fails = False
        self._losses, self._seconds = 0, 0.0
        self._thread = Background()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)
        self._worked.connect(self._take_work)
        self.client.answered.connect(self._take)
        self.client.lost.connect(self._lose)

    def start(self, plan: Plan) -> None:
        """Watch a folder, in place of another one."""
        self.stop()
        self.plan = plan
        self._enter(STARTING)
        self._begin()

    def stop(self) -> None:
        """Stop watching; what is not answered yet is not answered, what is gets its row."""
        self._run += 1  # what waits for the thread is not done, what it still brings not taken
        self._timer.stop()
        self.client.stop()
        if self.state != OFF:
            self._write_last()
        self._waiting.clear()
        self._model = self._watched = None
        self._ready = self._careful = self._csv_fails = False
        self._losses = 0
        self._enter(OFF)

    def close(self) -> None:
        """Stop, and wait for the thread, though not for a share that does not answer."""
        self.stop()
        self._thread.wait(2)

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()

    def _fail(self, reason: str) -> None:
        self.stop()
        self.failed.emit(reason)

    def _begin(self) -> None:
        self.client.start()
        self.client.send(Load(next(self._ids), self.plan.model))

    def _in_thread(self, work: Callable[[], object], then: Callable[..., None]) -> None:
        run = self._run

        def do() -> None:
            if run != self._run:
                return
            try:
                found = work()
            except TlxError as error:
                found = error
            self._worked.emit(run, then, found)

        self._thread.start(do)

    def _take_work(self, run: int, then: Callable[..., None], found: object) -> None:
        if run == self._run:
            then(found)

    def _take(self, answer: object) -> None:
        if isinstance(answer, Loaded):
            self._take_model(answer)
        elif isinstance(answer, Classified) and answer.id == self._asked:
            self._take_rows(answer.rows)
        elif isinstance(answer, Done) and answer.id == self._asked:
            self._go_on()
        elif isinstance(answer, Failed):
            self._take_failure(answer)

    def _take_model(self, loaded: Loaded) -> None:
        try:
            model = read_model(loaded)
        except CardError as error:
            self._fail(str(error))
            return
        if self._model is not None and self._model.loaded.sha256 != loaded.sha256:
            self._fail(self.tr("{0} has become another file").format(loaded.path))
            return
        self._losses, self._ready = 0, True
        if self._model is None:
            self._model, plan = model, self.plan
            self._in_thread(lambda: self._hold(Watched(plan, model)), self._opened)
        elif self._waiting:
            self._ask()

    def _hold(self, watched: Watched) -> Watched:
        self._held = watched
        return watched

    def _opened(self, found: Watched | TlxError) -> None:
        if isinstance(found, TlxError):
            self._fail(str(found))
            return
        self._watched = found
        self._enter(WATCHING)
        self._look()

    def _look(self) -> None:
        if self._watched is not None:
            self._in_thread(self._watched.look, self._looked)

    def _looked(self, found: "tuple[list[Arrival], float] | TlxError") -> None:
        if isinstance(found, TlxError):
            self.reason = str(found)
            self._enter(GONE)
            self._pause(1.0)
            return
        self._enter(WATCHING)
        arrived, self._seconds = found
        if self._csv_fails:
            self._write()
        self._waiting.extend(arrived)
        self._go_on()

    def _go_on(self) -> None:
        """Ask for what waits, or look again."""
        self._asked = 0
        if self._waiting:
            self._ask()
        else:
            self._careful = False
            self._pause(self._seconds)

    def _pause(self, seconds: float) -> None:
        self._timer.start(round(1000 * seconds))

    def _ask(self) -> None:
        if self._ready:  # else the model comes, and then these
            some = [self._waiting[0]] if self._careful else self._waiting
            self._asked = next(self._ids)
            self.client.send(Classify(self._asked, tuple(one.path for one in some), TOPK))

    def _take_rows(self, rows: tuple[Row, ...]) -> None:
        from ..inference.watching import now

        time = now()
        seen = [Seen(time, self._waiting.popleft(), row) for row in rows]
        if self._watched is not None and self.plan.csv:
            self._watched.note(seen)
            self._write()
        self.answered.emit(seen)

    def _write(self) -> None:
        if self._watched is not None:
            self._in_thread(self._watched.write, self._written)

    def _write_last(self) -> None:
        """Write what the thread has not, of a watching that ends; another may begin meanwhile."""
        failed = self._csv_fails

        def write() -> None:
            watched, self._held = self._held, None
            if watched is None:
                return
            if watched.missing and (problem := watched.write()):
                self.rows_missing.emit(watched.missing, problem)
            elif failed:
                self.csv_failed.emit("")
            watched.close()

        self._thread.start(write)

    def _written(self, problem: str) -> None:
        if problem or self._csv_fails:
            self._csv_fails = bool(problem)
            self.csv_failed.emit(problem)

    def _take_failure(self, failed: Failed) -> None:
        if not self._ready:
            self._fail(failed.error)
        elif failed.id == self._asked and self._waiting:
            self._give_up_first(failed.error)
            self._careful = True
            self._go_on()

    def _give_up_first(self, reason: str) -> None:
        self._take_rows((Row(self._waiting[0].path, (), reason),))

    def _lose(self, reason: str, details: str) -> None:
        if self.state == OFF:
            return
        if self._careful and self._waiting and self._ready:  # twice at this picture
            self._give_up_first(self.tr("the worker ended while it read this picture"))
        if self._asked and not self._waiting:  # its last rows came, that it was done did not
            self._pause(self._seconds)
        self._asked = 0
        self._ready, self._careful, self._losses = False, True, self._losses + 1
        if self._losses > LOSSES:
            self._fail(f"{reason}: {details}" if details else reason)
        else:
            QTimer.singleShot(RESTART_MS, self, self._again(self._run))

    def _again(self, run: int) -> Callable[[], None]:
        return lambda: self._begin() if run == self._run else None
