"""`tlx train`: from a folder of pictures to a run folder."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import StoppedError, UsageError
from ..inference.wording import counted
from ..training.config import TrainingConfig
from ..training.options import COMMON, OUTPUT, RECIPE
from ..training.torchrun import this_process
from .extras import require_extra
from .interruption import Interruption
from .options import take_options_of
from .screen import Screen
from .shared_options import max_pixels_option

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..samples.findings import Finding
    from ..samples.sample import LabelledPictures
    from ..training.fit import Prepared, TrainingResult
    from ..training.run_folder import EpochDone
    from ..training.train import TrainingEvent

    Events = Generator[TrainingEvent, None, TrainingResult]

_HEADER = "epoch   train loss   accuracy   validation loss {metric:>10}   pictures/s   time left"


def train_command(
    data: Path | None = typer.Argument(
        None,
        help="Folder with one sub-folder a label, or with train/, val/ and test/ of such folders; "
        "with --labels the folder of its pictures. (default there: the CSV's folder)",
    ),
    resume: Path | None = typer.Option(
        None,
        help="Go on with this run folder after its last finished epoch; takes only DATA (if it "
        "has moved), --workers, --device and --json beside it.",
        rich_help_panel=COMMON,
    ),
    find_lr: bool = typer.Option(
        False,
        "--find-lr",
        help="Do not train: raise the learning rate step by step, draw the loss over it, and "
        "suggest one.",
        rich_help_panel=RECIPE,
    ),
    _max_pixels: int = max_pixels_option(OUTPUT),
    as_json: bool = typer.Option(
        False, "--json", help="An object an epoch, then a summary.", rich_help_panel=OUTPUT
    ),
    **options: Any,  # noqa: ANN401 - the fields of TrainingConfig, whose types it checks
) -> None:
    """Fine-tune a pretrained ResNet on a folder of pictures."""
    if data is None and resume is None and options["labels"] is None:
        raise UsageError("give a folder DATA to train on, or --labels CSV, or --resume RUN")
    require_extra("train", "train")
    config = TrainingConfig(data or _folder_of(options["labels"]), **options)
    if find_lr and resume is not None:
        raise UsageError("--find-lr is for a new run; leave --resume out")
    if find_lr:
        _find_lr(config, as_json)
        return
    events = _training(config) if resume is None else _resuming(resume, data, config)
    first = this_process().first  # of those that torchrun started; it speaks for all
    with Screen(as_json, silent=not first) as screen:
        show_result(_run(events, screen), screen)


take_options_of(TrainingConfig, train_command)


def _folder_of(labels: Path | None) -> Path:
    return labels.parent if labels else Path()


def _training(config: TrainingConfig) -> "Events":
    from ..training.train import training_events

    return training_events(config)


def _resuming(run: Path, data: Path | None, config: TrainingConfig) -> "Events":
    from ..training.train import resume_events

    if config != TrainingConfig(config.data, workers=config.workers, device=config.device):
        raise UsageError("--resume goes on with the run's own options; leave the others out")
    device = None if config.device == "auto" else config.device
    return resume_events(run, data, config.workers, device)


def _find_lr(config: TrainingConfig, as_json: bool) -> None:
    from ..inference.events import finish
    from ..training.find_lr import find_lr_events

    with Screen(as_json) as screen:
        found = finish(find_lr_events(config), lambda event: show_training(event, screen, False))
        screen.row(f"suggested: --lr {found.suggestion:.2g}", style="bold")
        screen.row(f"the loss over the rate: {found.plot}")
        screen.json(
            {
                "suggestion": found.suggestion,
                "rates": found.rates,
                "losses": found.losses,
                "plot": str(found.plot),
                "error": None,
            }
        )


def _run(events: "Events", screen: Screen) -> "TrainingResult":
    from ..inference.events import finish

    with Interruption() as interruption:
        shown = _Shown(screen, interruption)
        try:
            return finish(events, shown.show)
        except (KeyboardInterrupt, StoppedError, OSError, RuntimeError):
            shown.say_how_to_go_on()
            interruption.check()  # whoever stops a training may have stopped its processes too
            raise


class _Shown:
    """Shows a training's events, and remembers the run for when it is stopped."""

    def __init__(self, screen: Screen, interruption: Interruption) -> None:
        self._screen = screen
        self._interruption = interruption
        self._run: Path | None = None

    def show(self, event: "TrainingEvent") -> None:
        self._run = getattr(event, "run", self._run)
        show_training(event, self._screen)
        self._interruption.check()

    def say_how_to_go_on(self) -> None:
        if self._run is not None and (self._run / "last.pt").exists():
            self._screen.row(f"to go on: tlx train --resume {shlex.quote(str(self._run))}")


