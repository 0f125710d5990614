"""Where `tlx` starts. What has to be there at once does so without Typer and Rich."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec

from ..errors import MissingExtraError, UsageError


def main() -> None:
    """Run the command that stands on the command line."""
    _open_closed_streams()
    words = sys.argv[1:]
    if words == ["worker"]:
        from .worker import worker_command

        worker_command()
        return
    if words[:1] == ["gui"] and _plain(words[1:]):
        with suppress(MissingExtraError, UsageError):  # said below, as of all other commands
            sys.exit(open_window(words[1:]))
    if words[:1] == ["classify"] and _quickly(words[1:]):
        return
    from .main import main as run

    run()


def _open_closed_streams() -> None:
    """Give a closed stdin, stdout or stderr (`>&-`) to nobody.

    Else the next file that is opened gets its number, and what a library says ends up in there.
    """
    number = 0
    while number <= 2:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - to the very end


def _quickly(words: Sequence[str]) -> bool:
    from .quick import quick_classify

    try:
        return quick_classify(words)
    except KeyboardInterrupt:
        sys.stderr.write("tlx: interrupted\n")
        sys.exit(130)


def open_window(places: Sequence[str]) -> int:
    """Show the window; gives the exit code.

    Raises:
        MissingExtraError: a library of the system that Qt needs is not there.
        UsageError: there is no display.
    """
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _DISPLAYS):
        raise UsageError(
            "there is no display for the window (DISPLAY and WAYLAND_DISPLAY are empty)"
        )
    try:
        from ..gui.app import run
    except ImportError as error:
        raise MissingExtraError(
            f"the window cannot be loaded ({error}); docs/window.md names the libraries of the "
            "system that Qt needs"
        ) from None
    return run(places)


_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def _plain(words: Sequence[str]) -> bool:
    """Tell that nothing is to be said about them: no option, not too many, all there."""
    there = all(os.path.exists(word) for word in words)  # noqa: PTH110 - says no, never raises
    return len(words) <= 2 and there and find_spec("PySide6") is not None
