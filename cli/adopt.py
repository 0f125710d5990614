"""`tlx adopt`: a ResNet that was trained elsewhere becomes a run folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UsageError
from .extras import require_extra
from .screen import Screen
from .shared_options import Json, max_pixels_option

if TYPE_CHECKING:
    from ..samples.loading import ReadingProgress
    from ..training.adoption import AdoptedRun
    from ..training.loop import BatchDone

IMAGENET_MEAN = "0.485,0.456,0.406"
IMAGENET_STD = "0.229,0.224,0.225"


def adopt_command(
    state_dict: Path = typer.Argument(
        help="File with the weights of a torchvision ResNet, head included: a state dict, or a "
        "training script's checkpoint that holds one."
    ),
    arch: str = typer.Option(help="What it is: resnet18 | resnet50 | wide_resnet50_2 | ..."),
    labels: Path = typer.Option(help="Text file: one label a line, in the order of the outputs."),
    out: Path = typer.Option(help="Run folder to be written; it must not exist."),
    mean: str = typer.Option(IMAGENET_MEAN, help="Of R,G,B in 0..1, as it was trained with."),
    std: str = typer.Option(IMAGENET_STD, help="Likewise."),
    crop: int = typer.Option(224, help="Side of the network's input, pixels."),
    resize: int | None = typer.Option(
        None, help="Short side before the crop, pixels. (default: 256/224 of --crop)"
    ),
    task: str = typer.Option(
        "single-label", help="single-label (softmax) | multi-label (sigmoid)."
    ),
    data: Path | None = typer.Option(
        None,
        help="Labelled pictures to verify exports on: label folders, all for validation, or "
        "train/, val/ and test/ of such. 50 or more for validation also set the temperature, "
        "which changes the probabilities.",
    ),
    truth: Path | None = typer.Option(
        None, help="CSV of files and their labels instead of label folders, as tlx train --labels."
    ),
    _max_pixels: int = max_pixels_option(),
    as_json: Json = False,
) -> None:
    """Take over a trained torchvision ResNet, so that it can be exported and verified."""
    require_extra("train", "adopt")
    from ..inference.events import finish
    from ..training.adoption import Adoption, adopt_events

    channels = (_three("--mean", mean), _three("--std", std))
    adoption = Adoption(state_dict, arch, labels, out, *channels, crop, resize, task, data, truth)
    with Screen(as_json) as screen:
        run = finish(adopt_events(adoption), lambda event: _show_progress(event, screen))
        _show(run, screen)
        screen.json(_json(run))


def _three(option: str, text: str) -> tuple[float, float, float]:
    """Read three numbers as people copy them: with commas, spaces or brackets."""
    words = text.strip(" []()").replace(",", " ").split()
    try:
        first, second, third = (float(word) for word in words)
    except ValueError:
        raise UsageError(f"{option} {text}: give three numbers, such as {IMAGENET_MEAN}") from None
    return first, second, third


def _show_progress(event: "ReadingProgress | BatchDone", screen: Screen) -> None:
    from ..training.loop import BatchDone

    phase = event.phase if isinstance(event, BatchDone) else "reading pictures"
    screen.progress(phase, event.done, event.total)


def _show(run: "AdoptedRun", screen: Screen) -> None:
    card, pictures = run.card, run.pictures
    origin, rule = card.provenance, card.preprocessing
    screen.row(
        f"{origin.architecture} with {len(card.labels)} labels ({card.task}) from "
        f"{origin.weights}, SHA-256 {origin.weights_sha256}"
    )
    screen.row(
        f"pictures: short side to {rule.resize_side}, centre crop {rule.crop}; mean "
        f"{list(rule.mean)}, std {list(rule.std)}"
    )
    for note in run.notes:
        screen.row(f"note: {note}", style="yellow")
    if counts := _counts(run):
        screen.row("split.csv: " + ", ".join(f"{n} {split}" for split, n in counts.items()))
    if pictures.left_out:
        screen.row(f"left out, because they cannot be read: {len(pictures.left_out)}", "yellow")
    for row in pictures.left_out:
        screen.row(f"  {row.path}: {row.reason}")
    screen.row(f"run folder: {run.run}")
    screen.row(f"next: tlx export {run.run}")


def _counts(run: "AdoptedRun") -> dict[str, int]:
    splits = ("train", "validation", "test")
    return {split: n for split in splits if (n := len(run.pictures.split(split)))}


def _json(run: "AdoptedRun") -> dict[str, object]:
    origin = run.card.provenance
    return {
        "run": str(run.run),
        "checkpoint": str(run.checkpoint),
        "architecture": origin.architecture,
        "task": run.card.task,
        "labels": run.card.labels,
        "weights_sha256": origin.weights_sha256,
        "pictures": {
            name: len(run.pictures.split(name)) for name in ("train", "validation", "test")
        },
        "notes": run.notes,
        "left_out": [{"path": str(row.path), "error": row.reason} for row in run.pictures.left_out],
        "error": None,
    }
