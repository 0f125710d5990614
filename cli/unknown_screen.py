"""What `tlx eval` shows and writes of the rule for unknown pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DataError, UsageError
from ..inference.wording import none_can_be_read
from .screen import Screen
from .selection_note import usual_refusals

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.report import Report
    from ..evaluation.unknown_report import UnknownReport
    from ..inference.classifier import Classifier
    from ..samples.sample import LeftOut

UNKNOWN_PLOT, UNKNOWN_CSV = "unknown.png", "unknown.csv"


@dataclass(frozen=True)
class AskedUnknown:
    """What came of asking a file about unknown pictures.

    Attributes:
        report: None if none of them could be read.
        unreadable: those that could not.
    """

    report: "UnknownReport | None"
    unreadable: "tuple[LeftOut, ...]"


def unknown_pictures(folder: Path | None, classifier: "Classifier") -> list[Path]:
    """List the pictures of --unknown, to the bottom of the folder; none without one.

    Raises:
        CardError: the file has no rule.
        DataError: there are no pictures.
    """
    from ..evaluation.unknown_report import require_rule
    from ..samples.folders import find_pictures

    if folder is None:
        return []
    require_rule(classifier)
    if not folder.is_dir():
        raise UsageError(f"--unknown {folder} is no folder; give one with pictures of other things")
    paths = list(find_pictures(folder))
    if not paths:
        raise DataError(f"no pictures in {folder}; give --unknown another folder")
    return paths


def measure_unknown(
    classifier: "Classifier", report: "Report | MultiLabelReport", paths: list[Path], screen: Screen
) -> AskedUnknown:
    """Ask the file about unknown pictures, and show what came of it."""
    from ..evaluation.report import Report
    from ..evaluation.unknown_report import evaluate_unknown
    from ..inference.events import finish

    assert isinstance(report, Report)  # a file of the other task has no rule
    events = evaluate_unknown(classifier, report, paths)
    try:
        found = finish(events, lambda event: screen.progress("unknown", event.done, event.total))
    except DataError:  # none can be read; the report on the known ones is not lost for that
        unreadable = _unreadable(classifier, paths)
        screen.row(f"unknown: {none_can_be_read(len(paths))}", style="bold yellow")
        show_unreadable(unreadable, screen)
        return AskedUnknown(None, unreadable)
    show_unknown(found, screen)
    return AskedUnknown(found, found.unreadable)


def _unreadable(classifier: "Classifier", paths: list[Path]) -> "tuple[LeftOut, ...]":
    from ..samples.sample import LeftOut

    outcomes = classifier.classify_files(paths)
    return tuple(LeftOut(Path(one.path), one.error) for one in outcomes if one.error is not None)


def show_refusals(report: "Report", screen: Screen) -> None:
    """Say what the rule makes of the known pictures; the accuracy above it ignores it."""
    if report.refused is None:
        return
    among = report.accuracy_with_refusals
    rest = "" if among is None else f"; accuracy on the others {among:.4f}"
    expected = report.refused_expected
    share = "" if expected is None else f", {expected:.1%} expected, {usual_refusals(report)}"
    screen.row(f"taken for unknown: {report.refused:.1%} of the pictures{share}{rest}")


def show_unknown(found: "UnknownReport", screen: Screen) -> None:
    """Print how well known and unknown pictures are told apart."""
    area = f"area under the ROC curve {found.auroc:.4f}"
    if found.auroc_interval:
        low, high = found.auroc_interval
        area += f" (95% interval {low:.4f} to {high:.4f}, DeLong)"
    screen.row(f"unknown against known: {area}", style="bold")
    low, high = found.false_accepts_interval
    screen.row(
        f"at the threshold {found.threshold:.4g}: {found.false_accepts:.1%} of "
        f"{len(found.unknown)} unknown pictures are taken for known (95% interval {low:.1%} to "
        f"{high:.1%}, Wilson)"
    )
    low, high = found.refused_interval
    screen.row(
        f"and {found.refused:.1%} of {len(found.known)} known ones are refused (95% interval "
        f"{low:.1%} to {high:.1%})"
    )
    show_unreadable(found.unreadable, screen)


def show_unreadable(rows: "Sequence[LeftOut]", screen: Screen) -> None:
    """List pictures that could not be read, with the reason."""
    if rows:
        screen.row(f"not scored, because they cannot be read: {len(rows)}", style="yellow")
    for row in rows:
        screen.row(f"  {row.path}: {row.reason}")


def unknown_json(asked: AskedUnknown | None) -> dict[str, object] | None:
    """Give the documented JSON (docs/json.md)."""
    if asked is None:
        return None
    return {
        **_figures(asked.report),
        "unreadable": [{"path": str(row.path), "error": row.reason} for row in asked.unreadable],
    }


def _figures(found: "UnknownReport | None") -> dict[str, object]:
    if found is None:
        return {"pictures": 0}
    return {
        "pictures": len(found.unknown),
        "threshold": found.threshold,
        "auroc": found.auroc,
        "auroc_interval": found.auroc_interval,
        "false_accept_rate": found.false_accepts,
        "false_accept_rate_interval": found.false_accepts_interval,
        "refused": found.refused,
        "refused_interval": found.refused_interval,
    }


def write_unknown(asked: AskedUnknown | None, out: Path, screen: Screen) -> tuple[str, ...]:
    """Draw the curve and list the pictures in a folder, if unknown ones were asked about.

    Returns:
        The files' names.
    """
    if asked is None or asked.report is None:
        return ()
    from ..evaluation.unknown_csv import write_unknown_pictures
    from ..evaluation.unknown_plot import draw_unknown

    draw_unknown(asked.report, out / UNKNOWN_PLOT)
    write_unknown_pictures(asked.report, out / UNKNOWN_CSV)
    screen.row(f"written: {out / UNKNOWN_PLOT}, {UNKNOWN_CSV}")
    return (UNKNOWN_PLOT, UNKNOWN_CSV)
