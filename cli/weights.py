"""`tlx weights`: the pretrained weights there are, and the cache that works without a network."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from ..errors import UsageError, WeightsError
from ..training.config import ARCHITECTURES
from .extras import require_extra
from .screen import Screen, one_line

if TYPE_CHECKING:
    from ..training.weights_cache import CheckedFile, HashProgress, ListedWeights

app = typer.Typer(help="Pretrained weights: list, find, check and add them.", no_args_is_help=True)
_JSON = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("list")
def list_command(as_json: bool = _JSON) -> None:
    """Show what --weights takes with each --model, and what is in the cache."""
    require_extra("train", "weights")
    from ..training.weights_cache import cache_folder, list_weights

    found, screen = list_weights(), Screen(as_json)
    if as_json:
        rows = [{**asdict(row), "cached": row.size is not None} for row in found]
        screen.json({"folder": str(cache_folder()), "weights": rows, "error": None})
        return
    screen.table(_table(found))
    screen.row(f"cache: {cache_folder()}")


@app.command("path")
def path_command(
    model: str | None = typer.Argument(None, help="As in tlx train."),
    weights: str = typer.Argument("imagenet", help="imagenet | imagenet-v1 | imagenet-v2"),
) -> None:
    """Print the cache's folder, or the file of a MODEL's weights if it is cached."""
    require_extra("train", "weights")
    from ..training.weights_cache import cache_folder

    Screen().row(str(cache_folder() if model is None else _cached_path(model, weights)))


@app.command("verify")
def verify_command(as_json: bool = _JSON) -> None:
    """Hash every cached file and compare; exit 1 if one is not what it was."""
    require_extra("train", "weights")
    from ..training.weights_cache import CheckedFile, cache_folder, verify_cache

    rows: list[CheckedFile] = []
    with Screen(as_json) as screen:
        for event in verify_cache():
            if isinstance(event, CheckedFile):
                rows.append(event)
                _show_checked(event, screen)
            else:
                _show_progress(event, screen)
        if not rows:
            screen.row(f"no files in {cache_folder()}")
    failures = sum(row.problem is not None for row in rows)
    files = [_checked_json(row) for row in rows]
    content = {"folder": str(cache_folder()), "files": files, "failures": failures, "error": None}
    screen.json(content)
    if failures:
        raise typer.Exit(1)


@app.command("add")
def add_command(
    file: Path = typer.Argument(
        help="A file of torchvision's, a state dict of your own, or a checkpoint of tlx train."
    ),
) -> None:
    """Check a file and copy it into the cache, where --weights finds it by its name."""
    require_extra("train", "weights")
    from ..inference.events import finish
    from ..training.weights_cache import add_to_cache

    with Screen() as screen:
        added = finish(add_to_cache(file), lambda event: _show_progress(event, screen))
        screen.row(f"{added.path}: SHA-256 {added.sha256}")
        screen.row(f"use it: tlx train DATA --model {added.model} --weights {added.weights}")


def _cached_path(model: str, weights: str) -> Path:
    from ..training.published_weights import CHOICES, choose_published
    from ..training.weights_cache import cache_folder

    if model not in ARCHITECTURES:
        raise UsageError(f"MODEL {model}: choose one of {', '.join(ARCHITECTURES)}")
    if weights not in CHOICES:
        raise UsageError(f"WEIGHTS {weights}: choose one of {', '.join(CHOICES)}")
    path = cache_folder() / choose_published(model, weights).file_name
    if not path.is_file():
        raise WeightsError(
            f"{path} is not there; tlx train --model {model} --weights {weights} downloads it"
        )
    return path


def _table(found: "list[ListedWeights]") -> Table:
    table = Table()
    table.add_column("--model", no_wrap=True)
    table.add_column("--weights", overflow="fold")
    table.add_column("top-1", justify="right")
    table.add_column("cached", justify="right")
    table.add_column("SHA-256", no_wrap=True)
    for row in found:
        table.add_row(
            row.model or "",
            Text(one_line(row.weights)),
            f"{row.accuracy:.1%}" if row.accuracy else "",
            "no" if row.size is None else f"{row.size / 1e6:.1f} MB",
            Text((row.sha256 or row.sha256_prefix or "")[:8]),
        )
    return table


def _show_progress(event: "HashProgress", screen: Screen) -> None:
    screen.progress(f"hashing {event.name}", event.done, event.total)


def _show_checked(row: "CheckedFile", screen: Screen) -> None:
    if row.problem is None:
        screen.row(f"{row.file}  good  SHA-256 {row.sha256}")
    else:
        screen.row(f"{row.file}  FAILED  {row.problem}", style="red")


def _checked_json(row: "CheckedFile") -> dict[str, object]:
    return {"file": row.file, "size": row.size, "sha256": row.sha256, "error": row.problem}
