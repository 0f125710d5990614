"""How many pixels a picture may have: --max-pixels, known to all processes of a command."""

import os

from ..errors import UsageError

MAX_PIXELS = 100_000_000
"""By default: three times what a large camera gives, and half a gigabyte once it is decoded."""
VARIABLE = "TLX_MAX_PIXELS"
"""Where the limit stands, so that loaders' processes and the window's worker have it too."""


def pixel_limit() -> int:
    """Give the limit of this process.

    Raises:
        UsageError: the variable holds no number above 0.
    """
    text = os.environ.get(VARIABLE) or str(MAX_PIXELS)
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text)):
        raise UsageError(f"{VARIABLE} is {text!r}; give a whole number of pixels above 0")
    return int(text)


def set_pixel_limit(pixels: int) -> int:
    """Set the limit for this process and those it starts; give it back."""
    os.environ[VARIABLE] = str(pixels)
    return pixels
