"""The report: predictions scored against truth, aligned by the labels' names."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import DataError
from ..inference.prediction import Outcome, Prediction
from ..inference.wording import none_can_be_read, noun
from ..samples.sample import LeftOut, Sample
from . import metrics
from .answers import gather, hits, measured
from .calibration import Calibration
from .coverage import Coverage
from .curves import Curves
from .intervals import Interval
from .label_scores import LabelScores, MacroScores
from .mistakes import ConfusedPair, Mistake, confused_pairs, worst_mistakes
from .refusals import measure_refusals
from .scored_picture import ScoredPicture, scored_pictures
from .slices import Facts, Slice, slice_up
from .temperature_effect import TemperatureEffect


@dataclass(frozen=True)
class Report:
    """The scored outcome over labelled pictures.

    Intervals are of 95 %. Those by bootstrap over pictures are None with one picture.

    Attributes:
        model: the model file's name.
        pictures: how many were scored.
        failures: how many could not be read.
        accuracy: share of pictures whose first label is the truth, 0..1.
        accuracy_interval: 95 %, Wilson.
        top5_accuracy: None with five labels or fewer, where it means nothing.
        top5_accuracy_interval: Wilson; None likewise.
        loss: mean cross-entropy in nats at temperature 1.
        labels: the card's labels, in its order.
        per_label: scores by label.
        confusion: `confusion[truth][predicted]`, in the order of `labels`.
        worst_mistakes: those with the least probability for the truth first.
        unreadable: the pictures that could not be read.
        pictures_per_second: from file to answer, of this measurement.
        balanced_accuracy: mean recall of the labels with a picture.
        balanced_accuracy_interval: bootstrap.
        topk: how many labels may be named for `topk_accuracy`.
        topk_accuracy: share of pictures with the truth among the first `topk` labels; None if
            there are not more labels than that.
        topk_accuracy_interval: Wilson.
        loss_interval: bootstrap.
        calibrated_loss: mean cross-entropy in nats of the probabilities as the file gives them,
            at the card's temperature.
        calibrated_loss_interval: bootstrap.
        brier_score: mean over pictures of the sum over labels of (probability - truth)^2, 0..2.
        brier_score_interval: bootstrap.
        macro: means over the labels with a picture.
        calibration: of the probabilities as the file gives them.
        uncalibrated: of those at temperature 1.
        temperature_effect: how far the temperature moves calibration error and loss.
        coverage: accuracy where the least sure answers are refused.
        curves: precision-recall and ROC, each label against the rest.
        confused_pairs: the most frequent ones, up to 20.
        slices: the accuracy by size, sub-folder, and columns of a CSV.
        rows: every picture that was scored, in the order given; not in report.json.
        refused: share of the pictures that the file's rule takes for none of the labels, which all
            else here ignores; None for a file without a rule, as the next three.
        refused_interval: Wilson.
        refused_expected: share that is expected of so many pictures like those which chose the
            threshold; None if the card does not say how many these were, as the next one.
        refused_expected_interval: where the share is in 95 % of such cases; `refusals.py`.
        accuracy_with_refusals: share of the others whose first label is the truth; None if there
            are none.
        accuracy_with_refusals_interval: Wilson.
    """

    model: str
    pictures: int
    failures: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    top5_accuracy: float | None
    top5_accuracy_interval: Interval | None
    loss: float
    labels: tuple[str, ...]
    per_label: dict[str, LabelScores]
    confusion: tuple[tuple[int, ...], ...]
    worst_mistakes: tuple[Mistake, ...]
    unreadable: tuple[LeftOut, ...]
    pictures_per_second: float
    balanced_accuracy: float
    balanced_accuracy_interval: Interval | None
    topk: int
    topk_accuracy: float | None
    topk_accuracy_interval: Interval | None
    loss_interval: Interval | None
    calibrated_loss: float
    calibrated_loss_interval: Interval | None
    brier_score: float
    brier_score_interval: Interval | None
    macro: MacroScores
    calibration: Calibration
    uncalibrated: Calibration
    temperature_effect: TemperatureEffect
    coverage: Coverage
    curves: Curves
    confused_pairs: tuple[ConfusedPair, ...]
    slices: tuple[Slice, ...]
    rows: tuple[ScoredPicture, ...] = field(default=(), repr=False)
    refused: float | None = None
    refused_interval: Interval | None = None
    refused_expected: float | None = None
    refused_expected_interval: Interval | None = None
    accuracy_with_refusals: float | None = None
    accuracy_with_refusals_interval: Interval | None = None


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
        named = f"{noun(len(unknown), 'label')} {', '.join(unknown[:20])}"
        raise DataError(f"the model does not know the {named}; it knows {known}")


def score(
    model: str,
    labels: tuple[str, ...],
    samples: Sequence[Sample],
    outcomes: Sequence[Outcome],
    seconds: float,
    facts: Facts | None = None,
    topk: int = 5,
) -> Report:
    """Score outcomes against samples, which stand in the same order.

    Args:
        model: the file's name.
        labels: the card's.
        samples: pictures with their truth.
        outcomes: what the file answered to each.
        seconds: that all answers took.
        facts: what else is known of the pictures.
        topk: labels that may be named for `topk_accuracy`.

    Raises:
        DataError: a label that the card does not know, or no picture that could be read.
    """
    require_known_labels(samples, labels)
    answered, unreadable = sort_out(samples, outcomes)
    answers = gather(labels, answered)
    known = facts or Facts()
    rows = tuple(scored_pictures(answered, answers.logits, answers.truth, known.sizes))
    confusion = metrics.confusion(answers.logits, answers.truth)
    return Report(
        model=model,
        pictures=len(rows),
        failures=len(unreadable),
        labels=labels,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        confused_pairs=confused_pairs(confusion, labels),
        worst_mistakes=worst_mistakes(rows),
        unreadable=unreadable,
        pictures_per_second=len(samples) / seconds,
        slices=slice_up(rows, [sample for sample, _ in answered], known.columns, multi_label=False),
        rows=rows,
        **hits(answers, topk),
        **measured(answers),
        **measure_refusals(rows),
    )


def none_left(unreadable: Sequence[tuple[str, str]], so: str) -> str:
    """Say that no picture can be read, and why the first one cannot.

    Args:
        unreadable: path and reason of all there are.
        so: what follows from it.
    """
    said = f"{none_can_be_read(len(unreadable))}, {so}"
    if not unreadable:
        return said
    which = "; the first one: " if len(unreadable) > 1 else ": "
    return said + which + ": ".join(unreadable[0])


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
        raise DataError(
            none_left([(str(row.path), row.reason) for row in unreadable], "so nothing is scored")
        )
    return answered, unreadable
