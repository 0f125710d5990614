"""`tlx export`: from a run folder to verified model files."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from .extras import require_extra
from .screen import Screen, one_line

if TYPE_CHECKING:
    from ..export.comparison import Comparison
    from ..export.publish import ExportedFile, ExportEvent


def export_command(
    run: Path = typer.Argument(help="Run folder that tlx train wrote; its best.pt is exported."),
    out: Path | None = typer.Option(None, help="Folder for the files. (default: RUN)"),
    data: Path | None = typer.Option(
        None, help="The folder that RUN was trained on, if it has moved."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Convert a run to ONNX and TorchScript, verified on its validation pictures."""
    require_extra("train", "export")
    from ..export.publish import export_events
    from ..inference.events import finish

    events = export_events(run, out, data)
    with Screen(as_json) as screen:
        files = finish(events, lambda event: show_export(event, screen))
        screen.json({"files": [_json(file) for file in files]})


def show_export(event: "ExportEvent", screen: Screen) -> None:
    """Show one thing that happened."""
    from ..export.publish import ExportedFile, Verified, Writing
    from ..export.reference import ComparisonProgress

    match event:
        case ComparisonProgress(side, done, total):
            screen.progress(f"answers of {side}", done, total)
        case Writing(name):
            screen.row(f"writing {name}")
        case Verified(name, comparison, worst):
            screen.row(f"{name} against the checkpoint")
            screen.table(_table(comparison, worst))
        case ExportedFile():
            size = event.path.stat().st_size / 1e6
            screen.row(f"{event.path} ({size:.1f} MB, SHA-256 {event.sha256})", style="green")


def _table(found: "Comparison", worst: Path) -> Table:
    table = Table(show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right", overflow="fold")
    rows = {
        "pictures compared, from bytes to label": f"{found.pictures}",
        "logits: largest, mean difference": (
            f"{found.max_logit_difference:.2e}, {found.mean_logit_difference:.2e}"
        ),
        "probabilities: largest, mean difference": (
            f"{found.max_probability_difference:.2e}, {found.mean_probability_difference:.2e}"
        ),
        "activation maps, features: largest, of their magnitude": (
            f"{found.max_map_difference:.2e}, {found.max_feature_difference:.2e}"
        ),
        f"{found.same}, outside {found.ties} ties": f"{found.agreement:.2%}",
        "the checkpoint's own distance, fp32 from fp64": f"{found.eager_distance:.2e}",
        "limit in probability": f"{found.limit:.2e}",
    }
    for what, value in rows.items():
        table.add_row(what, value)
    verdict = "[green]passed[/]" if found.passed else "[red]FAILED[/]"
    table.add_row("verdict", verdict, style="bold")
    if not found.passed:
        table.add_row("worst picture", Text(one_line(str(worst))))
    return table


def _json(file: "ExportedFile") -> dict[str, object]:
    return {
        "path": str(file.path),
        "format": file.format,
        "verified": file.verified,
        "pictures": file.pictures,
        "max_probability_difference": file.max_probability_difference,
        "agreement": file.agreement,
        "sha256": file.sha256,
    }
