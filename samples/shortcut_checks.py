"""Shortcuts: what a picture's file looks like gives its label away."""

from collections import Counter
from collections.abc import Iterator, Sequence

from .findings import Finding
from .picture_facts import Header, PictureFacts
from .sample import labels_of

FEWEST = 10
"""Pictures of one kind from which it is no accident."""
COVERED = 0.5
"""Share of the label's pictures that are of the kind."""
RARER = 10
"""How many times rarer the kind is among the other pictures."""


def shortcut_findings(facts: Sequence[PictureFacts], task: str) -> Iterator[Finding]:
    """Find formats, modes and sizes that stand for a label.

    A network learns what is easiest: where all pictures of one label are grey, or PNGs that were
    scaled once more, it may learn that, and fail on pictures of another origin (Geirhos et al.,
    "Shortcut learning in deep neural networks", 2020, https://arxiv.org/abs/2004.07780).
    """
    known = [(row.header, row) for row in facts if row.header is not None and not row.error]
    labels = Counter(label for _, row in known for label in labels_of(row.sample, task))
    for what in ("format", "mode", "size"):
        values = Counter(_value(header, what) for header, _ in known)
        both = Counter(
            (_value(header, what), label)
            for header, row in known
            for label in labels_of(row.sample, task)
        )
        for (value, label), count in sorted(both.items()):
            others = len(known) - labels[label]
            elsewhere = values[value] - count
            if _gives_away(count, labels[label], elsewhere, others):
                yield Finding(
                    "shortcut",
                    (),
                    f"{what} {value}: {count} of {labels[label]} pictures of {label!r}, and "
                    f"{elsewhere} of the {others} others",
                )


def _value(header: Header, what: str) -> str:
    if what == "size":
        return f"{header.width} x {header.height}"
    return header.mode if what == "mode" else header.format


def _gives_away(count: int, of_label: int, elsewhere: int, others: int) -> bool:
    """Tell whether a kind is usual for a label and rare among the other pictures."""
    if count < FEWEST or count < COVERED * of_label or not others:
        return False
    return elsewhere * of_label * RARER <= count * others
