"""`tlx eval A B FOLDER`: two model files compared on the same pictures."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import CardError, MissingCardError, UsageError
from ..inference.folder_lock import only_writer
from ..inference.whole_file import clear_unfinished
from .model_options import Pair, show_provider
from .pair_files import RECORD, TABLE, is_ours, write_record, write_table
from .pair_json import difference_rows, pair_json
from .pair_screen import show_pair
from .screen import Screen
from .selection_note import pair_notes
from .written_files import make_folder, writing

if TYPE_CHECKING:
    from ..inference.classifier import Classifier
    from ..samples.sample import Sample

MODEL_ENDINGS = (".onnx", ".ts", ".pt2", ".pt")


def sort_arguments(
    model: Path, other: Path | None, folder: Path | None, with_csv: bool
) -> tuple[tuple[Path, ...], Path | None]:
    """Tell model files from the folder, which `--labels CSV` stands in for.

    Raises:
        UsageError: there are three model files, two without pictures, or the folder stands first.
    """
    if model.is_dir() and other is not None and other.suffix in MODEL_ENDINGS:
        raise UsageError(f"{model} is a folder; the model file stands first: tlx eval MODEL FOLDER")
    if with_csv:
        if folder is not None and not folder.is_dir():
            raise UsageError(f"two model files are compared, not three: {folder} is too many")
        if other is not None and folder is None and not other.is_dir():
            return (model, other), None
        return (model,), folder or other
    if folder is not None:
        if folder.suffix in MODEL_ENDINGS and not folder.is_dir():
            raise UsageError(
                f"two model files are compared, not three: {folder} stands where the FOLDER goes"
            )
        assert other is not None
        return (model, other), folder
    if other is not None and other.suffix in MODEL_ENDINGS and not other.is_dir():
        raise UsageError(
            f"give the FOLDER of label folders after {other}, or --labels CSV: two model files "
            "are compared on the same pictures"
        )
    return (model,), other


def refuse_more(more: list[Path]) -> None:
    """Refuse what stands after MODEL, OTHER and FOLDER.

    Raises:
        UsageError: naming the first of it.
    """
    if more:
        raise UsageError(
            f"{more[0]} is too many: two model files are compared, not more, on one FOLDER: "
            "tlx eval MODEL OTHER FOLDER"
        )


def refuse_for_two(given: dict[str, bool]) -> None:
    """Refuse options that say something of one file's own report.

    Raises:
        UsageError: naming the first that was given.
    """
    for option in (name for name, there in given.items() if there):
        raise UsageError(f"{option} goes with one model file; leave it out to compare two")


def compare_files(
    opening: Pair,
    samples: "list[Sample]",
    data: Path,
    split: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare two model files on samples and show it; exit 1 if some could not be read."""
    from ..evaluation.two_models import compare_events, require_comparable
    from ..inference.events import finish

    first, second = _open(opening)
    require_comparable(first, second)
    if out is not None:
        _prepare(out)
    alone = nullcontext() if out is None else only_writer(out, "eval")
    with Screen(as_json) as screen, alone:
        computed = show_provider(first, screen, "A: ") + show_provider(second, screen, "B: ")
        events = compare_events(first, second, samples)
        found = finish(
            events, lambda event: screen.progress("evaluating both", event.done, event.total)
        )
        show_pair(found, screen)
        notes = pair_notes((first, second), found.reports, split)
        for note in notes:
            screen.row(f"note: {note}")
        notes += computed
        content = pair_json(found, data, split, notes)
        screen.json(content)
        if out is not None:
            _write(out, content, difference_rows(found), screen)
    if found.reports[0].failures:
        raise typer.Exit(1)


def _open(opening: Pair) -> "tuple[Classifier, Classifier]":
    """Open both; the card is of whichever has none in it, the same one where neither has."""
    (first, first_bare), (second, second_bare) = (_open_one(m, opening) for m in opening.models)
    if opening.card is not None and not (first_bare or second_bare):
        raise CardError("both files have a card of their own; leave --card out")
    return first, second


def _open_one(model: Path, opening: Pair) -> "tuple[Classifier, bool]":
    """Open a file, and tell whether it has no card in it and took the given one."""
    from ..inference.classifier import Classifier

    try:
        return Classifier(model, many=True, provider=opening.provider), False
    except MissingCardError:
        if opening.card is None:
            raise
    return Classifier(model, many=True, provider=opening.provider, card=opening.card), True


def _write(
    out: Path, content: dict[str, object], rows: Iterable[Sequence[object]], screen: Screen
) -> None:
    clear_unfinished(out / RECORD, out / TABLE)
    with writing("--out", out):
        write_record(out / RECORD, content)
        write_table(out / TABLE, rows)
    screen.row(f"written: {out / TABLE}, {out / RECORD}")


def _prepare(out: Path) -> None:
    """Make the folder, and refuse one that holds files of these names from someone else."""
    make_folder("--out", out)
    for path in (out / RECORD, out / TABLE):
        if path.exists() and not is_ours(path):
            raise UsageError(f"{path} exists and was not written by tlx; choose another --out")
