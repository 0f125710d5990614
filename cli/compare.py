"""`tlx compare`: a grid over the options of training, as one table."""

import shlex
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import UsageError
from ..training.config import TrainingConfig
from ..training.options import COMMON, OUTPUT, option_name
from ..training.torchrun import this_process
from .comparison_screen import comparison_json, show_comparison
from .extras import require_extra
from .interruption import Interruption
from .options import take_options_of
from .screen import Screen
from .shared_options import max_pixels_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..samples.sample import LabelledPictures
    from ..studies.compare import CompareEvent, StudyResult
    from ..studies.comparison_table import Table
    from ..studies.grid import Grid, Variation
    from ..studies.study_folder import Study


def compare_command(
    data: Path | None = typer.Argument(
        None, help="The pictures, as tlx train takes them. (default with --labels: its folder)"
    ),
    vary: list[str] = typer.Option(
        [],
        metavar="NAME=VALUE,VALUE",
        help="An option of tlx train and its values, such as freeze=backbone,none; may be given "
        "several times, every combination is trained.",
        rich_help_panel=COMMON,
    ),
    seeds: int = typer.Option(
        1, min=1, help="Trainings a cell, from --seed on.", rich_help_panel=COMMON
    ),
    out: Path | None = typer.Option(
        None,
        help="Folder of the study; one that was stopped goes on. (default: "
        "runs/<date>-compare-<name>)",
        rich_help_panel=COMMON,
    ),
    overwrite: bool = typer.Option(
        False, help="Begin a study that exists anew.", rich_help_panel=OUTPUT
    ),
    _max_pixels: int = max_pixels_option(),
    as_json: bool = typer.Option(
        False, "--json", help="Print one JSON object.", rich_help_panel=OUTPUT
    ),
    **options: Any,  # noqa: ANN401 - the fields of TrainingConfig, whose types it checks
) -> None:
    """Train every combination of some options, and compare them; exit 1 if one failed."""
    if this_process().count > 1:
        raise UsageError("a study runs in one process; start tlx compare without torchrun")
    require_extra("train", "compare")
    from ..studies.study_folder import open_study

    study = open_study(_grid(data, vary, seeds, options), out, overwrite)
    with Screen(as_json) as screen:
        result = _run(study, screen)
        _show_end(result, screen)
    if result.failures:
        raise typer.Exit(1)


take_options_of(TrainingConfig, compare_command)


def _grid(data: Path | None, vary: "Sequence[str]", seeds: int, options: dict[str, Any]) -> "Grid":
    from ..studies.grid import build_grid, read_variations

    labels: Path | None = options["labels"]
    if data is None and labels is None:
        raise UsageError("give a folder DATA to train on, or --labels CSV")
    variations = read_variations(vary)
    _refuse_fixed(variations, options)
    configure = partial(TrainingConfig, data or (labels.parent if labels else Path()), **options)
    return build_grid(configure, variations, seeds)


def _refuse_fixed(variations: "Sequence[Variation]", options: dict[str, Any]) -> None:
    for variation in variations:
        name = variation.name
        if options[name] != getattr(TrainingConfig, name):
            raise UsageError(
                f"{option_name(name)} {options[name]} is given beside --vary {name}; leave one out"
            )


def _run(study: "Study", screen: Screen) -> "StudyResult":
    from ..inference.events import finish
    from ..studies.compare import compare_events

    shown = _Shown(screen)
    with Interruption() as interruption:

        def show(event: "CompareEvent") -> None:
            shown.show(event)
            interruption.check()

        try:
            return finish(compare_events(study), show)
        except KeyboardInterrupt:
            words = [word for word in sys.argv[1:] if word != "--overwrite"]
            screen.row(f"what is finished is kept in {study.folder}")
            screen.row(f"to go on: {shlex.join(['tlx', *words])}")
            raise


