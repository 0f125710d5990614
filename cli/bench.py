"""`tlx bench`: how fast model files answer on this machine."""

from pathlib import Path

import typer

from ..inference.cores import MOST_THREADS
from .bench_screen import bench_json, show_bench
from .screen import Screen
from .shared_options import Json, max_pixels_option


def bench_command(
    files: list[Path] = typer.Argument(
        help="ONNX files that tlx export wrote; the others are compared with the first."
    ),
    data: Path | None = typer.Option(
        None, help="Folder of pictures, searched to the bottom. (default: made pictures)"
    ),
    threads: int | None = typer.Option(
        None,
        min=1,
        max=MOST_THREADS,
        help="Threads of the processor. (default: what gives most is searched)",
    ),
    seconds: float = typer.Option(
        3.0, min=0.01, max=3600, help="About how long each measurement of a file goes on."
    ),
    _max_pixels: int = max_pixels_option(),
    as_json: Json = False,
) -> None:
    """Measure model files side by side; exit 1 if some pictures could not be read."""
    from ..inference.events import finish
    from ..studies.bench import bench_events

    with Screen(as_json, still=True) as screen:
        events = bench_events(files, data, threads, seconds)
        result = finish(
            events, lambda event: screen.progress(event.figure, event.done, event.total)
        )
        show_bench(result, screen)
        screen.json(bench_json(result))
    if result.unreadable:
        raise typer.Exit(1)
