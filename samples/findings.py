"""What the data check found: its kinds, how severe each is, and their order."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
"""An error falsifies a result; a warning makes it worth less or costs a picture."""

KINDS: dict[str, tuple[str, str]] = {
    "none-readable": (ERROR, "not one picture can be decoded"),
    "leak": (ERROR, "one picture in more than one split"),
    "label-conflict": (ERROR, "one picture under more than one label"),
    "group-leak": (ERROR, "a group of --group-by in more than one split"),
    "label-spelling": (ERROR, "labels that differ by case, spaces or Unicode form only"),
    "label-not-trained": (ERROR, "a label of validation or test without training pictures"),
    "shortcut": (ERROR, "mode, size or format gives the label away"),
    "empty-file": (WARNING, "zero bytes"),
    "missing-file": (WARNING, "no such file"),
    "unreadable": (WARNING, "cannot be decoded"),
    "truncated": (WARNING, "the file ends before the picture does"),
    "wrong-format": (WARNING, "the ending names another format than the content"),
    "extreme-shape": (WARNING, "much longer than wide: the crop shows a small part"),
    "tiny": (WARNING, "too small to show much"),
    "huge": (WARNING, "slow to decode, and much memory"),
    "blank": (WARNING, "plain: shows nothing"),
    "unlabelled": (WARNING, "a picture that has no label, and is not used"),
    "other-ending": (WARNING, "a picture by its content, not by its ending, and not used"),
    "suspected-label": (WARNING, "a model confidently takes the label for another one"),
    "label-empty": (WARNING, "a label folder without pictures"),
    "label-missing": (WARNING, "a label that a split has no pictures of"),
    "few-pictures": (WARNING, "a label with few training pictures"),
    "imbalance": (WARNING, "labels of very different sizes"),
    "small-split": (WARNING, "too few pictures for an accuracy to be known well"),
    "duplicate": (NOTE, "one file twice, same label and split"),
    "near-duplicate": (NOTE, "one picture twice, same label and split"),
    "label-merged": (NOTE, "folders whose names are one label in Unicode's composed form"),
    "orientation": (NOTE, "to be turned by its EXIF orientation, which is done"),
    "colour-mode": (NOTE, "not RGB; it is converted"),
    "transparency": (NOTE, "laid on white"),
    "animated": (NOTE, "several pictures in one file: the first counts"),
    "no-picture": (NOTE, "another file in a label folder"),
}
"""Severity and meaning by kind, the worst first; docs/check.md has them too."""

_RANKS = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Finding:
    """One thing found: about a file, a pair of files, a label, or the whole.

    Attributes:
        kind: a key of `KINDS`.
        paths: the files or folders it is about; of a pair both; may be empty.
        detail: one line for the user.
        rank: findings of a kind are told in this order, the smallest first.
    """

    kind: str
    paths: tuple[Path, ...]
    detail: str
    rank: float = 0.0

    @property
    def severity(self) -> str:
        """Tell "error", "warning" or "note"."""
        return KINDS[self.kind][0]


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings: the worst kind first, then by rank and path."""
    return tuple(
        sorted(findings, key=lambda one: (_RANKS[one.kind], one.rank, one.paths, one.detail))
    )
