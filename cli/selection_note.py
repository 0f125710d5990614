"""What is said of a score on pictures that are no fair judge of a model."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..inference.card import ModelCard

SELECTED = {
    "train": "which it was trained on: they say nothing about new ones",
    "validation": "which chose the epoch{}: that flatters",
}
"""Splits of a run's split.csv that are no fair judge of it; {} for what else was chosen."""


def selection_note(split: str | None, card: "ModelCard") -> str | None:
    """Say what a score on this split of a run is worth; None for test and for no split."""
    if split not in SELECTED:
        return None
    if card.provenance.adopted:
        return "trained elsewhere: whether it has learned these pictures is not known"
    tuned = " and the thresholds" if card.task == "multi-label" and card.thresholds else ""
    return f"these are {split} pictures of a run, {SELECTED[split].format(tuned)}"


def pair_notes(first: "ModelCard", second: "ModelCard", split: str | None) -> list[str]:
    """Say what to think of when two files are compared on the same pictures."""
    said = (selection_note(split, card) for card in (first, second))
    notes = list(dict.fromkeys(note for note in said if note))
    learned = {card.provenance.data_fingerprint for card in (first, second)}
    if len(learned) > 1:
        notes.append(
            "A and B are not from the same data and split: see that neither has learned these "
            "pictures"
        )
    return notes
