"""What `tlx eval` shows of a report."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ..inference.wording import counted
from .multi_label import show_mistakes, show_summary
from .screen import Screen, one_line
from .unknown_screen import show_refusals, show_unreadable

if TYPE_CHECKING:
    from ..evaluation.coverage import AccuracyPoint, Coverage
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.report import Report
    from ..evaluation.slices import Slice
    from ..evaluation.temperature_effect import TemperatureEffect

WIDEST_MATRIX = 20
"""Labels up to which the confusion matrix is printed; beyond it only its largest cells."""
SHOWN_MISTAKES = 5
SHOWN_PAIRS = 5
SHOWN_SLICES = 8
"""Of one kind, the worst."""


def show_report(
    report: "Report | MultiLabelReport", screen: Screen, sliced_by: tuple[str, ...] = ()
) -> None:
    """Print the report: head lines, table of labels, confusion, slices, worst mistakes.

    Slices are shown where one differs from the whole, or where the user asked for them.
    """
    from ..evaluation.report import Report

    if isinstance(report, Report):
        _show_head(report, screen)
        show_refusals(report, screen)
        screen.table(_label_table(report))
        _show_confusion(report, screen)
        _show_slices(report.slices, report.accuracy, "accuracy", sliced_by, screen)
        _show_mistakes(report, screen)
    else:
        show_summary(report, screen)
        _show_calibration(report, screen)
        _show_slices(report.slices, report.exact_match, "exact match", sliced_by, screen)
        show_mistakes(report, SHOWN_MISTAKES, screen)
    show_unreadable(report.unreadable, screen)


def _show_head(report: "Report", screen: Screen) -> None:
    low, high = report.accuracy_interval
    screen.row(
        f"accuracy {report.accuracy:.4f} (95% interval {low:.4f} to {high:.4f}, Wilson), "
        f"loss {report.loss:.4f}, {counted(report.pictures, 'picture')}, "
        f"{report.pictures_per_second:.1f} pictures/s",
        style="bold",
    )
    if report.topk_accuracy is not None:
        screen.row(f"top-{report.topk} accuracy {report.topk_accuracy:.4f}")
    macro = report.macro
    means = (
        ("balanced accuracy", report.balanced_accuracy, report.balanced_accuracy_interval),
        ("F1", macro.f1, macro.f1_interval),
        ("average precision", macro.average_precision, macro.average_precision_interval),
        ("ROC AUC", macro.roc_auc, macro.roc_auc_interval),
    )
    texts = [
        f"{name} {_measured(value, interval)}"
        for name, value, interval in means
        if value is not None
    ]
    screen.row(f"means over labels (bootstrap): {', '.join(texts[:2])},")
    screen.row(f"  {', '.join(texts[2:])}")
    _show_calibration(report, screen)
    screen.row(_coverage_text(report.coverage))


def _measured(value: float, interval: tuple[float, float] | None) -> str:
    return f"{value:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def _show_calibration(report: "Report | MultiLabelReport", screen: Screen) -> None:
    error = report.calibration.expected_calibration_error
    before = report.uncalibrated.expected_calibration_error
    text = f"calibration error {error:.4f}, Brier score {report.brier_score:.4f}"
    if abs(report.calibrated_loss - report.loss) < 5e-5:
        screen.row(text)
        return
    screen.row(
        f"{text}, calibrated loss {report.calibrated_loss:.4f}; without the temperature: error "
        f"{before:.4f}, loss {report.loss:.4f}"
    )
    screen.row(f"  {_effect_text(report.temperature_effect)}")


def _effect_text(effect: "TemperatureEffect") -> str:
    error, loss = (
        f"{change:+.4f}" + (f" ({interval[0]:+.4f} to {interval[1]:+.4f})" if interval else "")
        for change, interval in (
            (effect.error, effect.error_interval),
            (effect.loss, effect.loss_interval),
        )
    )
    return f"the temperature moves the error by {error} and the loss by {loss}; 95%, bootstrap"


def _coverage_text(coverage: "Coverage") -> str:
    whole, ninety = (p for p in coverage.at_coverage if p.wanted in (1.0, 0.9))
    text = f"the surest {ninety.coverage:.0%} of pictures have an accuracy of {ninety.accuracy:.4f}"
    higher = [point for point in coverage.at_accuracy if point.accuracy > whole.accuracy]
    return "; ".join([text, *map(_accuracy_text, higher[:2])])


def _accuracy_text(point: "AccuracyPoint") -> str:
    if point.coverage is None:
        return f"no share has {point.accuracy:.1%}"
    return f"{point.accuracy:.1%} is held by {point.coverage:.0%}"


def _show_confusion(report: "Report", screen: Screen) -> None:
    confusion = _confusion_table(report)
    if len(report.labels) > WIDEST_MATRIX or not screen.fits(confusion):
        screen.row("the confusion matrix is too wide to be shown; --out DIR draws it")
    else:
        screen.row("confusion: a row a truth, a column a prediction")
        screen.table(confusion)
    for pair in report.confused_pairs[:SHOWN_PAIRS]:
        times = "once" if pair.pictures == 1 else f"{pair.pictures} times"
        screen.row(f"{pair.truth} taken for {pair.predicted}: {times}")


def _label_table(report: "Report") -> Table:
    table = Table()
    table.add_column("label", overflow="fold")
    table.add_column("precision", justify="right")
    table.add_column("recall (95%)", justify="right", no_wrap=True)
    for name in ("F1", "AP", "pictures"):
        table.add_column(name, justify="right")
    for label, scores in report.per_label.items():
        table.add_row(
            Text(one_line(label)),
            f"{scores.precision:.3f}",
            _measured(scores.recall, scores.recall_interval),
            f"{scores.f1:.3f}",
            "·" if scores.average_precision is None else f"{scores.average_precision:.3f}",
            str(scores.support),
        )
    return table


def _confusion_table(report: "Report") -> Table:
    table = Table()
    table.add_column("truth", no_wrap=True)
    for index in range(len(report.labels)):
        table.add_column(str(index), justify="right", no_wrap=True)
    for index, (label, row) in enumerate(zip(report.labels, report.confusion, strict=True)):
        cells = [
            Text(f"{index} {one_line(label)}"),
            *(_cell(index, j, n) for j, n in enumerate(row)),
        ]
        table.add_row(*cells)
    return table


def _cell(row: int, column: int, count: int) -> Text:
    if not count:
        return Text("·", style="dim")
    return Text(str(count), style="green" if row == column else "red")


def _show_slices(
    slices: "tuple[Slice, ...]", whole: float, score: str, asked: tuple[str, ...], screen: Screen
) -> None:
    differing = {
        one.by
        for one in slices
        if not one.small and not one.interval[0] <= whole <= one.interval[1]
    }
    kinds = [by for by in dict.fromkeys(one.by for one in slices) if by in {*differing, *asked}]
    if not kinds:
        return
    table = Table()
    table.add_column("slice", overflow="fold")
    table.add_column(f"{score} (95%)", justify="right", no_wrap=True)
    table.add_column("pictures", justify="right")
    for by in kinds:
        rows = [one for one in slices if one.by == by]
        for one in rows[:SHOWN_SLICES]:
            few = " (few)" if one.small else ""
            table.add_row(
                Text(one_line(f"{by}: {one.name}")),
                _measured(one.score, one.interval),
                f"{one.pictures}{few}",
            )
        if len(rows) > SHOWN_SLICES:
            table.add_row(Text(one_line(f"{by}: {len(rows) - SHOWN_SLICES} more")), "", "")
    screen.table(table)


def _show_mistakes(report: "Report", screen: Screen) -> None:
    if report.worst_mistakes:
        screen.row("worst mistakes, the least probable truth first:", style="bold")
    for mistake in report.worst_mistakes[:SHOWN_MISTAKES]:
        screen.row(
            f"  {mistake.path}: {mistake.truth}, predicted {mistake.predicted} at "
            f"{mistake.probability:.1%}"
        )