def show_training(event: "TrainingEvent", screen: Screen, heading: bool = True) -> None:
    """Show one thing that happened; `heading` of the table of epochs, if there will be any."""
    from ..samples.loading import ReadingProgress
    from ..training.fit import Prepared
    from ..training.inputs import Noted
    from ..training.loop import BatchDone, BatchLowered
    from ..training.picture_cache import CachingProgress
    from ..training.run_folder import EpochDone
    from ..training.stage_cache import StageProgress

    match event:
        case ReadingProgress(done, total):
            screen.progress("reading pictures", done, total)
        case CachingProgress(done, total):
            screen.progress("decoding pictures", done, total)
        case StageProgress(done, total):
            screen.progress("computing what is frozen", done, total)
        case BatchDone(phase, done, total, _):
            screen.progress(phase, done, total)
        case Prepared():
            _show_prepared(event, screen)
            if heading:
                screen.row(_header(event), style="bold")
        case Noted(text):
            screen.row(f"note: {text}")
        case BatchLowered(parts):
            screen.row(
                f"note: out of memory; each batch goes through in {parts} parts", style="yellow"
            )
        case EpochDone():
            screen.row(_epoch_row(event))
            screen.json({"event": "epoch", **asdict(event)})
        case _:
            screen.progress(f"downloading {event.name}", event.done, event.total)


def show_result(result: "TrainingResult", screen: Screen) -> None:
    """Show where the run lies and what the best epoch reached."""
    best = result.best
    metric = {"map": "mean average precision"}.get(best.monitor, best.monitor.replace("-", " "))
    value = best.monitored
    if best.monitor == "loss":
        metric, value = "accuracy", best.validation_accuracy
    epochs = len(result.history)
    if epochs < best.epochs:
        worse = counted(epochs - best.epoch, "epoch")
        screen.row(f"stopped early: {worse} without a better one")
    screen.row(
        f"best: epoch {best.epoch}, validation {metric} {value:.4f}, loss "
        f"{best.validation_loss:.4f} (these pictures chose the epoch: tlx eval on a test folder "
        "tells more)"
    )
    if row := _temperature_row(best):
        screen.row(row)
    screen.row(f"run folder: {result.run}")
    screen.row(f"next: tlx export {shlex.quote(str(result.run))}")
    screen.json(
        {
            "event": "summary",
            "run": str(result.run),
            "checkpoint": str(result.run / "best.pt"),
            "labels": result.labels,
            "best": asdict(best),
            "left_out": [{"path": str(row.path), "error": row.reason} for row in result.left_out],
            "error": None,
        }
    )


def _temperature_row(best: "EpochDone") -> str | None:
    """Say what the best epoch's temperature does; None for a run of an earlier tlx."""
    from ..evaluation.temperature import temperature_text

    value, error, calibrated = best.temperature, best.calibration_error, best.calibrated_error
    if value is None or error is None or calibrated is None:
        return None
    return temperature_text(value, error, calibrated, best.temperature_note)


def _show_prepared(event: "Prepared", screen: Screen) -> None:
    pictures = event.pictures
    screen.row(
        f"{len(pictures.labels)} labels; {len(pictures.train)} pictures to train on, "
        f"{len(pictures.validation)} for validation, {len(pictures.test)} kept for test"
    )
    for note in pictures.notes:
        screen.row(f"note: {note}")
    _show_left_out(pictures, screen)
    _show_check(pictures, screen)
    precision = "" if event.precision == "none" else f" in {event.precision}"
    together = f", {event.processes} processes" if event.processes > 1 else ""
    screen.row(
        f"on {event.device}{precision}{together}; {event.trainable:,} of {event.parameters:,} "
        "parameters are trained"
    )


def _show_check(pictures: "LabelledPictures", screen: Screen) -> None:
    """Say in a line a kind what the quick data check found."""
    by_kind: dict[str, list[Finding]] = {}
    for finding in pictures.findings:
        if finding.severity != "note":
            by_kind.setdefault(finding.kind, []).append(finding)
    more = f"tlx check {shlex.quote(str(pictures.root))} looks closer"
    if not by_kind:
        screen.row(f"quick data check: nothing found; {more}")
        return
    screen.row(f"quick data check, {more}:")
    for kind, found in by_kind.items():
        where = f"{found[0].paths[0]}: " if found[0].paths else ""
        others = f" (and {len(found) - 1} more)" if found[1:] else ""
        screen.row(f"  {found[0].severity}: {kind}: {where}{found[0].detail}{others}")


def _header(event: "Prepared") -> str:
    names = {"loss": "accuracy", "balanced-accuracy": "balanced", "map": "mean AP"}
    return _HEADER.format(metric=names.get(event.monitor, event.monitor))


def _show_left_out(pictures: "LabelledPictures", screen: Screen) -> None:
    left_out = pictures.left_out
    if not left_out:
        return
    screen.row(f"left out, because they cannot be read: {len(left_out)}", style="yellow")
    for row in left_out:
        screen.row(f"  {row.path}: {row.reason}")


def _epoch_row(row: "EpochDone") -> str:
    left = row.seconds * (row.epochs - row.epoch)
    value = row.validation_accuracy if row.monitor == "loss" else row.monitored
    return (
        f"{f'{row.epoch}/{row.epochs}':<7} {row.train_loss:>10.4f} {row.train_accuracy:>10.4f} "
        f"{row.validation_loss:>17.4f} {value:>10.4f} "
        f"{row.pictures_per_second:>12.1f} {_minutes(left):>11}{'  best' if row.best else ''}"
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
