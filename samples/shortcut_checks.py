"""Shortcuts: what a picture's file looks like gives its label away."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from .findings import Finding
from .picture_facts import Header, PictureFacts
from .sample import labels_of

FEWEST = 10
"""Pictures of one kind from which it is no accident."""
COVERED = 0.5
"""Share of the label's pictures that are of the kind."""
RARER = 10
"""How many times rarer the kind is among the other pictures."""

_Look = tuple[str, str, int, int]
"""Format, mode, width and height."""
_Looks = Mapping[tuple[_Look, tuple[str, ...]], int]
"""How many pictures have a look and these labels: far fewer kinds than there are pictures."""

_VALUES: Mapping[str, Callable[[_Look], str]] = {
    "format": lambda look: look[0],
    "mode": lambda look: look[1],
    "size": lambda look: f"{look[2]} x {look[3]}",
}


def shortcut_findings(facts: Sequence[PictureFacts], task: str) -> Iterator[Finding]:
    """Find formats, modes and sizes that stand for a label.

    A network learns what is easiest: where all pictures of one label are grey, or PNGs that were
    scaled once more, it may learn that, and fail on pictures of another origin (Geirhos et al.,
    "Shortcut learning in deep neural networks", 2020, https://arxiv.org/abs/2004.07780).
    """
    looks = Counter(
        (_look(row.header), labels_of(row.sample, task))
        for row in facts
        if row.header is not None and not row.error
    )
    total, labels = looks.total(), Counter[str]()
    for (_, names), count in looks.items():
        labels.update(dict.fromkeys(names, count))
    for what, value_of in _VALUES.items():
        values, both = _counted(looks, value_of)
        for (value, label), count in sorted(both.items()):
            others = total - labels[label]
            elsewhere = values[value] - count
            if _gives_away(count, labels[label], elsewhere, others):
                yield Finding(
                    "shortcut",
                    (),
                    f"{what} {value}: {count} of {labels[label]} pictures of {label!r}, and "
                    f"{elsewhere} of the {others} others",
                )


def _look(header: Header) -> _Look:
    return header.format, header.mode, header.width, header.height


def _counted(
    looks: _Looks, value_of: Callable[[_Look], str]
) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Count the pictures by value, and by value and label."""
    values, both = Counter[str](), Counter[tuple[str, str]]()
    for (look, labels), count in looks.items():
        value = value_of(look)
        values[value] += count
        both.update({(value, label): count for label in labels})
    return values, both


def _gives_away(count: int, of_label: int, elsewhere: int, others: int) -> bool:
    """Tell whether a kind is usual for a label and rare among the other pictures."""
    if count < FEWEST or count < COVERED * of_label or not others:
        return False
    return elsewhere * of_label * RARER <= count * others
