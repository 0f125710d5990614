"""A key that acts for as long as it is held, or until it is pressed again if it is tapped."""

from collections.abc import Callable
from time import monotonic

HELD = 0.35
"""Seconds from which on a key counts as held."""


class HoldKey:
    """Knows when a key that went down must undo what it did as it goes up."""

    def __init__(self, end: Callable[[], object]) -> None:
        self._end = end
        self._since: float | None = None

    def press(self) -> None:
        """Note that the key went down."""
        self._since = monotonic()

    def release(self) -> None:
        """Note that the key went up."""
        since, self._since = self._since, None
        if since is not None and monotonic() - since >= HELD:
            self._end()
