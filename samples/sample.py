"""Samples: pictures with their truth."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..inference.label_text import parted
from .findings import Finding

SPLITS = ("train", "validation", "test")


def normalise_label(name: str) -> str:
    """Bring a label to Unicode's composed form (NFC).

    A folder that came from a Mac or out of a zip archive may hold the same name decomposed.
    """
    return unicodedata.normalize("NFC", name)


@dataclass(frozen=True, order=True)
class Sample:
    """A picture with the truth that a folder or CSV gives it.

    Attributes:
        path: the picture.
        label: its label; in the multi-label task all of them, `joined`, so
            empty for a picture with none.
    """

    path: Path
    label: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of a picture in the multi-label task."""
        return parted(self.label)


def labels_of(sample: Sample, task: str) -> tuple[str, ...]:
    """Give a picture's labels: exactly one in the single-label task, any number in the other."""
    return sample.labels if task == "multi-label" else (sample.label,)


def all_labels(samples: Iterable[Sample], task: str) -> tuple[str, ...]:
    """Give the labels that stand in some samples, sorted by code point."""
    return tuple(sorted({label for sample in samples for label in labels_of(sample, task)}))


@dataclass(frozen=True, order=True)
class LeftOut:
    """A picture that cannot be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class LabelledPictures:
    """Everything that a training uses.

    Attributes:
        root: the folder that was given.
        labels: sorted by code point; they become the outputs' order.
        train: what the network learns from.
        validation: what chooses the epoch.
        test: only ever scored; may be empty.
        left_out: pictures that cannot be read.
        notes: what the user should know, such as how the split came about; one line each.
        fingerprint: SHA-256 over every picture's content, label and split; empty until read.
        task: "single-label" or "multi-label", as in the card.
        findings: of the quick data check, the worst first, beside what `notes` say.
        contents: SHA-256 of each picture's bytes, by its path.
    """

    root: Path
    labels: tuple[str, ...]
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...] = ()
    test: tuple[Sample, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    task: str = "single-label"
    findings: tuple[Finding, ...] = ()
    contents: Mapping[Path, str] = field(default_factory=dict[Path, str], repr=False, compare=False)

    def split(self, name: str) -> tuple[Sample, ...]:
        """Get the samples of "train", "validation" or "test"."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]
