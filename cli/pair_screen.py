"""What `tlx eval A B FOLDER` shows of two compared model files."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .screen import Screen, one_line
from .unknown_screen import show_unreadable

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.multi_label_two_models import LabelsDisagreement, MultiLabelComparison
    from ..evaluation.report import Report
    from ..evaluation.two_models import Comparison, Disagreement

SHOWN_OF_A_KIND = 3
"""Pictures listed of those that one file alone gets right, the other alone, or neither."""
WIDEST_TABLE = 20
"""Labels in the table, those with the largest differences."""
_KINDS = {"first": "A alone is right", "second": "B alone is right", "neither": "both are wrong"}


def show_pair(found: "Comparison | MultiLabelComparison", screen: Screen) -> None:
    """Print the verdict, both files' scores, what they differ in, and where."""
    from ..evaluation.two_models import Comparison
    from ..evaluation.verdict import verdict

    for name, path, report in zip("AB", found.paths, found.reports, strict=True):
        screen.row(f"{name} {path}: {_scores(report)}")
    screen.row(verdict(found.main), style="bold")
    if found.main is not found.whole:
        screen.row(f"exact match: {verdict(found.whole)}")
    _show_counts(found, screen)
    single = isinstance(found, Comparison)
    screen.table(_recall_table(found) if single else _ranking_table(found))
    left_out = len(found.per_label) - WIDEST_TABLE
    if left_out > 0:
        screen.row(f"and {left_out} more labels with smaller differences")
    _show_disagreements(found, screen)
    show_unreadable(found.reports[0].unreadable, screen)


def _scores(report: "Report | MultiLabelReport") -> str:
    from ..evaluation.report import Report

    rest = (
        f"loss {report.loss:.4f}, calibrated loss {report.calibrated_loss:.4f}, calibration error "
        f"{report.calibration.expected_calibration_error:.3f}"
    )
    if isinstance(report, Report):
        low, high = report.accuracy_interval
        return (
            f"accuracy {report.accuracy:.4f} (95% interval {low:.4f} to {high:.4f}, Wilson), {rest}"
        )
    average = report.mean_average_precision
    return (
        f"mean average precision {'-' if average is None else f'{average:.4f}'}, exact match "
        f"{report.exact_match:.4f}, {rest}"
    )


def _show_counts(found: "Comparison | MultiLabelComparison", screen: Screen) -> None:
    counts, pictures = found.counts, found.reports[0].pictures
    # The interval is the better judge of few pictures; that the test disagrees needs a word.
    strict = found.whole.told_apart and found.p_value > 0.05
    screen.row(
        f"right: both {counts.both}, A alone {counts.only_first}, B alone {counts.only_second}, "
        f"neither {counts.neither}; McNemar's exact test p = {found.p_value:.3g}"
        + (" (it asks for more than the interval where few pictures differ)" if strict else "")
    )
    screen.row(
        f"the same answer for {found.same} of {pictures} pictures ({found.same / pictures:.1%})"
    )


def _table(*columns: str) -> Table:
    table = Table()
    table.add_column("label", overflow="fold")
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _recall_table(found: "Comparison") -> Table:
    table = _table("recall A", "recall B", "B less A", "A alone", "B alone", "pictures")
    for label, row in list(found.per_label.items())[:WIDEST_TABLE]:
        # The difference is of B less A, so its own first is B.
        numbers = f"{row.second:.3f}", f"{row.first:.3f}", f"{row.value:+.3f}"
        counts = row.only_second, row.only_first, row.pictures
        table.add_row(Text(one_line(label)), *numbers, *(str(count) for count in counts))
    return table


def _ranking_table(found: "MultiLabelComparison") -> Table:
    table = _table("average precision A", "B", "B less A", "pictures")
    for label, row in list(found.per_label.items())[:WIDEST_TABLE]:
        numbers = f"{row.first:.3f}", f"{row.second:.3f}", f"{row.value:+.3f}"
        table.add_row(Text(one_line(label)), *numbers, str(row.support))
    return table


def _show_disagreements(found: "Comparison | MultiLabelComparison", screen: Screen) -> None:
    for kind, title in _KINDS.items():
        rows = [row for row in found.disagreements if row.right == kind]
        if not rows:
            continue
        shown = f", the first {SHOWN_OF_A_KIND}" if rows[SHOWN_OF_A_KIND:] else ""
        screen.row(f"they differ and {title}: {len(rows)}{shown}", style="bold")
        for row in rows[:SHOWN_OF_A_KIND]:
            screen.row(f"  {row.path}: {_disagreement_text(row)}")


def _disagreement_text(row: "Disagreement | LabelsDisagreement") -> str:
    from ..evaluation.two_models import Disagreement

    if isinstance(row, Disagreement):
        a, b = row.first, row.second
        return (
            f"{row.truth}, A {a.label} at {a.probability:.1%}, B {b.label} at {b.probability:.1%}"
        )
    truth, one, other = (
        " + ".join(labels) or "no label" for labels in (row.truth, row.first, row.second)
    )
    first, second = row.probabilities
    return f"{truth}, A {one}, B {other}; {row.label} at {first:.1%} and {second:.1%}"
