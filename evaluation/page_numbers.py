"""The numbers of a report as a table for people: name, value, interval, how that was computed."""

from collections.abc import Iterator
from dataclasses import dataclass

from .intervals import Interval
from .label_scores import MacroScores
from .multi_label_report import MultiLabelReport
from .report import Report
from .unknown_report import UnknownReport

WILSON, BOOTSTRAP = "Wilson", "bootstrap over pictures"


@dataclass(frozen=True)
class Number:
    """One number of a report.

    Attributes:
        name: what it is called.
        value: None where it is undefined.
        interval: of 95 %; None where there is none.
        method: of the interval; empty without one.
        share: whether it is a share of something, shown in percent.
        meaning: one line.
    """

    name: str
    value: float | None
    interval: Interval | None
    method: str
    share: bool
    meaning: str


def numbers(report: Report | MultiLabelReport) -> list[Number]:
    """Give all numbers of a report, the most important first; what is undefined is left out."""
    found = _single(report) if isinstance(report, Report) else _multi(report)
    return [number for number in (*found, *_common(report)) if number.value is not None]


def _single(report: Report) -> Iterator[Number]:
    yield _share(
        "accuracy", report.accuracy, report.accuracy_interval, WILSON, "the first label is right"
    )
    yield _share(
        "balanced accuracy",
        report.balanced_accuracy,
        report.balanced_accuracy_interval,
        BOOTSTRAP,
        "mean over the labels, however many pictures each has",
    )
    yield _share(
        f"top-{report.topk} accuracy",
        report.topk_accuracy,
        report.topk_accuracy_interval,
        WILSON,
        f"the truth is among the first {report.topk} labels",
    )
    yield from _macro(report.macro, but="recall, macro")  # that is the balanced accuracy
    yield _share(
        "refused as unknown",
        report.refused,
        report.refused_interval,
        WILSON,
        _refused_meaning(report),
    )
    yield _share(
        "accuracy with refusals",
        report.accuracy_with_refusals,
        report.accuracy_with_refusals_interval,
        WILSON,
        "of the pictures that are not refused",
    )


def _refused_meaning(report: Report) -> str:
    meaning = "taken for none of the labels by the file's rule, which all else ignores"
    expected, usual = report.refused_expected, report.refused_expected_interval
    if expected is None or usual is None:
        return meaning
    return (
        f"{meaning}; of pictures like those of validation {expected:.1%} are expected, 95% of the "
        f"time between {usual[0]:.1%} and {usual[1]:.1%}"
    )


def unknown_numbers(found: UnknownReport) -> list[Number]:
    """Give how well a file's rule finds pictures that show none of its labels."""
    meaning = f"an unknown picture scores higher than a known one; {len(found.unknown)} pictures"
    accepted = "share of the unknown pictures that is taken for known"
    return [
        _plain("unknown: AUROC", found.auroc, found.auroc_interval, meaning, "DeLong"),
        _share(
            "unknown: false accepts",
            found.false_accepts,
            found.false_accepts_interval,
            WILSON,
            accepted,
        ),
    ]


def _multi(report: MultiLabelReport) -> Iterator[Number]:
    yield _share(
        "mean average precision",
        report.mean_average_precision,
        report.mean_average_precision_interval,
        BOOTSTRAP,
        f"of the rankings, over {report.labels_counted} of {len(report.labels)} labels",
    )
    yield _share(
        "exact match",
        report.exact_match,
        report.exact_match_interval,
        WILSON,
        "all labels of a picture are right and complete",
    )
    yield _share(
        "F1, micro",
        report.micro_f1,
        report.micro_f1_interval,
        BOOTSTRAP,
        "over all decisions together",
    )
    yield from _macro(report.macro)


def _macro(macro: MacroScores, but: str = "") -> Iterator[Number]:
    mean = "mean over the labels with a picture"
    for name, value, interval in (
        ("precision, macro", macro.precision, macro.precision_interval),
        ("recall, macro", macro.recall, macro.recall_interval),
        ("F1, macro", macro.f1, macro.f1_interval),
    ):
        if name != but:
            yield _share(name, value, interval, BOOTSTRAP, mean)
    for name, value, interval in (
        ("average precision, macro", macro.average_precision, macro.average_precision_interval),
        ("ROC AUC, macro", macro.roc_auc, macro.roc_auc_interval),
    ):
        yield _plain(name, value, interval, mean)


def _common(report: Report | MultiLabelReport) -> Iterator[Number]:
    yield _plain(
        "loss", report.loss, report.loss_interval, "cross-entropy in nats, at temperature 1"
    )
    # The file's own are float32: at temperature 1 they differ in the last digits.
    calibrated = abs(report.calibrated_loss - report.loss) > 1e-5
    if calibrated:
        yield _plain(
            "calibrated loss",
            report.calibrated_loss,
            report.calibrated_loss_interval,
            "the same at the card's temperature",
        )
    yield _plain(
        "Brier score",
        report.brier_score,
        report.brier_score_interval,
        "squared distance of the probabilities from the truth; 0 is best",
    )
    meaning = "mean distance of confidence and accuracy, 15 bins; 0 is best"
    error = report.calibration.expected_calibration_error
    yield _share("expected calibration error", error, None, "", meaning)
    if calibrated:
        before = report.uncalibrated.expected_calibration_error
        yield _share("the same at temperature 1", before, None, "", meaning)
        effect = report.temperature_effect
        yield _plain(
            "what the temperature adds to that error",
            effect.error,
            effect.error_interval,
            "below 0 is better; both errors on the same draws",
        )
        yield _plain(
            "what it adds to the loss", effect.loss, effect.loss_interval, "below 0 is better"
        )


def _share(
    name: str, value: float | None, interval: Interval | None, method: str, meaning: str
) -> Number:
    return Number(name, value, interval, method if interval else "", share=True, meaning=meaning)


def _plain(
    name: str,
    value: float | None,
    interval: Interval | None,
    meaning: str,
    method: str = BOOTSTRAP,
) -> Number:
    return Number(name, value, interval, method if interval else "", share=False, meaning=meaning)
