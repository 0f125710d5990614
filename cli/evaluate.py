"""`tlx eval`: a model file scored on labelled pictures."""

from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from ..errors import DataError, UsageError
from .extras import require_extra
from .screen import Screen

if TYPE_CHECKING:
    from ..evaluation.report import Report
    from ..inference.classifier import Classifier
    from ..samples.sample import Sample

WIDEST_MATRIX = 20
"""Labels up to which the confusion matrix is printed; beyond it only its largest cells."""
SHOWN_MISTAKES = 5


def eval_command(
    model: Path = typer.Argument(help="ONNX file that tlx export wrote."),
    folder: Path | None = typer.Argument(None, help="Folder with one sub-folder a label."),
    labels: Path | None = typer.Option(
        None, help="CSV with the columns file and label, instead of FOLDER."
    ),
    root: Path | None = typer.Option(
        None, help="What the CSV's file names are relative to. [default: the CSV's folder]"
    ),
    split: str | None = typer.Option(
        None, help="Only the CSV's rows with this in the column split; RUN/split.csv has it."
    ),
    out: Path | None = typer.Option(None, help="Folder for confusion.png and report.json."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Score a model file on labelled pictures; exit 1 if some could not be read."""
    require_extra("eval", "eval")
    samples = _samples(folder, labels, root, split)
    from ..inference.classifier import Classifier

    with Screen(as_json) as screen:
        report = measure(Classifier(model), samples, screen)
        show_report(report, screen)
        if out is not None:
            _write(report, out, screen)
        screen.json(report_json(report))
    if report.failures:
        raise typer.Exit(1)


def measure(classifier: "Classifier", samples: "list[Sample]", screen: Screen) -> "Report":
    """Classify samples with a bar and score them."""
    from ..evaluation.report import require_known_labels, score

    labels = classifier.card.labels
    require_known_labels(samples, labels)
    outcomes = []
    start = perf_counter()
    for outcome in classifier.classify_files(sample.path for sample in samples):
        outcomes.append(outcome)
        screen.progress("evaluating", len(outcomes), len(samples))
    seconds = perf_counter() - start
    return score(classifier.session.path.name, labels, samples, outcomes, seconds)


def show_report(report: "Report", screen: Screen) -> None:
    """Print the report: head line, table of labels, confusion, worst mistakes."""
    low, high = report.accuracy_interval
    screen.row(
        f"accuracy {report.accuracy:.4f} (95 % interval {low:.4f} to {high:.4f}, Wilson), "
        f"loss {report.loss:.4f}, {report.pictures} pictures, "
        f"{report.pictures_per_second:.1f} pictures/s",
        style="bold",
    )
    if report.top5_accuracy is not None:
        screen.row(f"top-5 accuracy {report.top5_accuracy:.4f}")
    screen.table(_label_table(report))
    if len(report.labels) <= WIDEST_MATRIX:
        screen.table(_confusion_table(report))
    for line in _confused_pairs(report):
        screen.row(line)
    _show_mistakes(report, screen)
    _show_unreadable(report, screen)


def report_json(report: "Report") -> dict[str, object]:
    """Give the documented JSON of a report (docs/json.md)."""
    content = asdict(report)
    content["unreadable"] = [
        {"path": str(row.path), "error": row.reason} for row in report.unreadable
    ]
    return {**content, "error": None}


def _samples(
    folder: Path | None, labels: Path | None, root: Path | None, split: str | None
) -> "list[Sample]":
    from ..samples.folders import label_folders, looks_split
    from ..samples.labels_csv import read_labels_csv

    if (folder is None) == (labels is None):
        raise UsageError("give either a FOLDER of label folders or --labels CSV")
    if labels is not None:
        return read_labels_csv(labels, root, split)
    assert folder is not None
    if root is not None or split is not None:
        raise UsageError("--root and --split go with --labels; a FOLDER needs neither")
    if folder.is_dir() and looks_split(folder):
        raise DataError(f"{folder} holds splits, not labels; give one of them: {folder / 'test'}")
    return label_folders(folder)


def _label_table(report: "Report") -> Table:
    table = Table(title="by label", title_justify="left")
    table.add_column("label")
    for name in ("precision", "recall", "F1", "pictures"):
        table.add_column(name, justify="right")
    for label, scores in report.per_label.items():
        values = (scores.precision, scores.recall, scores.f1)
        table.add_row(Text(label), *(f"{value:.3f}" for value in values), str(scores.support))
    return table


def _confusion_table(report: "Report") -> Table:
    table = Table(title="confusion: a row a truth, a column a prediction", title_justify="left")
    table.add_column("truth")
    for index in range(len(report.labels)):
        table.add_column(str(index), justify="right")
    for index, (label, row) in enumerate(zip(report.labels, report.confusion, strict=True)):
        cells = [Text(f"{index} {label}"), *(_cell(index, j, n) for j, n in enumerate(row))]
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


def _show_unreadable(report: "Report", screen: Screen) -> None:
    if report.unreadable:
        screen.row(f"not scored, because they cannot be read: {report.failures}", style="yellow")
    for row in report.unreadable:
        screen.row(f"  {row.path}: {row.reason}")


def _write(report: "Report", out: Path, screen: Screen) -> None:
    import json

    from ..evaluation.plots import draw_confusion

    out.mkdir(parents=True, exist_ok=True)
    draw_confusion(report, out / "confusion.png")
    temporary = out / ".report.json.partial"
    temporary.write_text(json.dumps(report_json(report), indent=1) + "\n", encoding="utf-8")
    temporary.replace(out / "report.json")
    screen.row(f"written: {out / 'confusion.png'}, {out / 'report.json'}")
