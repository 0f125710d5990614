"""How many pictures there were, as the lines at the end of `tlx classify` say it."""

from ..inference.wording import noun


def picture_count(pictures: int) -> str:
    """Write "1 picture", "10,000 pictures"."""
    return f"{pictures:,} {noun(pictures, 'picture')}"


def unreadable_share(failures: int) -> str:
    """Write what stands behind a count: ", 3 of them unreadable"; nothing where all were read."""
    return f", {failures:,} of them unreadable" if failures else ""
