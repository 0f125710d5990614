"""One thread beside the window's, for what may take a while.

Not QThreadPool: it destroys a QRunnable in its thread without Python's lock, while the window's
thread may be at the same table of objects; PySide 6.11 then crashes after some hundred pictures.
"""

import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[], object]


class Background:
    """Does jobs in order; a thread is there only while there are any."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._busy = False

    def start(self, job: Job) -> None:
        """Do a job after those that wait."""
        with self._changed:
            self._jobs.append(job)
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._work, daemon=True).start()

    def clear(self) -> None:
        """Forget the jobs that wait."""
        with self._changed:
            self._jobs.clear()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of all jobs, at most some seconds; tells whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                job()
        except BaseException:
            self._rest()
            raise

    def _next(self) -> Job | None:
        with self._changed:
            if self._jobs:
                return self._jobs.popleft()
            self._busy = False
            self._changed.notify_all()
            return None

    def _rest(self) -> None:
        with self._changed:
            self._jobs.clear()
            self._busy = False
            self._changed.notify_all()