class _Shown:
    """Shows a study's events: a line a training, bars for what goes on within."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._place = ""
        self._title = ""
        self._pictures_shown = False

    def show(self, event: "CompareEvent") -> None:
        from ..studies.compare import CellDone, CellFailed, CellStarted
        from ..training.fit import Prepared
        from ..training.inputs import Noted
        from ..training.loop import BatchLowered

        match event:
            case CellStarted(cell, seed, number, total):
                self._place = f"{number}/{total}"
                self._title = f"{self._place} {cell.title}, seed {seed}"
            case CellDone(result, earlier):
                test = f", test {result.test.score:.4f}" if result.test else ""
                when = " (finished earlier)" if earlier else ""
                self._screen.row(
                    f"{self._title}: validation {result.validation:.4f}{test}, "
                    f"{result.seconds:.1f} s{when}"
                )
            case CellFailed(_, _, error):
                self._screen.row(f"{self._title}: failed: {error}", style="red")
            case Prepared():
                self._show_pictures(event.pictures)
            case Noted(text):
                self._screen.row(f"note on {self._title}: {text}")
            case BatchLowered(parts):
                self._screen.row(
                    f"note on {self._title}: out of memory; each batch goes through in {parts} "
                    "parts",
                    style="yellow",
                )
            case _:
                self._show_progress(event)

    def _show_progress(self, event: "CompareEvent") -> None:
        from ..evaluation.scoring import EvaluationProgress
        from ..export.reference import ComparisonProgress
        from ..samples.loading import ReadingProgress
        from ..training.loop import BatchDone
        from ..training.picture_cache import CachingProgress
        from ..training.stage_cache import StageProgress
        from ..training.weights import DownloadProgress

        match event:
            case ReadingProgress(done, total):
                phase = "reading pictures"
            case CachingProgress(done, total):
                phase = "decoding pictures"
            case StageProgress(done, total):
                phase = "computing what is frozen"
            case BatchDone(phase, done, total, _):
                pass
            case EvaluationProgress(done, total):
                phase = "scoring"
            case ComparisonProgress():
                phase, done, total = "verifying", event.done, event.total
            case DownloadProgress():
                phase, done, total = f"downloading {event.name}", event.done, event.total
            case _:
                return
        self._screen.progress(f"{self._place} {phase}", done, total)

    def _show_pictures(self, pictures: "LabelledPictures") -> None:
        """Once: they are the same for every cell."""
        if self._pictures_shown:
            return
        self._pictures_shown = True
        self._screen.row(
            f"{len(pictures.labels)} labels; {len(pictures.train)} pictures to train on, "
            f"{len(pictures.validation)} for validation, {len(pictures.test)} kept for test"
        )
        for note in pictures.notes:
            self._screen.row(f"note: {note}")
        if pictures.left_out:
            self._screen.row(
                f"left out, because they cannot be read: {len(pictures.left_out)}", style="yellow"
            )
        for row in pictures.left_out:
            self._screen.row(f"  {row.path}: {row.reason}")


def _show_end(result: "StudyResult", screen: Screen) -> None:
    from ..studies.comparison_table import build_table
    from ..studies.summary import summarise

    table = build_table(result)
    lines = summarise(result.study.grid.variations, table)
    files = _write(result, table, lines)
    show_comparison(table, result.study.grid.variations, screen)
    for line in lines:
        screen.row(line)
    screen.row(f"written: {', '.join(str(path) for path in files)}")
    screen.json(
        {
            **comparison_json(table),
            "study": str(result.study.folder),
            "summary": lines,
            "failures": [
                {**asdict(failure), "cell": failure.cell.name} for failure in result.failures
            ],
            "files": [str(path) for path in files],
            "error": None,
        }
    )


def _write(result: "StudyResult", table: "Table", lines: list[str]) -> list[Path]:
    from ..studies.comparison_plot import draw_comparison
    from ..studies.comparison_table import write_table
    from ..studies.study_folder import CSV, PLOT, SUMMARY
    from ..studies.summary import write_summary

    folder = result.study.folder
    write_table(folder / CSV, result, table)
    write_summary(folder / SUMMARY, lines)
    if not result.results:
        return [folder / CSV, folder / SUMMARY]
    draw_comparison(table, folder / PLOT)
    return [folder / CSV, folder / PLOT, folder / SUMMARY]
