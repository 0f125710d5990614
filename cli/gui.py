"""`tlx gui`: the window."""

import sys
from pathlib import Path

import typer

from ..errors import UsageError
from .extras import require_extra
from .start import open_window


def gui_command(
    model: Path | None = typer.Argument(None, help="ONNX file that tlx export wrote."),
    folder: Path | None = typer.Argument(None, help="Folder of pictures, or a picture."),
) -> None:
    """Open the window: drop pictures, see answers, find out where the model is wrong."""
    require_extra("gui", "gui")
    given = [place for place in (model, folder) if place is not None]
    for place in given:
        if not place.exists():
            raise UsageError(f"{place}: no such file or folder")
    sys.exit(open_window([str(place) for place in given]))
