"""`labels.txt`: the labels in the order of the outputs, UTF-8, one a line."""

from collections.abc import Sequence

from ..errors import UsageError

LABELS_FILE = "labels.txt"


def labels_text(labels: Sequence[str]) -> str:
    """Write the content of `labels.txt`.

    Raises:
        UsageError: a label has a line break.
    """
    for label in labels:
        if "\n" in label or "\r" in label:
            raise UsageError(
                f"the label {label!r} has a line break, which {LABELS_FILE} cannot hold; "
                "rename it where the pictures are and train again"
            )
    return "".join(f"{label}\n" for label in labels)
