"""`labels.txt`: what the outputs of a classifier mean, one label a line."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError, UsageError
from .sample import normalise_label
from .table import require_file

LABELS_FILE = "labels.txt"


def read_labels_file(path: Path) -> tuple[str, ...]:
    """Read labels in the order of the outputs.

    Args:
        path: UTF-8 text, with or without byte order mark; space around a label is no part of it.

    Returns:
        The labels, unique, none empty.

    Raises:
        DataError: it cannot be read, is not UTF-8, or has an empty line or a label twice.
    """
    labels = [normalise_label(line.strip()) for line in _lines(path)]
    first: dict[str, int] = {}
    for number, label in enumerate(labels, 1):
        if not label:
            raise DataError(f"{path}, line {number} is empty; each line is the label of one output")
        if label in first:
            raise DataError(
                f"{path}, lines {first[label]} and {number} are both {label!r}; each label stands "
                "once"
            )
        first[label] = number
    return tuple(labels)


def labels_text(labels: Sequence[str]) -> str:
    """Write the content of `labels.txt`.

    Raises:
        UsageError: a label has a line break, or begins with a byte order mark.
    """
    for label in labels:
        if "\n" in label or "\r" in label or label.startswith("\ufeff"):
            raise UsageError(
                f"the label {label!r} has a line break or byte order mark, which {LABELS_FILE} "
                "cannot hold; rename it where the pictures are and train again"
            )
    return "".join(f"{label}\n" for label in labels)


def _lines(path: Path) -> list[str]:
    """Split at line feeds alone: what else Python takes for a line's end may be in a label."""
    require_file(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text; save it as such, one label a line") from None
    lines = text.removesuffix("\n").split("\n") if text else []
    if not lines:
        raise DataError(f"{path} is empty; it needs one label a line, in the order of the outputs")
    return lines
