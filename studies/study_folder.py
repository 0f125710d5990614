"""A study's folder: which study it holds, where each cell lies, and what may be taken up again.

study.json          the grid that it belongs to
compare.csv compare.png summary.txt
features/           what cells compute once for all
cells/<values>/seed-<n>/   a run folder each, with its result.json
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ..errors import UsageError
from ..inference.folder_lock import folder_lock, is_held, only_writer
from ..inference.whole_file import replacing, unfinished
from ..samples.folders import find_samples
from ..training.config import TrainingConfig
from ..training.options import option_name
from ..training.run_folder import prepare_run_folder, refuse_folder
from .cell_result import RESULT, Json, changed_options, config_json, read_object
from .grid import Cell, Grid

CSV, PLOT, SUMMARY = "compare.csv", "compare.png", "summary.txt"
_RECORD = "study.json"
_SCHEMA = 1


@dataclass(frozen=True)
class Study:
    """A grid and the folder that its runs lie in."""

    folder: Path
    grid: Grid

    @property
    def features(self) -> Path:
        """The folder for features that are computed once for all cells."""
        return self.folder / "features"

    def runs(self, cell: Cell) -> list[TrainingConfig]:
        """Give a cell's configurations, each with its run folder."""
        place = self.folder / "cells" / cell.name
        return [replace(config, out=place / f"seed-{config.seed}") for config in cell.configs]


@dataclass(frozen=True)
class _Record:
    options: dict[str, Json]
    vary: dict[str, list[str]]
    seeds: list[int]


def open_study(grid: Grid, out: Path | None, overwrite: bool) -> Study:
    """Begin a study's folder, or take one up that holds the same study or a part of it.

    Args:
        grid: what is asked for now.
        out: the folder; by default `runs/<date>-compare-<name>`, or the latest of these that
            holds this study already.
        overwrite: remove the results of whatever study lies there.

    Raises:
        UsageError: the folder lies inside the data, holds other things or another study, a cell
            lies elsewhere by a link, or another process is at work there.
        DataError: there are no pictures to train on.
    """
    if grid.base.labels is None:
        find_samples(grid.base.data)
    folder = _default_folder(grid) if out is None else out
    _refuse(folder, grid.base)
    study = Study(folder, grid)
    _refuse_links(study)
    with only_writer(folder, "compare"):
        _prepare(folder, _record(grid), overwrite)
    return study


def _prepare(folder: Path, now: _Record, overwrite: bool) -> None:
    """Write the record of a study, after what lies there was held against it, or was cleared."""
    clear_rests(folder)
    earlier = _read_record(folder)
    if overwrite:
        _clear(folder)
    elif earlier is not None and (difference := _difference(earlier, now)):
        raise UsageError(
            f"{folder} holds another study: {difference}; choose another --out, or --overwrite "
            "to begin it anew"
        )
    content = {"schema": _SCHEMA, "options": now.options, "vary": now.vary, "seeds": now.seeds}
    with replacing(folder / _RECORD) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def clear_rests(folder: Path) -> None:
    """Remove what killed processes left, but where a run is being gone on with or exported."""
    for rest in folder.rglob(".*.*.partial"):
        at_work = any(is_held(folder_lock(rest.parent, name)) for name in ("train", "export"))
        if rest.is_file() and not at_work:
            rest.unlink(missing_ok=True)


def _refuse(folder: Path, base: TrainingConfig) -> None:
    refuse_folder(folder, base)
    left = {*unfinished(folder / _RECORD), folder_lock(folder, "compare")}  # of a kill
    if folder.exists() and set(folder.iterdir()) - left and _read_record(folder) is None:
        raise UsageError(f"--out {folder} is not empty and holds no study; choose another")


def _refuse_links(study: Study) -> None:
    """Refuse cells that lie elsewhere: training would write into somebody's own run."""
    for cell in study.grid.cells:
        for config in study.runs(cell):
            run = config.out
            if run is not None and _leads_out(run, study.folder):
                raise UsageError(f"{run} leads out of the study; remove the link")


def _leads_out(run: Path, folder: Path) -> bool:
    real = Path(os.path.realpath(run))  # pathlib raises where links go round in a circle
    return real.is_symlink() or not real.is_relative_to(os.path.realpath(folder))


def _record(grid: Grid) -> _Record:
    vary = {variation.name: list(variation.texts) for variation in grid.variations}
    options = config_json(grid.base)
    fixed = {n: value for n, value in options.items() if n not in vary and n != "seed"}
    return _Record(fixed, vary, list(grid.seeds))


def _read_record(folder: Path) -> _Record | None:
    try:
        content = read_object(folder / _RECORD)
        if content["schema"] != _SCHEMA:
            return None
        vary = {name: list(texts) for name, texts in dict(content["vary"]).items()}
        return _Record(dict(content["options"]), vary, list(content["seeds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _difference(earlier: _Record, now: _Record) -> str | None:
    """Say how a study differs from the one that lies there, unless it only adds cells to it."""
    if earlier.vary.keys() != now.vary.keys():
        return f"it varies {', '.join(earlier.vary)}"
    for name in changed_options(earlier.options, now.options):
        was = earlier.options.get(name, getattr(TrainingConfig, name, None))
        return f"its {'pictures are' if name == 'data' else option_name(name) + ' is'} {was}"
    for name, texts in earlier.vary.items():
        missing = [text for text in texts if text not in now.vary[name]]
        if missing:
            return f"its {option_name(name)} has {', '.join(missing)} too"
    if not set(earlier.seeds) <= set(now.seeds):
        return f"its seeds are {', '.join(map(str, earlier.seeds))}"
    return None


def _default_folder(grid: Grid) -> Path:
    """Take the latest study of this kind that has the same grid or a part of it, else a new name.

    So the same command goes on the next day too.
    """
    name = f"compare-{grid.base.data.resolve().name}"
    parent, now = Path("runs"), _record(grid)
    for folder in reversed(_dated(parent, name)):
        earlier = _read_record(folder)
        if earlier is not None and _difference(earlier, now) is None:
            return folder
    folder, number = parent / f"{date.today()}-{name}", 2
    while folder.exists():
        folder, number = parent / f"{date.today()}-{name}-{number}", number + 1
    return folder


def _dated(parent: Path, name: str) -> Sequence[Path]:
    if not parent.is_dir():
        return []
    pattern = re.compile(rf"\d{{4}}-\d\d-\d\d-{re.escape(name)}(-\d+)?")
    return sorted(path for path in parent.iterdir() if pattern.fullmatch(path.name))


def _clear(folder: Path) -> None:
    """Remove what a study wrote, and nothing else that somebody put there."""
    for name in (CSV, PLOT, SUMMARY, _RECORD):
        (folder / name).unlink(missing_ok=True)
    for run in folder.glob("cells/*/seed-*"):
        if _leads_out(run, folder):  # a link to somebody's own run
            continue
        (run / RESULT).unlink(missing_ok=True)
        prepare_run_folder(run)
        (run / "config.json").unlink(missing_ok=True)
        for place in (run, run.parent):
            if not any(place.iterdir()):
                place.rmdir()
