"""What `tlx worker` answers about two model files, and their comparison as files."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DataError, UsageError
from ..gui.protocol import Answer, Compare
from .pair_files import is_ours, write_record, write_table
from .pair_json import agreement_json, agreement_rows, difference_rows, pair_json
from .scored_on import scored_on
from .selection_note import pair_notes
from .worker_progress import read_data, watched
from .written_files import require_writable, writing

if TYPE_CHECKING:
    from ..inference.classifier import Classifier

WHERE = "comparison"


@dataclass(frozen=True)
class DoneComparison:
    """What is kept of a comparison, to be written to files.

    Attributes:
        request: what was asked.
        content: the object of `tlx eval A B --json`.
        rows: of differences.csv, its header first.
    """

    request: Compare
    content: dict[str, object]
    rows: list[tuple[object, ...]]


def compare(
    request: Compare, first: "Classifier", threads: int
) -> Generator[Answer, None, DoneComparison]:
    """Compare the open file with another one.

    Raises:
        TlxError: it cannot be done.
    """
    from ..evaluation.agreement import agree
    from ..evaluation.two_models import compare_events
    from ..inference.classifier import Classifier
    from ..inference.freed_memory import give_back

    second, data = Classifier(request.other, threads, spinning=False, many=True), Path(request.data)
    give_back()
    if not request.truth:
        found = yield from watched(agree(first, second, _pictures(data)), request.id)
        content = {**agreement_json(found), **scored_on(data)}
        return DoneComparison(request, content, list(agreement_rows(found)))
    pair = yield from watched(compare_events(first, second, read_data(request)), request.id)
    notes = pair_notes((first, second), pair.reports, request.split)
    content = pair_json(pair, data, request.split, notes)
    return DoneComparison(request, content, list(difference_rows(pair)))


def write_comparison(done: DoneComparison, path: Path) -> None:
    """Write its numbers (.json), or the pictures on which the files differ (.csv).

    Raises:
        UsageError: it cannot be written, or is somebody else's.
    """
    if path.suffix not in (".json", ".csv"):
        raise UsageError(f"{path}: a comparison ends in .json or .csv")
    if not path.parent.is_dir():
        raise UsageError(f"{WHERE} {path}: there is no folder {path.parent}; make it first")
    if path.exists() and not is_ours(path):
        raise UsageError(f"{WHERE} {path}: exists and was not written by tlx; choose another")
    require_writable(WHERE, path, path.parent)
    with writing(WHERE, path):
        if path.suffix == ".json":
            write_record(path, done.content)
        else:
            write_table(path, done.rows)


def _pictures(folder: Path) -> list[Path]:
    from ..samples.folders import find_pictures

    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give one with pictures")
    paths = list(find_pictures(folder))
    if not paths:
        raise DataError(f"no pictures in {folder}; give another folder")
    return paths
