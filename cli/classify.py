"""`tlx classify`: ranked labels for pictures."""

import csv
import glob
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from ..errors import DataError, UsageError
from ..inference.whole_file import replacing
from ..samples.sample import SEPARATOR
from .answer_text import JUDGEMENT, chosen_labels, judgement, show_outcome
from .explanations import ExplanationFolder
from .screen import Screen

if TYPE_CHECKING:
    from ..inference.classifier import Classifier
    from ..inference.prediction import Outcome

CSV_HEADER = ("path", "error", "label", "probability")
MULTI_LABEL_HEADER = ("path", "error", "labels", "label", "probability")


def classify_command(
    model: Path = typer.Argument(help="ONNX file that tlx export wrote."),
    pictures: list[str] = typer.Argument(
        help="Files, folders (searched to the bottom), globs, or - for a list on stdin."
    ),
    topk: int = typer.Option(5, min=1, help="Labels a picture."),
    csv_file: Path | None = typer.Option(None, "--csv", help="Also write the answers to a CSV."),
    explain: Path | None = typer.Option(
        None, help="Folder for the pictures with the activation map of their label over them."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object a line."),
) -> None:
    """Classify pictures; a bad picture is a row with an error, and the exit code is 1."""
    from ..inference.classifier import BATCH, Classifier

    paths = list(find_paths(pictures, sys.stdin))
    # A few pictures, or those to be explained, come one by one; each then gets all cores.
    classifier = Classifier(model, many=len(paths) > BATCH and explain is None)
    multi_label = classifier.card.task == "multi-label"
    if csv_file is not None:
        _refuse_foreign_file(csv_file)
    explanations = None if explain is None else _explanations(explain, classifier)
    columns = min(topk, len(classifier.card.labels))
    failures = 0
    with Screen(as_json) as screen, _open_csv(csv_file, columns, multi_label) as rows:
        for done, outcome in enumerate(classifier.classify_files(paths), start=1):
            failures += outcome.error is not None
            written = _explain(outcome, classifier, explanations)
            show_outcome(outcome, topk, screen, multi_label, written)
            rows.write(outcome)
            screen.progress("classifying", done, len(paths))
        if explain is not None:
            explained = len(paths) - failures
            noun = "picture" if explained == 1 else "pictures"
            screen.row(f"{explained} {noun} explained in {explain}")
        if failures:
            screen.row(f"{failures} of {len(paths)} pictures could not be read", style="yellow")
    if failures:
        raise typer.Exit(1)


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
    if not path.parent.is_dir():
        raise UsageError(f"--csv {path}: there is no folder {path.parent}")
    if not path.exists():
        return
    start = path.read_bytes()[:80] if path.is_file() else b"x"
    ours = tuple(",".join(header).encode() for header in (CSV_HEADER, MULTI_LABEL_HEADER))
    if start and not start.startswith(ours):
        raise UsageError(f"--csv {path}: exists and was not written by tlx; choose another name")


class _CsvRows:
    """Answers written as they come: however many there are, they need no memory."""

    def __init__(self, path: Path, file: TextIO, topk: int, multi_label: bool) -> None:
        self._path, self._topk, self._multi_label = path, topk, multi_label
        self._file, self._rows = file, csv.writer(file)
        header = MULTI_LABEL_HEADER if multi_label else CSV_HEADER
        more = [f"{name}_{rank}" for rank in range(2, topk + 1) for name in CSV_HEADER[2:]]
        self._write((*header, *more, *JUDGEMENT))

    def write(self, outcome: "Outcome") -> None:
        """Write a picture's row."""
        self._write(_csv_row(outcome, self._topk, self._multi_label))

    def close(self) -> None:
        """Write what is left in memory."""
        with _saying(self._path):
            self._file.close()

    def _write(self, row: Sequence[object]) -> None:
        with _saying(self._path):
            self._rows.writerow(row)


class _NoRows:
    """Stands where no CSV is wanted."""

    def write(self, outcome: "Outcome") -> None:
        """Forget it."""


@contextmanager
def _saying(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"--csv {path} cannot be written: {error.strerror}") from None


@contextmanager
def _open_csv(path: Path | None, topk: int, multi_label: bool) -> Generator[_CsvRows | _NoRows]:
    """Give what takes the answers; the file is there when all of them are."""
    if path is None:
        yield _NoRows()
        return
    with replacing(path) as temporary:
        with _saying(path):
            file = temporary.open("w", encoding="utf-8", newline="", errors="surrogateescape")
        with file:
            rows = _CsvRows(path, file, topk, multi_label)
            yield rows
            rows.close()


def _csv_row(outcome: "Outcome", topk: int, multi_label: bool) -> list[object]:
    ranked = outcome.prediction.top(topk) if outcome.prediction else ()
    # Sorted, as in a CSV of truth: the same labels make the same cell.
    chosen = [SEPARATOR.join(sorted(chosen_labels(outcome)))] if multi_label else []
    answers = [value for row in ranked for value in (row.label, row.probability)]
    if outcome.prediction is None:
        return [outcome.path, outcome.error or ""]
    unknown, score = judgement(outcome)
    said = "" if unknown is None else str(unknown).lower()
    return [outcome.path, "", *chosen, *answers, said, "" if score is None else score]
