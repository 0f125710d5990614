"""How a verdict names labels: one, or in the multi-label task all that apply, joined."""

from collections.abc import Iterable

from ..samples.sample import SEPARATOR
from .protocol import Row


def joined(labels: Iterable[str]) -> str:
    """Join labels that apply, as a CSV for `tlx train --labels` holds them; empty for none."""
    return SEPARATOR.join(sorted(labels))


def parted(label: str) -> tuple[str, ...]:
    """Give the labels that were joined."""
    return tuple(label.split(SEPARATOR)) if label else ()


def answered_label(row: Row) -> str:
    """Give what an answer says, as a verdict would: `row` has one."""
    return row.predictions[0].label if row.labels is None else joined(row.labels)
