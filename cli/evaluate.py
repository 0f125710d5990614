"""`tlx eval`: a model file scored on labelled pictures."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from ..errors import DataError, UsageError
from .extras import require_extra
from .multi_label import show_mistakes, show_summary
from .screen import Screen, one_line
from .unknown_screen import (
    UNKNOWN_PLOT,
    measure_unknown,
    show_refusals,
    unknown_json,
    unknown_pictures,
    write_unknown,
)

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.report import Report
    from ..inference.card import ModelCard
    from ..samples.sample import Sample

WIDEST_MATRIX = 20
"""Labels up to which the confusion matrix is printed; beyond it only its largest cells."""
SHOWN_MISTAKES = 5


SELECTED = {
    "train": "which it was trained on: they say nothing about new ones",
    "validation": "which chose the epoch{}: that flatters",
}
"""Splits of a run's split.csv that are no fair judge of it; {} for what else was chosen."""

PLOTS = {"single-label": "confusion.png", "multi-label": "labels.png"}
"""What `--out` draws, by task."""


def eval_command(
    model: Path = typer.Argument(help="ONNX file that tlx export wrote."),
    folder: Path | None = typer.Argument(None, help="Folder with one sub-folder a label."),
    labels: Path | None = typer.Option(
        None,
        help="CSV instead of FOLDER: columns file and label, or labels with | between several, or "
        "one 0/1 column a label.",
    ),
    file_column: str | None = typer.Option(None, help="The CSV's column of files."),
    label_columns: str | None = typer.Option(
        None, help="The CSV's column of labels, or its 0/1 columns, separated by commas."
    ),
    root: Path | None = typer.Option(
        None, help="What the CSV's file names are relative to. (default: the CSV's folder)"
    ),
    split: str | None = typer.Option(
        None, help="Only the CSV's rows with this in the column split; RUN/split.csv has it."
    ),
    out: Path | None = typer.Option(
        None,
        help="Folder for report.json and confusion.png (multi-label: labels.png); with --unknown "
        "unknown.png.",
    ),
    unknown: Path | None = typer.Option(
        None,
        help="Folder of pictures that show none of the labels: how well the file finds them.",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Score a model file on labelled pictures; exit 1 if some could not be read."""
    require_extra("eval", "eval")
    table = None if labels is None else Labels(labels, root, split, file_column, label_columns)
    given = (root, split, file_column, label_columns)
    samples = _samples(folder, table, any(value is not None for value in given))
    from ..evaluation.scoring import evaluate
    from ..inference.classifier import Classifier
    from ..inference.events import finish

    classifier = Classifier(model)
    strange = unknown_pictures(unknown, classifier)
    if out is not None:
        _prepare(out, classifier.card)
    with Screen(as_json) as screen:
        events = evaluate(classifier, samples)
        report = finish(
            events, lambda event: screen.progress("evaluating", event.done, event.total)
        )
        show_report(report, screen)
        if split in SELECTED:
            screen.row(_selection_note(split, classifier.card))
        found = measure_unknown(classifier, report, strange, screen) if strange else None
        content = {**report_json(report), "split": split, "unknown": unknown_json(found)}
        screen.json(content)
        if out is not None:
            _write(report, content, out, screen)
            write_unknown(found, out, screen)
    if report.failures or (found is not None and found.unreadable):
        raise typer.Exit(1)


def show_report(report: "Report | MultiLabelReport", screen: Screen) -> None:
    """Print the report: head line, table of labels, confusion, worst mistakes."""
    from ..evaluation.report import Report

    if isinstance(report, Report):
        _show_single_label(report, screen)
    else:
        show_summary(report, screen)
        show_mistakes(report, SHOWN_MISTAKES, screen)
    _show_unreadable(report, screen)


def _show_single_label(report: "Report", screen: Screen) -> None:
    low, high = report.accuracy_interval
    screen.row(
        f"accuracy {report.accuracy:.4f} (95 % interval {low:.4f} to {high:.4f}, Wilson), "
        f"loss {report.loss:.4f}, {report.pictures} pictures, "
        f"{report.pictures_per_second:.1f} pictures/s",
        style="bold",
    )
    if report.top5_accuracy is not None:
        screen.row(f"top-5 accuracy {report.top5_accuracy:.4f}")
    show_refusals(report, screen)
    screen.table(_label_table(report))
    _show_confusion(report, screen)
    for line in _confused_pairs(report):
        screen.row(line)
    _show_mistakes(report, screen)


def report_json(report: "Report | MultiLabelReport") -> dict[str, object]:
    """Give the documented JSON of a report (docs/json.md)."""
    from ..evaluation.report import Report

    task = "single-label" if isinstance(report, Report) else "multi-label"
    content = asdict(replace(report, rows=()))
    del content["rows"]
    content["unreadable"] = [
        {"path": str(row.path), "error": row.reason} for row in report.unreadable
    ]
    return {"task": task, **content, "error": None}


def _selection_note(split: str, card: "ModelCard") -> str:
    if card.provenance.adopted:
        return "note: trained elsewhere: whether it has learned these pictures is not known"
    tuned = " and the thresholds" if card.task == "multi-label" and card.thresholds else ""
    return f"note: these are {split} pictures of a run, {SELECTED[split].format(tuned)}"


@dataclass(frozen=True)
class Labels:
    """A CSV of labelled pictures, and how to read it (docs/splitting.md)."""

    path: Path
    root: Path | None
    split: str | None
    file_column: str | None
    label_columns: str | None


def _samples(folder: Path | None, table: Labels | None, for_a_table: bool) -> "list[Sample]":
    from ..samples.folders import label_folders, looks_split
    from ..samples.labels_csv import read_labels_csv

    if (folder is None) == (table is None):
        raise UsageError("give either a FOLDER of label folders or --labels CSV")
    if table is not None:
        return read_labels_csv(
            table.path, table.root, table.split, table.file_column, table.label_columns
        )
    assert folder is not None
    if for_a_table:
        raise UsageError(
            "--root, --split, --file-column, --label-columns go with --labels; a FOLDER needs none"
        )
    if folder.is_dir() and looks_split(folder):
        names = ", ".join(str(path) for path in sorted(folder.iterdir()) if path.is_dir())
        raise DataError(f"{folder} holds splits, not labels; give one of them: {names}")
    return label_folders(folder)


def _show_confusion(report: "Report", screen: Screen) -> None:
    confusion = _confusion_table(report)
    if len(report.labels) > WIDEST_MATRIX or not screen.fits(confusion):
        screen.row("the confusion matrix is too wide to be shown; --out DIR draws it")
    else:
        screen.row("confusion: a row a truth, a column a prediction")
        screen.table(confusion)


def _label_table(report: "Report") -> Table:
    table = Table()
    table.add_column("label", overflow="fold")
    for name in ("precision", "recall", "F1", "pictures"):
        table.add_column(name, justify="right")
    for label, scores in report.per_label.items():
        values = (scores.precision, scores.recall, scores.f1)
        table.add_row(
            Text(one_line(label)), *(f"{value:.3f}" for value in values), str(scores.support)
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


def _confused_pairs(report: "Report") -> list[str]:
    pairs = [
        (count, report.labels[row], report.labels[column])
        for row, counts in enumerate(report.confusion)
        for column, count in enumerate(counts)
        if count and row != column
    ]
    pairs.sort(key=lambda pair: -pair[0])
    return [f"{truth} taken for {other}: {count} times" for count, truth, other in pairs[:5]]


def _show_mistakes(report: "Report", screen: Screen) -> None:
    if report.worst_mistakes:
        screen.row("worst mistakes:", style="bold")
    for mistake in report.worst_mistakes[:SHOWN_MISTAKES]:
        screen.row(
            f"  {mistake.path}: {mistake.truth}, predicted {mistake.predicted} at "
            f"{mistake.probability:.1%}"
        )


def _show_unreadable(report: "Report | MultiLabelReport", screen: Screen) -> None:
    if report.unreadable:
        screen.row(f"not scored, because they cannot be read: {report.failures}", style="yellow")
    for row in report.unreadable:
        screen.row(f"  {row.path}: {row.reason}")


def _prepare(out: Path, card: "ModelCard") -> None:
    """Make the folder, and refuse one that holds files of these names from someone else."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; give a folder")
    out.mkdir(parents=True, exist_ok=True)
    record = out / "report.json"
    content = record.read_text(encoding="utf-8", errors="replace") if record.is_file() else ""
    ours = '"confusion"' in content or '"exact_match"' in content
    for path in (record, out / PLOTS[card.task], out / UNKNOWN_PLOT):
        if path.exists() and not ours:
            raise UsageError(f"{path} exists and was not written by tlx; choose another --out")


def _write(
    report: "Report | MultiLabelReport", content: dict[str, object], out: Path, screen: Screen
) -> None:
    from ..evaluation.plots import draw_confusion, draw_label_scores
    from ..evaluation.report import Report
    from ..inference.whole_file import replacing

    with replacing(out / "report.json") as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if isinstance(report, Report):
        plot = out / PLOTS["single-label"]
        draw_confusion(report, plot)
    else:
        plot = out / PLOTS["multi-label"]
        draw_label_scores(report, plot)
    screen.row(f"written: {plot}, {out / 'report.json'}")
