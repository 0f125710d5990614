"""What a report says of itself: the pictures it is of, when it was made, and by which tlx."""

from datetime import date
from pathlib import Path


def scored_on(data: Path) -> dict[str, str]:
    """Give these keys of report.json and comparison.json; `data` is the folder or CSV as given."""
    from .. import __version__

    return {"data": str(data), "date": date.today().isoformat(), "tlx": __version__}
