"""How a verdict names labels: one, or in the multi-label task all that apply, joined."""

from ..inference.label_text import joined
from .protocol import Row


def answered_label(row: Row) -> str:
    """Give what an answer says, as a verdict would: `row` has one."""
    return row.predictions[0].label if row.labels is None else joined(row.labels)
