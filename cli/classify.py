"""`tlx classify`: ranked labels for pictures."""

import glob
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from ..errors import ContradictionError, DataError, UsageError
from ..inference.answers_csv import (
    Write,
    answer_cells,
    error_cells,
    open_answers,
    require_own,
)
from ..samples.sample import SEPARATOR
from .answer_text import chosen_labels, judgement, show_outcome
from .explanations import ExplanationFolder
from .model_options import Opening, card_option, provider_option, show_provider
from .pixel_option import max_pixels_option
from .screen import Screen

if TYPE_CHECKING:
    from ..inference.classifier import Classifier
    from ..inference.prediction import Outcome


def classify_command(
    model: Path = typer.Argument(help="ONNX file that tlx export wrote."),
    pictures: list[str] | None = typer.Argument(
        None, help="Files, folders (searched to the bottom), globs, or - for a list on stdin."
    ),
    topk: int = typer.Option(5, min=1, help="Labels a picture."),
    csv_file: Path | None = typer.Option(None, "--csv", help="Also write the answers to a CSV."),
    explain: Path | None = typer.Option(
        None, help="Folder for the pictures with the activation map of their label over them."
    ),
    _max_pixels: int = max_pixels_option(),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object a line."),
    watched: Path | None = typer.Option(
        None, "--watch", help="Folder whose new pictures are classified as they come, for ever."
    ),
    new_only: bool = typer.Option(
        False, "--new-only", help="With --watch: pass what is there at the start."
    ),
    interval: float = typer.Option(
        1.0, min=0.05, help="With --watch: seconds between two looks at the folder."
    ),
    provider: str = provider_option(),
    card: Path | None = card_option(),
) -> None:
    """Classify pictures; a bad picture is a row with an error, and the exit code is 1."""
    if watched is not None:
        from .watch import watch_folder

        _refuse_beside_watch(pictures, explain)
        opening = Opening(model, provider, card)
        watch_folder(opening, watched, topk, csv_file, as_json, new_only, interval)
        return
    from ..inference.classifier import BATCH, Classifier

    paths = list(find_paths(_required(pictures), sys.stdin))
    # A few pictures, or those to be explained, come one by one; each then gets all cores.
    many = len(paths) > BATCH and explain is None
    classifier = Classifier(model, many=many, provider=provider, card=card)
    multi_label = classifier.card.task == "multi-label"
    if csv_file is not None:
        _refuse_foreign_file(csv_file)
    explanations = None if explain is None else _explanations(explain, classifier)
    columns = min(topk, len(classifier.card.labels))
    failures = 0
    with Screen(as_json) as screen, _open_csv(csv_file, columns, multi_label) as write:
        show_provider(classifier, screen)
        for done, outcome in enumerate(classifier.classify_files(paths), start=1):
            failures += outcome.error is not None
            written = _explain(outcome, classifier, explanations)
            show_outcome(outcome, topk, screen, multi_label, written)
            write(_csv_row(outcome, columns, multi_label))
            screen.progress("classifying", done, len(paths))
        if explain is not None:
            explained = len(paths) - failures
            noun = "picture" if explained == 1 else "pictures"
            screen.row(f"{explained} {noun} explained in {explain}")
        if failures:
            screen.row(f"{failures} of {len(paths)} pictures could not be read", style="yellow")
    if failures:
        raise typer.Exit(1)


def _refuse_beside_watch(pictures: Sequence[str] | None, explain: Path | None) -> None:
    if pictures or explain is not None:
        other = "pictures" if pictures else "--explain"
        raise ContradictionError(f"--watch takes one folder and no {other}")


def _required(pictures: Sequence[str] | None) -> Sequence[str]:
    if not pictures:
        raise UsageError("no pictures are given; name files or folders, or --watch a folder")
    return pictures


def _explanations(folder: Path, classifier: "Classifier") -> ExplanationFolder:
    from ..inference.explanation import require_maps

    require_maps(classifier.session)
    return ExplanationFolder(folder)


def _explain(
    outcome: "Outcome", classifier: "Classifier", explanations: ExplanationFolder | None
) -> dict[str, str] | None:
    """Write a picture's explanations; none for a bad one, None where they are not wanted."""
    if explanations is None:
        return None
    if outcome.prediction is None:
        return {}
    return explanations.write(classifier.session, outcome.path, outcome.prediction)


def find_paths(arguments: Sequence[str], stdin: TextIO) -> Iterator[str]:
    """Turn arguments into files: folders are searched, globs expanded, `-` reads a list.

    What is no folder and no glob stays as it is, so that a missing file becomes a row.

    Raises:
        DataError: a folder without pictures, a glob that fits nothing, an empty list.
    """
    for argument in arguments:
        if argument == "-":
            yield from _found((line.rstrip("\r\n") for line in stdin), "an empty list on stdin")
        # os.path says no where pathlib raises: a name too long, a folder that may not be entered.
        elif os.path.isdir(argument):  # noqa: PTH112
            yield from _pictures_of(argument)
        elif not os.path.exists(argument) and glob.has_magic(argument):  # noqa: PTH110
            # A folder and what lies in it may both fit, so each picture is kept once.
            yield from _found(iter(dict.fromkeys(_matches(argument))), f"nothing fits {argument}")
        else:
            yield argument


def _matches(pattern: str) -> Iterator[str]:
    from ..samples.folders import find_pictures

    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - may be absolute
        if os.path.isdir(match):  # noqa: PTH112
            yield from (str(path) for path in find_pictures(Path(match)))
        else:
            yield match


def _pictures_of(folder: str) -> Iterator[str]:
    from ..samples.folders import find_pictures

    paths = (str(path) for path in find_pictures(Path(folder)))
    yield from _found(paths, f"no pictures in {folder}")


def _found(paths: Iterator[str], otherwise: str) -> Iterator[str]:
    empty = True
    for path in paths:
        if path:
            empty = False
            yield path
    if empty:
        raise DataError(f"{otherwise}; give pictures, folders, globs, or - for a list on stdin")


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
        raise UsageError(f"--csv {error}") from None


def _csv_row(outcome: "Outcome", topk: int, multi_label: bool) -> Sequence[object]:
    if outcome.prediction is None:
        return error_cells(outcome.path, outcome.error or "")
    ranked = ((row.label, row.probability) for row in outcome.prediction.top(topk))
    # Sorted, as in a CSV of truth: the same labels make the same cell.
    chosen = SEPARATOR.join(sorted(chosen_labels(outcome))) if multi_label else None
    return answer_cells(outcome.path, ranked, chosen, *judgement(outcome))
