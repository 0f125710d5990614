"""`tlx classify`: ranked labels for pictures."""

import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ContradictionError, PictureError, UsageError
from ..inference.answers_csv import (
    Write,
    answer_cells,
    error_cells,
    open_answers,
    require_own,
)
from .answer_text import chosen_labels, judgement, show_outcome
from .explanations import ExplanationFolder, open_explanations, without_drawn
from .model_options import Opening, card_option, provider_option, show_provider
from .picture_counts import picture_count, unreadable_share
from .picture_paths import find_paths
from .screen import Screen
from .shared_options import max_pixels_option
from .system_errors import next_step
from .written_files import refuse_inside

if TYPE_CHECKING:
    from ..inference.classifier import Classifier
    from ..inference.prediction import Outcome

_MANY = "Very many pictures"


_Model = Annotated[
    Path, typer.Argument(help="ONNX file that tlx export wrote, or any with --card.")
]
_Pictures = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files, folders (searched to the bottom), globs, or - for a list on stdin; with --out "
        "also lists (.txt, .parquet) and URLs."
    ),
]
_Topk = Annotated[int, typer.Option(min=1, help="Labels a picture.")]
_Csv = Annotated[Path | None, typer.Option("--csv", help="Also write the answers to a CSV.")]
_Explain = Annotated[
    Path | None,
    typer.Option(help="Folder for the pictures with the activation map of their label over them."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
_Watched = Annotated[
    Path | None,
    typer.Option(
        "--watch", help="Folder whose new pictures are classified as they come, for ever."
    ),
]
_NewOnly = Annotated[
    bool, typer.Option("--new-only", help="With --watch: pass what is there at the start.")
]
_Interval = Annotated[
    float | None,
    typer.Option(
        min=0.05, help="With --watch: seconds between two looks at the folder. (default: 1)"
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option(
        help="Folder for Parquet files, written in parts; the same command goes on with it.",
        rich_help_panel=_MANY,
    ),
]
_Shard = Annotated[
    str | None,
    typer.Option(metavar="I/N", help="Classify the I-th of N shares.", rich_help_panel=_MANY),
]
_PartSize = Annotated[
    int | None,
    typer.Option(
        min=1, max=1_000_000, help="Pictures a part. (default: 10000)", rich_help_panel=_MANY
    ),
]
_Engine = Annotated[
    str | None,
    typer.Option(help="local, or ray: over a cluster. (default: local)", rich_help_panel=_MANY),
]
_Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Of Ray. (default: one a core of the cluster)", rich_help_panel=_MANY),
]


def classify_command(
    model: _Model,
    pictures: _Pictures = None,
    topk: _Topk = 5,
    csv_file: _Csv = None,
    explain: _Explain = None,
    max_pixels: int = max_pixels_option(),
    as_json: _Json = False,
    watched: _Watched = None,
    new_only: _NewOnly = False,
    interval: _Interval = None,
    provider: str = provider_option(),
    card: Path | None = card_option(),
    out: _Out = None,
    shard: _Shard = None,
    part_size: _PartSize = None,
    engine: _Engine = None,
    workers: _Workers = None,
) -> None:
    """Classify pictures; a bad picture is a row with an error, and the exit code is 1."""
    opening = Opening(model, provider, card)
    if out is None:
        of_many = {"shard": shard, "part_size": part_size, "engine": engine, "workers": workers}
        _refuse_without("--out; name a folder with it", of_many)
    if watched is None:
        _refuse_without("--watch", {"new_only": new_only or None, "interval": interval})
    if watched is not None:
        from .watch import watch_folder

        _refuse_beside_watch(pictures, explain, out)
        watch_folder(opening, watched, topk, csv_file, as_json, new_only, interval or 1.0)
    elif out is not None:
        from .classify_many import ManyOptions, classify_many

        _refuse_beside_out(csv_file, explain)
        options = ManyOptions(out, topk, max_pixels, shard, part_size, engine, workers, as_json)
        classify_many(opening, _required(pictures), options)
    else:
        _classify(opening, _required(pictures), _Shown(topk, csv_file, explain, as_json))


@dataclass(frozen=True)
class _Shown:
    """How the answers are shown and written."""

    topk: int
    csv_file: Path | None
    explain: Path | None
    as_json: bool


def _classify(opening: Opening, pictures: Sequence[str], shown: _Shown) -> None:
    """Show a row a picture.

    Raises:
        TlxError: there are no pictures, or something cannot be opened or written.
        Exit: some pictures could not be read.
    """
    from ..inference.classifier import BATCH, Classifier

    if shown.explain is not None:
        for given in pictures:
            refuse_inside("--explain", shown.explain, given)
    paths, explain, topk = list(find_paths(pictures, sys.stdin)), shown.explain, shown.topk
    if explain is not None:
        paths = without_drawn(paths, explain)
    # A few pictures, or those to be explained, come one by one; each then gets all cores.
    many = len(paths) > BATCH and explain is None
    classifier = Classifier(opening.model, many=many, provider=opening.provider, card=opening.card)
    multi_label = classifier.card.task == "multi-label"
    if shown.csv_file is not None:
        if shown.csv_file == explain:
            raise ContradictionError(f"--csv and --explain name the same, {explain}")
        _refuse_foreign_file(shown.csv_file)
    columns = min(topk, len(classifier.card.labels))
    failures = 0
    csv_opened = _open_csv(shown.csv_file, columns, multi_label)
    explained_in = _open_explanations(explain, classifier)
    with Screen(shown.as_json) as screen, explained_in as explanations, csv_opened as write:
        show_provider(classifier, screen)
        for done, outcome in enumerate(classifier.classify_files(paths, _no_url), start=1):
            failures += outcome.error is not None
            written = _explain(outcome, classifier, explanations)
            show_outcome(outcome, topk, screen, multi_label, written)
            write(_csv_row(outcome, columns, multi_label))
            screen.progress("classifying", done, len(paths))
        _sum_up(len(paths), failures, explain, screen)
    if failures:
        raise typer.Exit(1)


def _sum_up(pictures: int, failures: int, explain: Path | None, screen: Screen) -> None:
    if explain is not None and pictures > failures:
        screen.row(f"{picture_count(pictures - failures)} explained in {explain}")
    if failures:
        screen.row(picture_count(pictures) + unreadable_share(failures), style="yellow")


def _no_url(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Give the path of a file as it is; called by several threads."""
    from ..inference.remote import is_url

    name = os.fsdecode(path)
    if is_url(name) and not os.path.exists(name):  # noqa: PTH110 - says no, never raises
        raise PictureError("URLs go with --out (docs/many.md)", name)
    return path


def _refuse_beside_watch(
    pictures: Sequence[str] | None, explain: Path | None, out: Path | None
) -> None:
    if pictures or explain is not None or out is not None:
        other = "pictures" if pictures else "--out" if explain is None else "--explain"
        raise ContradictionError(f"--watch takes one folder and no {other}")


def _refuse_beside_out(csv_file: Path | None, explain: Path | None) -> None:
    if csv_file is not None or explain is not None:
        other = "--explain" if csv_file is None else "--csv"
        raise ContradictionError(f"--out and {other} exclude each other; give one of them")


def _refuse_without(needed: str, options: Mapping[str, object]) -> None:
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"--{name.replace('_', '-')} goes with {needed}")


def _required(pictures: Sequence[str] | None) -> Sequence[str]:
    if not pictures:
        raise UsageError("no pictures are given; name files or folders, or --watch a folder")
    return pictures


def _open_explanations(
    folder: Path | None, classifier: "Classifier"
) -> AbstractContextManager[ExplanationFolder | None]:
    from ..inference.explanation import require_maps

    if folder is None:
        return nullcontext()
    require_maps(classifier.session)
    return open_explanations(folder)


def _explain(
    outcome: "Outcome", classifier: "Classifier", explanations: ExplanationFolder | None
) -> dict[str, str] | None:
    """Write a picture's explanations; none for a bad one, None where they are not wanted."""
    if explanations is None:
        return None
    if outcome.prediction is None:
        return {}
    return explanations.write(classifier.session, outcome.path, outcome.prediction)


def _refuse_foreign_file(path: Path) -> None:
    """Replace only what an earlier run wrote: the user's own table must not be lost."""
    with _naming_the_option():
        require_own(path)


@contextmanager
def _open_csv(path: Path | None, topk: int, multi_label: bool) -> Generator[Write]:
    """Give what takes a row; without a CSV it forgets it."""
    if path is None:
        yield lambda _: None
        return
    with _naming_the_option(), open_answers(path, topk, multi_label) as write:
        yield write


@contextmanager
def _naming_the_option() -> Generator[None]:
    try:
        yield
    except UsageError as error:
        raise UsageError(f"--csv {error}{next_step(error.__cause__)}") from None


def _csv_row(outcome: "Outcome", topk: int, multi_label: bool) -> Sequence[object]:
    if outcome.prediction is None:
        return error_cells(outcome.path, outcome.error or "")
    ranked = ((row.label, row.probability) for row in outcome.prediction.top(topk))
    chosen = chosen_labels(outcome) if multi_label else None
    return answer_cells(outcome.path, ranked, chosen, *judgement(outcome))
