"""`tlx gui`: the window."""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from ..errors import ContradictionError, UsageError
from .extras import require_extra
from .screen import Screen
from .start import open_window


def gui_command(
    model: Path | None = typer.Argument(None, help="ONNX file that tlx export wrote."),
    folder: Path | None = typer.Argument(None, help="Folder of pictures, or a picture."),
    install: bool = typer.Option(
        False, "--install-shortcut", help="Put the window into the desktop's menu."
    ),
    remove: bool = typer.Option(False, "--remove-shortcut", help="Take it out of there."),
) -> None:
    """Open the window: drop pictures, see answers, find out where the model is wrong."""
    given = [place for place in (model, folder) if place is not None]
    if install or remove:
        _change_shortcut(install, remove, given)
        return
    require_extra("gui", "gui")
    for place in given:
        if not place.exists():
            raise UsageError(f"{place}: no such file or folder")
    sys.exit(open_window([str(place) for place in given]))


def _change_shortcut(install: bool, remove: bool, given: Sequence[Path]) -> None:
    from ..gui.shortcut import install_shortcut, remove_shortcut

    if given or (install and remove):
        raise ContradictionError("--install-shortcut and --remove-shortcut each stand alone")
    screen = Screen()
    if install:
        require_extra("gui", "gui")
        for path in install_shortcut():
            screen.row(f"written: {path}")
        return
    removed = remove_shortcut()
    for path in removed:
        screen.row(f"removed: {path}")
    if not removed:
        screen.row("there is no shortcut of tlx")
