"""Where `tlx` starts. Window and worker do so without Typer and Rich: these would double it."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec


def main() -> None:
    """Run the command that stands on the command line."""
    words = sys.argv[1:]
    if words == ["worker"]:
        from .worker import worker_command

        worker_command()
    elif words[:1] == ["gui"] and _plain(words[1:]):
        sys.exit(open_window(words[1:]))
    else:
        from .main import main as run

        run()


def open_window(places: Sequence[str]) -> int:
    """Show the window; gives the exit code."""
    from ..gui.app import run

    return run(places)


def _plain(words: Sequence[str]) -> bool:
    """Tell that nothing is to be said about them: no option, not too many, all there."""
    there = all(os.path.exists(word) for word in words)  # noqa: PTH110 - says no, never raises
    return len(words) <= 2 and there and find_spec("PySide6") is not None
