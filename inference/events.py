"""Work is a generator that yields what happens and returns its result; this runs one to its end."""

from collections.abc import Callable, Generator
from typing import TypeVar

Event = TypeVar("Event")
Result = TypeVar("Result")


def finish(
    events: Generator[Event, None, Result], show: Callable[[Event], object] | None = None
) -> Result:
    """Run a generator to its end, show each event if asked to, and give its result."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if show is not None:
            show(event)
