"""`tlx check`: what in a data folder would falsify a result, or make it worth less."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from ..errors import UsageError
from ..inference.wording import counted
from .screen import Screen
from .shared_options import FileColumn, Json, LabelColumns, max_pixels_option
from .written_files import require_writable, writing

if TYPE_CHECKING:
    from ..inference.classifier import Classifier
    from ..samples.checking import CheckReport
    from ..samples.findings import Finding
    from ..samples.label_checks import Claim
    from ..samples.source import SampleSource

SHOWN = 5
"""Errors and warnings of one kind that are listed a line each, without --all."""

_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}


_Data = Annotated[Path, typer.Argument(help="Folder of pictures, as for tlx train.")]
_Labels = Annotated[Path | None, typer.Option(help="CSV with the labels, as for tlx train.")]
_GroupBy = Annotated[
    str | None,
    typer.Option(help="Column of the CSV, or regular expression on the path, that names groups."),
]
_Split = Annotated[Path | None, typer.Option(help="An earlier split.csv that says the splits.")]
_Model = Annotated[
    Path | None,
    typer.Option(help="ONNX file that tlx export wrote: it is asked which labels may be wrong."),
]
_Accuracy = Annotated[float, typer.Option(help="Accuracy to be claimed, over 0 and below 1.")]
_Margin = Annotated[float, typer.Option(help="How closely it is to be known, at 95%.")]
_Strict = Annotated[bool, typer.Option(help="Exit 1 on warnings too.")]
_Everything = Annotated[bool, typer.Option("--all", help="List every finding.")]
_Quarantine = Annotated[
    Path | None, typer.Option(help="Also write a CSV of the files to set aside; none is moved.")
]
_Html = Annotated[
    Path | None,
    typer.Option(help="Also write one HTML file that shows the pictures side by side."),
]


def check_command(
    data: _Data,
    labels: _Labels = None,
    file_column: FileColumn = None,
    label_columns: LabelColumns = None,
    group_by: _GroupBy = None,
    split: _Split = None,
    model: _Model = None,
    accuracy: _Accuracy = 0.9,
    margin: _Margin = 0.05,
    strict: _Strict = False,
    everything: _Everything = False,
    quarantine: _Quarantine = None,
    html: _Html = None,
    _max_pixels: int = max_pixels_option(),
    as_json: Json = False,
) -> None:
    """Check the pictures and labels of a data folder; exit 1 if a result would be falsified."""
    from ..samples.source import SampleSource

    claim = _claim(accuracy, margin)
    _refuse_foreign_files(quarantine, html)
    source = SampleSource(data, labels, file_column, label_columns, group_by, split)
    report = _check(source, claim, model, _Wanted(everything, quarantine, html, as_json))
    if report.falsifies or (strict and report.counts["warning"]):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Wanted:
    """How the findings are shown and written."""

    everything: bool
    quarantine: Path | None
    html: Path | None
    as_json: bool


def _check(
    source: "SampleSource", claim: "Claim", model: Path | None, wanted: _Wanted
) -> "CheckReport":
    from ..inference.events import finish
    from ..samples.checking import check_events

    classifier = None if model is None else _fitting_classifier(model, source)
    with Screen(wanted.as_json) as screen:
        events = check_events(source, claim)
        report = finish(
            events, lambda event: screen.progress("reading pictures", event.done, event.total)
        )
        if classifier is not None:
            report = _with_suspected_labels(report, classifier, screen)
        _show(report, wanted.everything, screen)
        screen.json(report_json(report))
        if wanted.quarantine is not None:
            _write_quarantine(wanted.quarantine, report, screen)
        if wanted.html is not None:
            _write_html(wanted.html, report, screen)
    return report


def report_json(report: "CheckReport") -> dict[str, object]:
    """Give the documented JSON of a check (docs/json.md)."""
    findings = [
        {
            "kind": finding.kind,
            "severity": finding.severity,
            "paths": [str(path) for path in finding.paths],
            "detail": finding.detail,
        }
        for finding in report.findings
    ]
    return {
        "data": str(report.found.root),
        "pictures": report.pictures,
        "counts": report.counts,
        "falsifies": report.falsifies,
        "findings": findings,
        "error": None,
    }


def _claim(accuracy: float, margin: float) -> "Claim":
    from ..samples.label_checks import Claim

    for name, value in (("--accuracy", accuracy), ("--margin", margin)):
        if not 0 < value < 1:
            raise UsageError(
                f"{name} {value:g}: it must be over 0 and below 1, such as 0.9 or 0.05"
            )
    return Claim(accuracy, margin)


def _fitting_classifier(model: Path, source: "SampleSource") -> "Classifier":
    """Open the model file; that it does not fit is said before the pictures are read."""
    from ..evaluation.suspected_labels import require_fitting
    from ..inference.classifier import Classifier
    from ..samples.source import find_source_samples

    classifier = Classifier(model, many=True)
    require_fitting(find_source_samples(source), classifier.card)
    return classifier


def _with_suspected_labels(
    report: "CheckReport", classifier: "Classifier", screen: Screen
) -> "CheckReport":
    from ..evaluation.suspected_labels import suspected_label_events
    from ..inference.events import finish
    from ..samples.findings import in_order

    events = suspected_label_events(classifier, report.found)
    suspected = finish(
        events, lambda event: screen.progress("asking the model", event.done, event.total)
    )
    return replace(report, findings=in_order([*report.findings, *suspected]))


def _show(report: "CheckReport", everything: bool, screen: Screen) -> None:
    if report.findings:
        screen.table(_table(report.findings))
    for kind, found in _by_kind(report.findings).items():
        if everything or found[0].severity != "note":
            _show_kind(kind, found, len(found) if everything else SHOWN, screen)
    counts = report.counts
    hidden = " (--all lists them)" if counts["note"] and not everything else ""
    screen.row(
        f"{counted(report.pictures, 'picture')} checked: "
        + ", ".join(counted(counts[severity], severity) for severity in counts)
        + hidden,
        style="bold",
    )
    errors = counted(counts["error"], "error")
    falsified = f"{errors}: a result on these pictures would not be what it seems"
    screen.row(falsified if report.falsifies else "nothing found that would falsify a result")


def _by_kind(findings: "Sequence[Finding]") -> "dict[str, list[Finding]]":
    by_kind: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_kind[finding.kind].append(finding)
    return by_kind


def _show_kind(kind: str, findings: "Sequence[Finding]", most: int, screen: Screen) -> None:
    """List the first of a kind, so that many of one kind do not hide another."""
    for finding in findings[:most]:
        screen.row(_line(finding), style=_STYLES[finding.severity])
    if len(findings) > most:
        screen.row(f"and {len(findings) - most} more of {kind}; --all lists them")


def _table(findings: "Sequence[Finding]") -> Table:
    from ..samples.findings import KINDS

    table = Table()
    for name in ("severity", "kind", "what it is"):
        table.add_column(name, overflow="fold")
    table.add_column("findings", justify="right")
    for kind, found in _by_kind(findings).items():
        severity, meaning = KINDS[kind]
        style = _STYLES[severity]
        table.add_row(Text(severity, style), Text(kind, style), meaning, str(len(found)))
    return table


def _line(finding: "Finding") -> str:
    paths = "  ".join(str(path) for path in finding.paths)
    return f"{finding.kind}: {paths + ': ' if paths else ''}{finding.detail}"


def _refuse_foreign_files(quarantine: Path | None, html: Path | None) -> None:
    """Replace only what an earlier check wrote."""
    from ..samples.findings_html import MARK
    from ..samples.quarantine import HEADER

    asked = (
        ("--quarantine", quarantine, ",".join(HEADER).encode()),
        ("--html", html, f"<!doctype html>{MARK}".encode()),
    )
    for option, path, ours in asked:
        if path is None:
            continue
        if not path.parent.is_dir():
            raise UsageError(f"{option} {path}: there is no folder {path.parent}; make it first")
        start = path.read_bytes()[:80] if path.is_file() else b"x" * path.exists()
        if start and not start.startswith(ours):
            raise UsageError(f"{option} {path}: exists and was not written by tlx; choose another")
        require_writable(option, path, path.parent)


def _write_html(path: Path, report: "CheckReport", screen: Screen) -> None:
    from ..samples.findings_html import write_html

    with writing("--html", path):
        write_html(path, report.findings, f"tlx check {report.found.root.name}")
    screen.row(f"written: {path}")


def _write_quarantine(path: Path, report: "CheckReport", screen: Screen) -> None:
    from ..samples.quarantine import write_quarantine

    with writing("--quarantine", path):
        count = write_quarantine(path, report.findings, report.found.root)
    screen.row(f"{path}: {counted(count, 'file')} to look at and set aside; none was moved")
