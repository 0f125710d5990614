"""The report of the multi-label task: decisions scored against all labels of each picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..inference.prediction import Outcome
from ..samples.sample import LeftOut, Sample
from .calibration import Calibration
from .curves import Curves
from .intervals import Interval
from .label_scores import MacroScores
from .mistakes import WORST
from .multi_label_answers import MultiLabelScores, decided, gather, measured
from .report import require_known_labels, sort_out
from .scored_picture import ScoredLabels, scored_labels
from .slices import Facts, Slice, slice_up
from .temperature_effect import TemperatureEffect


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
        micro_f1_interval: 95 %, bootstrap; None with one picture, or where it is undefined.
        macro_f1: mean over the labels with a picture; None without any.
        macro_f1_interval: 95 %, bootstrap; None with one picture.
        loss: mean binary cross-entropy over pictures and labels, in nats at temperature 1.
        labels: the card's labels, in its order.
        thresholds: in the order of `labels`; chosen is who is at or over it.
        per_label: scores by label.
        worst_mistakes: those with the least probability for what is true of one label first.
        unreadable: the pictures that could not be read.
        pictures_per_second: from file to answer, of this measurement.
        loss_interval: 95 %, bootstrap; None with one picture, as the next two intervals.
        calibrated_loss: mean binary cross-entropy in nats of the probabilities as the file gives
            them, at the card's temperature.
        calibrated_loss_interval: 95 %, bootstrap.
        brier_score: mean over pictures and labels of (probability - truth)^2, 0..1.
        brier_score_interval: 95 %, bootstrap.
        macro: means over the labels with a picture.
        calibration: of the probabilities of all decisions, as the file gives them.
        uncalibrated: of those at temperature 1.
        temperature_effect: how far the temperature moves calibration error and loss.
        curves: precision-recall and ROC of each label.
        slices: exact match by size, folder, and columns of a CSV.
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
    micro_f1_interval: Interval | None
    macro_f1: float | None
    macro_f1_interval: Interval | None
    loss: float
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    per_label: dict[str, MultiLabelScores]
    worst_mistakes: tuple[MultiLabelMistake, ...]
    unreadable: tuple[LeftOut, ...]
    pictures_per_second: float
    loss_interval: Interval | None
    calibrated_loss: float
    calibrated_loss_interval: Interval | None
    brier_score: float
    brier_score_interval: Interval | None
    macro: MacroScores
    calibration: Calibration
    uncalibrated: Calibration
    temperature_effect: TemperatureEffect
    curves: Curves
    slices: tuple[Slice, ...]
    rows: tuple[ScoredLabels, ...] = field(default=(), repr=False)


def score_multi_label(
    model: str,
    labels: tuple[str, ...],
    thresholds: tuple[float, ...],
    samples: Sequence[Sample],
    outcomes: Sequence[Outcome],
    seconds: float,
    facts: Facts | None = None,
) -> MultiLabelReport:
    """Score outcomes against samples, which stand in the same order.

    Args:
        model: the file's name.
        labels: the card's.
        thresholds: the card's, in the order of `labels`.
        samples: pictures with their truth.
        outcomes: what the file answered to each.
        seconds: that all answers took.
        facts: what else is known of the pictures.

    Raises:
        DataError: a label that the card does not know, or no picture that could be read.
    """
    require_known_labels(samples, labels, "multi-label")
    pictures, unreadable = sort_out(samples, outcomes)
    answers = gather(labels, thresholds, pictures)
    known = facts or Facts()
    rows = tuple(
        scored_labels(pictures, answers.logits, answers.decisions, answers.truth, known.sizes)
    )
    return MultiLabelReport(
        model=model,
        pictures=len(rows),
        failures=len(unreadable),
        labels=labels,
        thresholds=thresholds,
        worst_mistakes=_worst(rows),
        unreadable=unreadable,
        pictures_per_second=len(samples) / seconds,
        slices=slice_up(rows, [sample for sample, _ in pictures], known.columns, multi_label=True),
        rows=rows,
        **decided(answers),
        **measured(answers),
    )


def _worst(rows: Sequence[ScoredLabels]) -> tuple[MultiLabelMistake, ...]:
    mistakes = sorted((row for row in rows if not row.correct), key=lambda row: -row.label_loss)
    return tuple(
        MultiLabelMistake(row.path, row.truth, row.predicted, row.label, row.probability)
        for row in mistakes[:WORST]
    )
