"""What is said of a score on pictures that are no fair judge of a model."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.report import Report
    from ..inference.card import ModelCard
    from ..inference.classifier import Classifier

JUDGES_BADLY = ("train", "validation")
"""Splits of a run that are no fair judge of it."""
ADOPTED = "trained elsewhere: whether it has learned these pictures is not known"


def report_notes(
    classifier: "Classifier", report: "Report | MultiLabelReport", split: str | None
) -> list[str]:
    """Say all that a reader of the report should know, a note each; the arguments as below."""
    return [*selection_notes(classifier, report, split), *refusal_notes(report)]


def refusal_notes(report: "Report | MultiLabelReport") -> list[str]:
    """Say that the rule refuses other pictures than those that chose its threshold, if it does."""
    from ..evaluation.report import Report

    if not isinstance(report, Report) or report.refused_expected_interval is None:
        return []
    low, high = report.refused_expected_interval
    if report.refused is None or low <= report.refused <= high:
        return []
    learned = ", or were learned" if report.refused < low else ""  # what was learned seems near
    return [
        f"{report.refused:.1%} are taken for unknown; for pictures like those of validation it "
        f"lies between {low:.1%} and {high:.1%} 95% of the time: these are not like them (other "
        f"shares of the labels, another camera or light){learned}"
    ]


def usual_refusals(report: "Report") -> str:
    """Say between what shares the refused one lies, for pictures like those of validation."""
    assert report.refused_expected_interval is not None  # goes with the expected share
    low, high = report.refused_expected_interval
    return f"95% of the time between {low:.1%} and {high:.1%}"


def selection_notes(
    classifier: "Classifier", report: "Report | MultiLabelReport", split: str | None
) -> list[str]:
    """Say what a score is worth on the pictures of a report, a note each; none for fair ones.

    Args:
        classifier: the model file; its run folder knows which pictures it learned.
        report: its report.
        split: the split that was chosen in a CSV; it is believed where no run folder says more.
    """
    from ..evaluation.learned_pictures import count_sides

    paths = [Path(row.path) for row in report.rows]
    sides = count_sides(classifier.session.path, paths)
    return list(side_notes(sides, len(paths), classifier.card, split))


def side_notes(
    sides: Counter[str], pictures: int, card: "ModelCard", split: str | None
) -> Iterator[str]:
    """Say what a score is worth on so many pictures of these splits."""
    known = [side for side in JUDGES_BADLY if sides[side]]
    adopted = card.provenance.adopted
    if adopted and (known or split in JUDGES_BADLY):
        yield ADOPTED
    for side in known:
        yield from _note(f"{sides[side]} of {pictures} are this run's {side} pictures", side, card)
    if not adopted and not sides and split in JUDGES_BADLY:
        yield from _note(f"these are {split} pictures of a run", split, card)


def _note(which: str, side: str, card: "ModelCard") -> Iterator[str]:
    if side == "train":
        if not card.provenance.adopted:
            yield f"{which}, which it was trained on: they say nothing about new ones"
        return
    chosen = _chosen(card)
    if chosen:
        listed = " and ".join(filter(None, (", ".join(chosen[:-1]), chosen[-1])))
        yield f"{which}, which chose {listed}: that flatters"


def _chosen(card: "ModelCard") -> list[str]:
    """List what the validation pictures have chosen of a file."""
    parts = (
        ("the epoch", not card.provenance.adopted),
        ("the temperature", card.temperature != 1),
        ("the thresholds", card.task == "multi-label" and card.thresholds is not None),
        ("the unknown threshold", card.unknown_threshold is not None),
    )
    return [name for name, there in parts if there]


def pair_notes(
    classifiers: "Sequence[Classifier]",
    reports: "Sequence[Report | MultiLabelReport]",
    split: str | None,
) -> list[str]:
    """Say what to think of when two files are compared on the same pictures."""
    first, second = (selection_notes(*one, split) for one in zip(classifiers, reports, strict=True))
    notes = [note if note in second else f"A: {note}" for note in first]
    notes += [f"B: {note}" for note in second if note not in first]
    learned = {one.card.provenance.data_fingerprint for one in classifiers}
    if len(learned) > 1:
        notes.append(
            "A and B are not from the same data and split: see that neither has learned these "
            "pictures"
        )
    return notes
