"""How a share of 0..1 is written, alone and with its interval."""

from .scoring_messages import Interval


def percent(share: float) -> str:
    """Write a share; 100 % and 0 % only where it is so to the digit shown."""
    return f"{100 * share:.1f}%"


def ends(interval: Interval | None) -> str:
    """Write an interval's ends."""
    return "" if interval is None else f"{percent(interval[0])} – {percent(interval[1])}"


def with_interval(share: float | None, interval: Interval | None) -> str:
    """Write a share with its interval, as far as they are defined."""
    if share is None:
        return "–"
    return percent(share) if interval is None else f"{percent(share)} ({ends(interval)})"
