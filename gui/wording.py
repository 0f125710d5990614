"""How counts, sizes, and shares of 0..1 with their intervals, are written."""

from pathlib import PurePath

from PySide6.QtCore import QCoreApplication, QLocale

from .scoring_messages import Interval


def count_of_pictures(count: int) -> str:
    """Write how many pictures there are."""
    text = "{0:,} picture" if count == 1 else "{0:,} pictures"
    return QCoreApplication.translate("wording", text).format(count)


def data_size(length: int) -> str:
    """Write a number of bytes, in MB of a million as the command line does."""
    return QLocale().formattedDataSize(length, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def short_path(path: str) -> str:
    """Write a file's or folder's name, and that of the folder it lies in."""
    return "/".join(PurePath(path).parts[-2:])


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
