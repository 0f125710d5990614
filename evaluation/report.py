"""The report: predictions scored against truth, aligned by the labels' names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..inference.prediction import Outcome, Prediction
from ..samples.sample import LeftOut, Sample
from . import metrics
from .scored_picture import ScoredPicture, Size, scored_pictures

WORST = 20
"""Mistakes kept in a report."""


@dataclass(frozen=True)
class LabelScores:
    """Precision, recall and F1 of one label, 0..1 (0 where undefined), and its pictures."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Mistake:
    """A picture whose first label is not the truth.

    Attributes:
        path: the picture.
        truth: its label by folder or CSV.
        predicted: the label predicted.
        probability: of `predicted`, 0..1.
        truth_probability: of `truth`, 0..1.
    """

    path: str
    truth: str
    predicted: str
    probability: float
    truth_probability: float


@dataclass(frozen=True)
class Report:
    """The scored outcome over labelled pictures.

    Attributes:
        model: the model file's name.
        pictures: how many were scored.
        failures: how many could not be read.
        accuracy: share of pictures whose first label is the truth, 0..1.
        accuracy_interval: 95 %, Wilson.
        top5_accuracy: None with five labels or fewer, where it means nothing.
        loss: mean cross-entropy in nats at temperature 1.
        labels: the card's labels, in its order.
        per_label: scores by label.
        confusion: `confusion[truth][predicted]`, in the order of `labels`.
        worst_mistakes: those with the least probability for the truth first.
        unreadable: the pictures that could not be read.
        pictures_per_second: from file to answer, of this measurement.
        rows: every picture that was scored, in the order given; not in report.json.
        refused: share of the pictures that the file's rule takes for none of the labels, which all
            else here ignores; None for a file without a rule, as the next.
        accuracy_with_refusals: share of the others whose first label is the truth; None if there
            are none.
    """

    model: str
    pictures: int
    failures: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    top5_accuracy: float | None
    loss: float
    labels: tuple[str, ...]
    per_label: dict[str, LabelScores]
    confusion: tuple[tuple[int, ...], ...]
    worst_mistakes: tuple[Mistake, ...]
    unreadable: tuple[LeftOut, ...]
    pictures_per_second: float
    rows: tuple[ScoredPicture, ...] = field(default=(), repr=False)
    refused: float | None = None
    accuracy_with_refusals: float | None = None


def require_known_labels(
    samples: Sequence[Sample], labels: Sequence[str], task: str = "single-label"
) -> None:
    """Refuse truth that the card has no label for; `task` is the card's.

    Raises:
        DataError: naming the unknown labels.
    """
    if task == "multi-label":
        named = {label for sample in samples for label in sample.labels}
    else:
        named = {sample.label for sample in samples}
    unknown = sorted(named - set(labels))
    if unknown:
        known = ", ".join(labels[:20]) + (f" and {len(labels) - 20} more" if labels[20:] else "")
        raise DataError(
            f"the model does not know the label(s) {', '.join(unknown[:20])}; it knows {known}"
        )


def score(
    model: str,
    labels: tuple[str, ...],
    samples: Sequence[Sample],
    outcomes: Sequence[Outcome],
    seconds: float,
    sizes: Mapping[Path, Size] | None = None,
) -> Report:
    """Score outcomes against samples, which stand in the same order.

    Args:
        model: the file's name.
        labels: the card's.
        samples: pictures with their truth.
        outcomes: what the file answered to each.
        seconds: that all answers took.
        sizes: of the pictures, as far as they are known.

    Raises:
        DataError: a label that the card does not know, or no picture that could be read.
    """
    require_known_labels(samples, labels)
    answered, unreadable = sort_out(samples, outcomes)
    logits = np.stack([prediction.logits for _, prediction in answered])
    truth = np.array([labels.index(sample.label) for sample, _ in answered])
    known = sizes or {}
    measured = [known.get(sample.path) for sample, _ in answered]
    rows = tuple(scored_pictures(answered, logits, truth, measured))
    kept = [row for row in rows if row.unknown is False]
    confusion = metrics.confusion(logits, truth)
    return Report(
        model=model,
        pictures=len(answered),
        failures=len(unreadable),
        accuracy=metrics.accuracy(logits, truth),
        accuracy_interval=metrics.wilson_interval(int(confusion.trace()), len(answered)),
        top5_accuracy=metrics.top5_accuracy(logits, truth),
        loss=float(metrics.losses(logits, truth).mean()),
        labels=labels,
        per_label={
            label: LabelScores(float(row[0]), float(row[1]), float(row[2]), int(row[3]))
            for label, row in zip(labels, metrics.per_label(logits, truth), strict=True)
        },
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        worst_mistakes=_worst(rows),
        unreadable=unreadable,
        pictures_per_second=len(samples) / seconds,
        rows=rows,
        refused=None if any(row.unknown is None for row in rows) else 1 - len(kept) / len(rows),
        accuracy_with_refusals=sum(row.correct for row in kept) / len(kept) if kept else None,
    )


def sort_out(
    samples: Sequence[Sample], outcomes: Sequence[Outcome]
) -> tuple[list[tuple[Sample, Prediction]], tuple[LeftOut, ...]]:
    """Part what was answered from what could not be read; both stand in the same order.

    Raises:
        DataError: no picture could be read.
    """
    unreadable = tuple(
        LeftOut(sample.path, outcome.error)
        for sample, outcome in zip(samples, outcomes, strict=True)
        if outcome.error is not None
    )
    answered = [
        (sample, outcome.prediction)
        for sample, outcome in zip(samples, outcomes, strict=True)
        if outcome.prediction is not None
    ]
    if not answered:
        raise DataError(f"none of the {len(samples)} pictures can be read, so nothing is scored")
    return answered, unreadable


def _worst(rows: Sequence[ScoredPicture]) -> tuple[Mistake, ...]:
    mistakes = [
        Mistake(row.path, row.truth, row.predicted, row.probability, row.truth_probability)
        for row in rows
        if not row.correct
    ]
    mistakes.sort(key=lambda mistake: (mistake.truth_probability, -mistake.probability))
    return tuple(mistakes[:WORST])
