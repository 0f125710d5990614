"""What the window writes: tables of answers and of corrections. Copies of pictures: `sorting`."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import UsageError
from ..inference.answers_csv import (
    Cells,
    answer_cells,
    error_cells,
    require_new,
    require_own,
    write_answers,
    write_table,
)
from ..inference.label_text import parted
from .protocol import Row

CORRECTIONS = {False: ("file", "label"), True: ("file", "labels")}
"""The columns: of one label a picture, of several."""


def write_results(path: Path, rows: Iterable[Row | None], labels: Sequence[str]) -> int:
    """Write answers as `tlx classify --csv` does, to the last digit.

    Args:
        path: of the CSV; one that tlx did not write is not replaced.
        rows: pictures that wait for their answer are left out.
        labels: of the model.

    Returns:
        How many rows there are.

    Raises:
        UsageError: it cannot be written, or is somebody else's.
    """
    answered = [row for row in rows if row is not None]
    several = any(row.labels is not None for row in answered)
    require_own(path)
    topk = min(max((len(row.predictions) for row in answered), default=0), len(labels))
    write_answers(path, (_cells(row) for row in answered), topk, several)
    return len(answered)


def write_corrections(path: Path, labels: Mapping[str, str], several: bool = False) -> int:
    """Write what a person said as `file,label` or `file,labels`, for `tlx train --labels`.

    The paths are whole, so that the CSV may lie anywhere. A name that is no UTF-8, or begins or
    ends with a space, is kept by the columns `file,label,split`, as in tlx's own `split.csv`.

    Args:
        path: of the CSV; no file is replaced, for a table of a person's own looks the same.
        labels: the right label by the picture's path; of several those that apply, joined.
        several: whether a picture may have several.

    Returns:
        How many rows there are.

    Raises:
        UsageError: it cannot be written, or is there already; or there is nothing to write.
    """
    if not labels:
        raise UsageError("no picture has been reviewed yet; Y says that an answer is right")
    require_new(path)
    if all(_plain(cell) for entry in labels.items() for cell in entry):
        write_table(path, [CORRECTIONS[several]], labels.items())
    else:
        header = (*CORRECTIONS[several], "split")
        write_table(path, [header], ((*one, "") for one in labels.items()))
    return len(labels)


def by_label(
    rows: Sequence[Row], said: Mapping[str, str], unknown: str = "unknown"
) -> list[tuple[str, str]]:
    """Choose each picture's folder: what a person said, else the answer.

    Of several labels that apply it is the most probable one, for a picture lies in one folder;
    `unknown` where none applies.
    """

    def folder(row: Row) -> str:
        if row.labels is not None:
            word = said.get(row.path)
            applying = row.labels if word is None else parted(word)
            ranked = [one.label for one in row.predictions if one.label in applying]
            return next(iter([*ranked, *applying]), unknown)  # few labels are ranked
        return said.get(row.path) or (unknown if row.unknown else row.predictions[0].label)

    return [(row.path, folder(row)) for row in rows if row.predictions]


def _cells(row: Row) -> Cells:
    if row.error is not None:
        return error_cells(row.path, row.error)
    ranked = ((one.label, one.probability) for one in row.predictions)
    return answer_cells(row.path, ranked, row.labels, row.unknown, row.unknown_score)


def _plain(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text == text.strip()
