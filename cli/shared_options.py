"""`--max-pixels`, the same for every command that reads pictures."""

import typer

from ..inference.pixel_limit import MAX_PIXELS, VARIABLE, set_pixel_limit


def max_pixels_option(panel: str | None = None) -> int:
    """Declare the option; its value is known everywhere, so that the command needs it nowhere."""
    return typer.Option(
        MAX_PIXELS,
        "--max-pixels",
        min=1,
        envvar=VARIABLE,
        callback=set_pixel_limit,
        help="Most pixels of a picture; a larger one is not decoded and counts as unreadable.",
        rich_help_panel=panel,
    )
