"""What a difference of two models amounts to, in plain words."""

import math

from .paired import PairedDifference


def verdict(difference: PairedDifference, names: tuple[str, str] = ("A", "B")) -> str:
    """Say which of two models is better, or that these pictures cannot tell, in one line.

    Args:
        difference: the second model's score less the first's.
        names: of the first and the second.
    """
    first, second = names
    where = f"on {difference.pictures} picture{'s' if difference.pictures > 1 else ''}"
    if difference.interval is None:
        return f"not told apart {where}: too few for an interval of the difference"
    if difference.told_apart:
        shown = difference if difference.value > 0 else difference.turned()
        better = second if difference.value > 0 else first
        return f"{better} is better by {_points(shown)}"
    if not difference.value:
        low, high = _ends(difference)
        return (
            f"not told apart {where}: equal {difference.metric} (95% interval of the difference "
            f"{low} to {high} points)"
        )
    text = f"not told apart {where}: {second} less {first} is {_points(difference)}"
    needed = difference.pictures_to_tell()
    if needed is None:
        return text
    about = round_up(needed)
    return f"{text}; about {about:,} pictures would be needed for this difference to be told"


def round_up(count: int) -> int:
    """Round up to two digits that count: 9,034 pictures are about 9,100."""
    step = 10 ** max(0, len(str(count)) - 2)
    return math.ceil(count / step) * step


def _points(difference: PairedDifference) -> str:
    low, high = _ends(difference)
    value = _number(difference.value, _digits(difference))
    what = "" if difference.metric == "accuracy" else f" of {difference.metric}"
    return f"{value} points{what} (95% {low} to {high})"


def _ends(difference: PairedDifference) -> tuple[str, str]:
    assert difference.interval is not None
    low, high = difference.interval
    return _number(low, _digits(difference)), _number(high, _digits(difference))


def _digits(difference: PairedDifference) -> int:
    """Show tenths of a point, and hundredths where the interval is narrower than a point."""
    assert difference.interval is not None
    low, high = difference.interval
    return 1 if high - low >= 0.01 else 2


def _number(share: float, digits: int) -> str:
    text = f"{100 * share:.{digits}f}"
    return text.removeprefix("-") if not float(text) else text
