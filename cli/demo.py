"""`tlx demo`: the whole path in one command."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UsageError
from .answer_text import show_outcome
from .export import show_export
from .extras import require_extra
from .report_screen import show_report
from .screen import Screen
from .train import show_result, show_training

if TYPE_CHECKING:
    from ..studies.demo import DemoEvent, DemoResult
    from ..training.config import TrainingConfig


def demo_command(
    data: Path | None = typer.Option(
        None, help="Your own pictures, in a folder as tlx train takes it."
    ),
    out: Path | None = typer.Option(None, help="Folder for everything. (default: tlx-demo)"),
    weights: str | None = typer.Option(
        None, help="As in tlx train. (default: none for the digits, imagenet for your pictures)"
    ),
) -> None:
    """Train, export, verify, evaluate and classify in one go; with no network, on digits."""
    require_extra("train", "demo")
    from ..inference.events import finish
    from ..studies.demo import demo_events

    config = _config(data, _folder(out), weights)
    with Screen() as screen:
        events = demo_events(config, write_data=data is None)
        result = finish(events, lambda event: _show(event, screen))
        _show_end(result, screen)


def _config(data: Path | None, folder: Path, weights: str | None) -> "TrainingConfig":
    from ..studies.demo import digits_config, pictures_config

    if data is None and weights not in (None, "none"):
        raise UsageError("--weights goes with --data; the digits are trained from nothing")
    if data is None:
        return digits_config(folder)
    return pictures_config(data, folder, weights or "imagenet")


def _folder(out: Path | None) -> Path:
    """Take the folder asked for if it is empty or new, else a free name."""
    if out is not None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(f"--out {out}: exists and is not an empty folder; choose another")
        return out
    folder, number = Path("tlx-demo"), 2
    while folder.exists():
        folder, number = Path(f"tlx-demo-{number}"), number + 1
    return folder


def _show(event: "DemoEvent", screen: Screen) -> None:
    from ..evaluation.report import Report
    from ..evaluation.scoring import EvaluationProgress
    from ..export.events import ExportEvent
    from ..inference.prediction import Outcome
    from ..studies.demo import Step
    from ..training.fit import TrainingResult

    if isinstance(event, ExportEvent):
        show_export(event, screen)
        return
    match event:
        case Step(title, command):
            screen.row()
            screen.row(f"== {title}", style="bold cyan")
            if command:
                screen.row(f"$ {command}", style="cyan")
        case TrainingResult():
            show_result(event, screen)
        case EvaluationProgress(done, total):
            screen.progress("evaluating", done, total)
        case Report():
            show_report(event, screen)
        case Outcome():
            show_outcome(event, 3, screen)
        case _:
            show_training(event, screen)


def _show_end(result: "DemoResult", screen: Screen) -> None:
    low, high = result.report.accuracy_interval
    screen.row()
    screen.row("== Done. Where everything lies", style="bold cyan")
    screen.row(f"pictures    {result.data}")
    screen.row(f"run         {result.run} (checkpoints, curves.png, metrics.csv, pictures.png)")
    screen.row(f"model file  {result.model} (needs onnxruntime only)")
    screen.row(
        f"accuracy    {result.report.accuracy:.4f} on {result.report.pictures} {result.split} "
        f"pictures (95% interval {low:.4f} to {high:.4f})",
        style="bold",
    )
