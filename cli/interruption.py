"""Ctrl-C in a training: taken between two events, where nothing is half done."""

import signal
from types import FrameType, TracebackType


class Interruption:
    """Notes Ctrl-C instead of raising it wherever Python is; a second one stops at once.

    Raised anywhere, KeyboardInterrupt may be lost (Python swallows what is raised in a finalizer)
    or leave a process that decodes pictures with half a message, which it complains about.
    Use it as a context, and call `check` after each event.
    """

    def __init__(self) -> None:
        self._asked = False

    def __enter__(self) -> "Interruption":
        """Take Ctrl-C over."""
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is signal.default_int_handler:  # not where Ctrl-C is ignored (nohup)
            signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give Ctrl-C back."""
        signal.signal(signal.SIGINT, self._before)

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self._asked:
            raise KeyboardInterrupt

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.check()
        self._asked = True
