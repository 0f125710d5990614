"""The worker's process as the window sees it: requests in, answers as signals."""

import sys
from collections import deque
from collections.abc import Sequence
from time import perf_counter

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from ..inference.strict_json import UnexpectedJsonError
from .protocol import Answer, Quit, Request, decode_answer, encode

BUDGET = 0.008
"""Seconds that answers are read for at a time, so that the window stays at 60 frames a second."""
QUIT_MS, KILL_MS = 700, 700


def worker_command() -> tuple[str, ...]:
    """Name the command that starts a worker, also inside a frozen application."""
    if getattr(sys, "frozen", False):
        return sys.executable, "worker"
    return sys.executable, "-m", "tlx", "worker"


class Client(QObject):
    """Starts a worker, sends requests, gives answers.

    Signals:
        answered: an `Answer`.
        lost: the process ended though nobody asked it to; one line, and what it wrote last.
    """

    answered = Signal(object)
    lost = Signal(str, str)

    def __init__(self, command: Sequence[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = tuple(command or worker_command())
        self._lines: deque[bytes] = deque()
        self._process: QProcess | None = None

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    @property
    def process_id(self) -> int:
        """Of the worker; 0 without one."""
        return self._process.processId() if self._process else 0

    def start(self) -> None:
        """Start a worker if there is none."""
        if self._process is not None:
            return
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._not_started)
        self._process = process
        process.start(self._command[0], list(self._command[1:]))

    def send(self, request: Request) -> None:
        """Send a request; without a worker it is lost, as `lost` has said."""
        if self._process is not None:
            self._process.write(encode(request))

    def stop(self) -> None:
        """End the worker: ask, then kill. No signal comes of it."""
        process, self._process = self._process, None
        self._lines.clear()
        if process is None:
            return
        process.blockSignals(True)
        process.write(encode(Quit()))
        process.closeWriteChannel()
        if not process.waitForFinished(QUIT_MS):
            process.kill()
            process.waitForFinished(KILL_MS)
        process.deleteLater()

    def _read(self) -> None:
        if self._process is None:
            return
        waiting = bool(self._lines)
        while self._process.canReadLine():
            self._lines.append(bytes(self._process.readLine().data()))
        if not waiting:
            self._drain()

    def _drain(self) -> None:
        end = perf_counter() + BUDGET
        while self._lines and perf_counter() < end:
            self._give(self._lines.popleft())
        if self._lines:
            QTimer.singleShot(0, self, self._drain)

    def _give(self, line: bytes) -> None:
        try:
            answer: Answer = decode_answer(line)
        except UnexpectedJsonError as error:
            self._lose(self.tr("The worker said something that is not understood"), str(error))
            return
        self.answered.emit(answer)

    def _ended(self, code: int, status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        wrote = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        self._read()
        while self._lines:
            self._give(self._lines.popleft())
        self._lose(self.tr("The worker stopped unexpectedly"), wrote or _end(code, status))

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._lose(self.tr("The worker cannot be started"), self._process.errorString())

    def _lose(self, reason: str, details: str) -> None:
        process, self._process = self._process, None
        self._lines.clear()
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.deleteLater()
            self.lost.emit(reason, details)


def _end(code: int, status: QProcess.ExitStatus) -> str:
    crashed = status == QProcess.ExitStatus.CrashExit
    return f"signal {code}" if crashed and sys.platform != "win32" else f"exit code {code}"
