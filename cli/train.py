"""`tlx train`: from a folder of pictures to a run folder."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UsageError
from ..training.config import ARCHITECTURES, AUGMENTATIONS, STAGES, TrainingConfig
from .extras import require_extra
from .screen import Screen

if TYPE_CHECKING:
    from ..samples.sample import LabelledPictures
    from ..training.run_folder import EpochDone
    from ..training.train import Prepared, TrainingEvent, TrainingResult

LISTED = 10
"""Pictures left out that are named on the screen; --json names all."""

_HEADER = "epoch   train loss   accuracy   validation loss   accuracy   pictures/s   time left"


def train_command(
    data: Path | None = typer.Argument(
        None,
        help="Folder with one sub-folder a label, or with train/, val/ and test/ of such folders.",
    ),
    out: Path | None = typer.Option(None, help="Run folder. [default: runs/<date>-<name>]"),
    model: str = typer.Option(TrainingConfig.model, help=" | ".join(ARCHITECTURES)),
    weights: str = typer.Option(
        TrainingConfig.weights,
        help="imagenet (= imagenet-v1) | imagenet-v2 | none | FILE with a state dict.",
    ),
    freeze: str = typer.Option(
        TrainingConfig.freeze,
        help=f"Keep everything up to this stage: {' | '.join(STAGES)} | backbone (= layer4).",
    ),
    epochs: int = typer.Option(TrainingConfig.epochs, help="Passes over the training pictures."),
    batch: int = typer.Option(TrainingConfig.batch, help="Pictures a step."),
    lr: float = typer.Option(
        TrainingConfig.lr,
        help="Peak learning rate of the head; pretrained stages learn at a tenth of it.",
    ),
    weight_decay: float = typer.Option(TrainingConfig.weight_decay, help="AdamW's weight decay."),
    augment: str = typer.Option(
        TrainingConfig.augment,
        help=f"{' | '.join(AUGMENTATIONS)}; standard crops and mirrors, crop does not mirror.",
    ),
    imgsz: int = typer.Option(TrainingConfig.imgsz, help="Side of the network's input, pixels."),
    workers: int | None = typer.Option(
        None, "--workers", "-j", help="Decoding processes. [default: one a core, up to 8]"
    ),
    device: str = typer.Option(TrainingConfig.device, help="auto | cpu | cuda | cuda:1 | mps"),
    seed: int = typer.Option(TrainingConfig.seed, help="All randomness follows from it."),
    resume: Path | None = typer.Option(
        None, help="Go on with this run folder after its last finished epoch; takes no DATA."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a run that exists."),
    as_json: bool = typer.Option(False, "--json", help="An object an epoch, then a summary."),
) -> None:
    """Fine-tune a pretrained ResNet on a folder of pictures."""
    if (data is None) == (resume is None):
        raise UsageError("give either a folder DATA to train on or --resume RUN")
    require_extra("train", "train")
    from ..training.train import resume_events, training_events

    if data is not None:
        config = TrainingConfig(
            data, out, model, weights, freeze, epochs, batch, lr, weight_decay, augment, imgsz,
            workers, device, seed, overwrite,
        )  # fmt: skip
        events = training_events(config)
    else:
        assert resume is not None
        events = resume_events(resume)
    with Screen(as_json) as screen:
        while True:
            try:
                show_training(next(events), screen)
            except StopIteration as end:
                result: TrainingResult = end.value
                break
        show_result(result, screen)


def show_training(event: "TrainingEvent", screen: Screen) -> None:
    """Show one thing that happened."""
    from ..samples.loading import ReadingProgress
    from ..training.loop import BatchDone
    from ..training.run_folder import EpochDone
    from ..training.train import Prepared

    match event:
        case ReadingProgress(done, total):
            screen.progress("reading pictures", done, total)
        case Prepared():
            _show_prepared(event, screen)
        case BatchDone(phase, done, total, _):
            screen.progress(phase, done, total)
        case EpochDone():
            screen.row(_epoch_row(event))
            screen.json({"event": "epoch", **asdict(event)})
        case _:
            screen.progress(f"downloading {event.name}", event.done, event.total)


def show_result(result: "TrainingResult", screen: Screen) -> None:
    """Show where the run lies and what the best epoch reached."""
    best = result.best
    screen.row(
        f"best: epoch {best.epoch}, validation accuracy {best.validation_accuracy:.4f}, loss "
        f"{best.validation_loss:.4f} (these pictures chose the epoch: tlx eval on a test folder "
        "tells more)"
    )
    screen.row(f"run folder: {result.run}")
    screen.row(f"next: tlx export {result.run}")
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


def _show_prepared(event: "Prepared", screen: Screen) -> None:
    pictures = event.pictures
    screen.row(
        f"{len(pictures.labels)} labels; {len(pictures.train)} pictures to train on, "
        f"{len(pictures.validation)} for validation, {len(pictures.test)} kept for test"
    )
    for note in pictures.notes:
        screen.row(f"note: {note}")
    _show_left_out(pictures, screen)
    screen.row(
        f"on {event.device}; {event.trainable:,} of {event.parameters:,} parameters are trained"
    )
    screen.row(_HEADER, style="bold")


def _show_left_out(pictures: "LabelledPictures", screen: Screen) -> None:
    left_out = pictures.left_out
    if not left_out:
        return
    screen.row(f"left out, because they cannot be read: {len(left_out)}", style="yellow")
    for row in left_out[:LISTED]:
        screen.row(f"  {row.path}: {row.reason}")
    if len(left_out) > LISTED:
        screen.row(f"  and {len(left_out) - LISTED} more (--json lists all)")


def _epoch_row(row: "EpochDone") -> str:
    left = row.seconds * (row.epochs - row.epoch)
    return (
        f"{f'{row.epoch}/{row.epochs}':<7} {row.train_loss:>10.4f} {row.train_accuracy:>10.4f} "
        f"{row.validation_loss:>17.4f} {row.validation_accuracy:>10.4f} "
        f"{row.pictures_per_second:>12.1f} {_minutes(left):>11}{'  best' if row.best else ''}"
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
