"""The labels of one picture of the multi-label task as one text."""

from collections.abc import Iterable

SEPARATOR = "|"
"""Between the labels; no label of a multi-label task holds it."""


def joined(labels: Iterable[str]) -> str:
    """Write a picture's labels as one text: sorted, so that the same labels make the same text."""
    return SEPARATOR.join(sorted(labels))


def parted(text: str) -> tuple[str, ...]:
    """Give the labels that were joined; an empty text has none."""
    return tuple(text.split(SEPARATOR)) if text else ()
