"""The report of the multi-label task: decisions scored against all labels of each picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..inference.prediction import Outcome, decide
from ..samples.sample import LeftOut, Sample
from . import multi_label_metrics as metrics
from .bootstrap import mean_average_precision_interval
from .metrics import wilson_interval
from .multi_label_metrics import MultiHot
from .report import WORST, require_known_labels, sort_out
from .scored_picture import ScoredLabels, Size, scored_labels


@dataclass(frozen=True)
class MultiLabelScores:
    """How one label was answered.

    Attributes:
        average_precision: of the ranking by this label, 0..1; None without a picture of it.
        precision: at the threshold, 0..1; 0 where undefined, as the next two.
        recall: likewise.
        f1: likewise.
        support: pictures that have the label.
        threshold: the probability from which on it was chosen.
    """

    average_precision: float | None
    precision: float
    recall: float
    f1: float
    support: int
    threshold: float


@dataclass(frozen=True)
class MultiLabelMistake:
    """A picture whose chosen labels are not the truth.

    Attributes:
        path: the picture.
        truth: its labels by the CSV, in the card's order.
        predicted: the labels chosen, in the card's order.
        label: the label most wrong: missed if it stands in `truth`, else added.
        probability: of `label`, 0..1.
    """

    path: str
    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    label: str
    probability: float


@dataclass(frozen=True)
class MultiLabelReport:
    """The scored outcome over pictures with several labels each.

    Attributes:
        model: the model file's name.
        pictures: how many were scored.
        failures: how many could not be read.
        mean_average_precision: over the labels with a picture, 0..1; None without any.
        mean_average_precision_interval: 95 %, bootstrap over pictures; None with one picture.
        labels_counted: labels with a picture; the others count neither here nor in `macro_f1`.
        exact_match: share of pictures whose labels are all right and complete, 0..1.
        exact_match_interval: 95 %, Wilson.
        micro_f1: over all decisions together; 0 where undefined.
        macro_f1: mean over the labels with a picture; None without any.
        loss: mean binary cross-entropy over pictures and labels, in nats at temperature 1.
        labels: the card's labels, in its order.
        thresholds: in the order of `labels`; chosen is who is at or over it.
        per_label: scores by label.
        worst_mistakes: those with the least probability for what is true of one label first.
        unreadable: the pictures that could not be read.
        pictures_per_second: from file to answer, of this measurement.
        rows: every picture that was scored, in the order given; not in report.json.
    """

    model: str
    pictures: int
    failures: int
    mean_average_precision: float | None
    mean_average_precision_interval: tuple[float, float] | None
    labels_counted: int
    exact_match: float
    exact_match_interval: tuple[float, float]
    micro_f1: float
    macro_f1: float | None
    loss: float
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    per_label: dict[str, MultiLabelScores]
    worst_mistakes: tuple[MultiLabelMistake, ...]
    unreadable: tuple[LeftOut, ...]
    pictures_per_second: float
    rows: tuple[ScoredLabels, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class _Answered:
    """What is scored: `[N, C]` of logits, decisions and truth."""

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    logits: NDArray[np.float32]
    decisions: MultiHot
    truth: MultiHot


def score_multi_label(
    model: str,
    labels: tuple[str, ...],
    thresholds: tuple[float, ...],
    samples: Sequence[Sample],
    outcomes: Sequence[Outcome],
    seconds: float,
    sizes: Mapping[Path, Size] | None = None,
) -> MultiLabelReport:
    """Score outcomes against samples, which stand in the same order.

    Args:
        model: the file's name.
        labels: the card's.
        thresholds: the card's, in the order of `labels`.
        samples: pictures with their truth.
        outcomes: what the file answered to each.
        seconds: that all answers took.
        sizes: of the pictures, as far as they are known.

    Raises:
        DataError: a label that the card does not know, or no picture that could be read.
    """
    require_known_labels(samples, labels, "multi-label")
    pictures, unreadable = sort_out(samples, outcomes)
    answered = _Answered(
        labels,
        thresholds,
        np.stack([prediction.logits for _, prediction in pictures]),
        decide(np.stack([prediction.probabilities for _, prediction in pictures]), thresholds),
        metrics.multi_hot([sample for sample, _ in pictures], labels),
    )
    known = sizes or {}
    measured = [known.get(sample.path) for sample, _ in pictures]
    rows = tuple(
        scored_labels(pictures, answered.logits, answered.decisions, answered.truth, measured)
    )
    return _report(model, answered, rows, unreadable, len(samples) / seconds)


def _report(
    model: str,
    answered: _Answered,
    rows: tuple[ScoredLabels, ...],
    unreadable: tuple[LeftOut, ...],
    pictures_per_second: float,
) -> MultiLabelReport:
    logits, decisions, truth = answered.logits, answered.decisions, answered.truth
    counted = int(truth.any(axis=0).sum())
    right = int((decisions == truth).all(axis=1).sum())
    return MultiLabelReport(
        model=model,
        pictures=len(truth),
        failures=len(unreadable),
        mean_average_precision=metrics.mean_average_precision(logits, truth) if counted else None,
        mean_average_precision_interval=mean_average_precision_interval(logits, truth),
        labels_counted=counted,
        exact_match=metrics.exact_match(decisions, truth),
        exact_match_interval=wilson_interval(right, len(truth)),
        micro_f1=metrics.micro_f1(decisions, truth),
        macro_f1=metrics.macro_f1(decisions, truth) if counted else None,
        loss=float(metrics.binary_losses(logits, truth).mean()),
        labels=answered.labels,
        thresholds=answered.thresholds,
        per_label=_per_label(answered),
        worst_mistakes=_worst(rows),
        unreadable=unreadable,
        pictures_per_second=pictures_per_second,
        rows=rows,
    )


def _per_label(answered: _Answered) -> dict[str, MultiLabelScores]:
    average = metrics.average_precisions(answered.logits, answered.truth).tolist()
    rows = metrics.per_label(answered.decisions, answered.truth).tolist()
    return {
        label: MultiLabelScores(
            average[index] if support else None, precision, recall, f1, int(support), threshold
        )
        for index, (label, threshold, (precision, recall, f1, support)) in enumerate(
            zip(answered.labels, answered.thresholds, rows, strict=True)
        )
    }


def _worst(rows: Sequence[ScoredLabels]) -> tuple[MultiLabelMistake, ...]:
    mistakes = sorted((row for row in rows if not row.correct), key=lambda row: -row.label_loss)
    return tuple(
        MultiLabelMistake(row.path, row.truth, row.predicted, row.label, row.probability)
        for row in mistakes[:WORST]
    )
