"""Options that are the same for several commands."""

from typing import Annotated

import typer

from ..inference.pixel_limit import MAX_PIXELS, VARIABLE, set_pixel_limit

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
FileColumn = Annotated[str | None, typer.Option(help="The CSV's column of files.")]
LabelColumns = Annotated[
    str | None,
    typer.Option(help="The CSV's column of labels, or its 0/1 columns, separated by commas."),
]


def max_pixels_option(panel: str | None = None) -> int:
    """Declare it; its value is known everywhere, so that the command needs it nowhere."""
    return typer.Option(
        MAX_PIXELS,
        "--max-pixels",
        min=1,
        envvar=VARIABLE,
        callback=set_pixel_limit,
        help="Most pixels of a picture; a larger one is not decoded and counts as unreadable.",
        rich_help_panel=panel,
    )
