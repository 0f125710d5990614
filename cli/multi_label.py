"""What `tlx eval` shows of a report of the multi-label task."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ..inference.wording import counted
from .screen import Screen, one_line

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelMistake, MultiLabelReport


def show_summary(report: "MultiLabelReport", screen: Screen) -> None:
    """Print head lines, and a table with a row a label."""
    screen.row(
        f"{_mean_text(report)}, loss {report.loss:.4f}, {counted(report.pictures, 'picture')}, "
        f"{report.pictures_per_second:.1f} pictures/s",
        style="bold",
    )
    low, high = report.exact_match_interval
    macro = "" if report.macro_f1 is None else f", macro {report.macro_f1:.4f}"
    screen.row(
        f"exact match {report.exact_match:.4f} (95% interval {low:.4f} to {high:.4f}, Wilson), "
        f"F1 micro {report.micro_f1:.4f}{macro}"
    )
    screen.table(_label_table(report))


def show_mistakes(report: "MultiLabelReport", shown: int, screen: Screen) -> None:
    """Print the worst mistakes, a row each."""
    if report.worst_mistakes:
        screen.row("worst mistakes, the most wrong label first:", style="bold")
    for mistake in report.worst_mistakes[:shown]:
        screen.row(f"  {mistake.path}: {_mistake_text(mistake)}")


def _mean_text(report: "MultiLabelReport") -> str:
    if report.mean_average_precision is None:
        return "no mean average precision, since no picture has a label"
    text = f"mean average precision {report.mean_average_precision:.4f}"
    if report.mean_average_precision_interval is not None:
        low, high = report.mean_average_precision_interval
        text += f" (95% interval {low:.4f} to {high:.4f}, bootstrap)"
    return f"{text} over {report.labels_counted} of {len(report.labels)} labels"


def _label_table(report: "MultiLabelReport") -> Table:
    table = Table()
    table.add_column("label", overflow="fold")
    for name in ("average precision", "precision", "recall", "F1", "threshold", "pictures"):
        table.add_column(name, justify="right")
    for label, scores in report.per_label.items():
        average = scores.average_precision
        values = (scores.precision, scores.recall, scores.f1, scores.threshold)
        table.add_row(
            Text(one_line(label)),
            "·" if average is None else f"{average:.3f}",
            *(f"{value:.3f}" for value in values),
            str(scores.support),
        )
    return table


def _mistake_text(mistake: "MultiLabelMistake") -> str:
    what = "missed" if mistake.label in mistake.truth else "wrongly"
    return (
        f"{_named(mistake.truth)}, predicted {_named(mistake.predicted)}; "
        f"{what} {mistake.label} at {mistake.probability:.1%}"
    )


def _named(labels: tuple[str, ...]) -> str:
    return " + ".join(labels) or "no label"
