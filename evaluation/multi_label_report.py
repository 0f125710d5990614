"""The report of the multi-label task: decisions scored against all labels of each picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..inference.prediction import Outcome, Prediction, decide
from ..samples.sample import LeftOut, Sample
from . import multi_label_metrics as metrics
from .bootstrap import mean_average_precision_interval
from .metrics import wilson_interval
from .multi_label_metrics import MultiHot
from .report import WORST, require_known_labels, sort_out


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


@dataclass(frozen=True, eq=False)
class _Answered:
    """What is scored: N pictures, and `[N, C]` of logits, decisions and truth."""

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    pictures: list[tuple[Sample, Prediction]]
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
) -> MultiLabelReport:
    """Score outcomes against samples, which stand in the same order.

    Raises:
        DataError: a label that the card does not know, or no picture that could be read.
    """
    require_known_labels(samples, labels, "multi-label")
    pictures, unreadable = sort_out(samples, outcomes)
    answered = _Answered(
        labels,
        thresholds,
        pictures,
        np.stack([prediction.logits for _, prediction in pictures]),
        decide(np.stack([prediction.probabilities for _, prediction in pictures]), thresholds),
        metrics.multi_hot([sample for sample, _ in pictures], labels),
    )
    return _report(model, answered, unreadable, len(samples) / seconds)


def _report(
    model: str, answered: _Answered, unreadable: tuple[LeftOut, ...], pictures_per_second: float
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
        worst_mistakes=_worst(answered),
        unreadable=unreadable,
        pictures_per_second=pictures_per_second,
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


def _worst(answered: _Answered) -> tuple[MultiLabelMistake, ...]:
    wrong = answered.decisions != answered.truth
    # By the loss: probabilities near 0 and 1 are equal in float32 where logits still differ.
    losses = np.where(wrong, metrics.binary_losses(answered.logits, answered.truth), -1.0)
    order = np.argsort(-losses.max(axis=1), kind="stable")
    rows = [int(row) for row in order if wrong[row].any()][:WORST]
    return tuple(_mistake(answered, row, int(losses[row].argmax())) for row in rows)


def _mistake(answered: _Answered, row: int, label: int) -> MultiLabelMistake:
    def named(columns: MultiHot) -> tuple[str, ...]:
        return tuple(answered.labels[index] for index in np.flatnonzero(columns))

    sample, prediction = answered.pictures[row]
    return MultiLabelMistake(
        str(sample.path),
        named(answered.truth[row]),
        named(answered.decisions[row]),
        answered.labels[label],
        float(prediction.probabilities[label]),
    )
