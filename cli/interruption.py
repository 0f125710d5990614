"""Ctrl-C and SIGTERM in a training: taken between two events, where nothing is half done."""

import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self


class Terminated(KeyboardInterrupt):
    """SIGTERM: what Ctrl-C is, asked for by a program."""


@contextmanager
def terminating() -> Generator[None]:
    """Raise `Terminated` at SIGTERM, so that what is unfinished is cleared away.

    Not where it is ignored or somebody else has taken it over.
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


class TakenSignals:
    """Takes signals over while it is open, and gives them back.

    Args:
        names: of the signals; those that the system does not have are passed.
        take: what is called at one of them.
        replaces: tells of a signal's handler whether it is replaced.
    """

    def __init__(
        self,
        names: Sequence[str],
        take: Callable[[int, FrameType | None], None],
        replaces: Callable[[object], bool],
    ) -> None:
        self._numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        self._take, self._replaces = take, replaces

    def __enter__(self) -> Self:
        """Take the signals over."""
        self._before = {number: signal.getsignal(number) for number in self._numbers}
        for number, handler in self._before.items():
            if self._replaces(handler):
                signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Interruption(TakenSignals):
    """Notes Ctrl-C and SIGTERM instead of raising them anywhere; a second one stops at once.

    Raised anywhere, KeyboardInterrupt may be lost (Python swallows what is raised in a finalizer)
    or leave a process that decodes pictures with half a message, which it complains about.
    Use it as a context, and call `check` after each event.
    """

    def __init__(self) -> None:
        ours = (signal.default_int_handler, _terminate)
        super().__init__(("SIGINT", "SIGTERM"), self._ask, lambda handler: handler in ours)
        self._asked: type[KeyboardInterrupt] | None = None

    def check(self) -> None:
        """Raise KeyboardInterrupt, or `Terminated`, if that was asked for."""
        if self._asked is not None:
            _keep_still()
            raise self._asked

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self.check()
        self._asked = Terminated if number == signal.SIGTERM else KeyboardInterrupt


def _keep_still() -> None:
    """Let nothing that is torn down complain from now on; a second signal may meet it half done.

    Python shows a traceback of what is raised in a finalizer, multiprocessing one of a process
    that is gone in the middle of a message.
    """
    sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *_: None
