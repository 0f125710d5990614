"""What is smaller than the float file: fp16 and int8, each through its gates."""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..errors import DataError, UsageError
from ..inference.card import ModelCard
from ..inference.strict_json import parse
from ..inference.whole_file import replacing
from ..samples.sample import Sample, labels_of
from .calibration_pictures import choose_calibration
from .fp16_file import make_fp16
from .int8_search import SearchEvent, search_int8
from .options import ExportOptions
from .pictures import own_pictures
from .quantized_file import QuantizedFile, TrialFinished
from .record import sha256_of
from .trial import Trial
from .trial_table import trials_to_json

TABLE = "quantization.json"
"""Everything that was tried, beside the files, whether it passed or not."""
_Row = dict[str, object]
_NONE = (
    "{what} needs {split} pictures, and {run} has none of its own; tlx adopt takes them with "
    "--data FOLDER that has train/ and val/ in it"
)


@dataclass(frozen=True)
class QuantizationPictures:
    """What a smaller file is made and judged with.

    Attributes:
        calibration: training pictures that set the ranges of int8.
        untrained: labels of the card that no training picture has.
        validation: pictures on which the loss is measured.
    """

    calibration: tuple[Sample, ...]
    untrained: tuple[str, ...]
    validation: tuple[Sample, ...]


def quantization_pictures(
    run: Path, data: Path | None, card: ModelCard, options: ExportOptions
) -> QuantizationPictures:
    """Choose them from a run's own pictures, before any work is done.

    Raises:
        DataError: the run has none of them, or they are not where they were.
    """
    validation = tuple(own_pictures(run, data, "validation"))
    if not validation:
        raise DataError(_NONE.format(what="--quantize", split="validation", run=run))
    if "int8" not in options.quantize:
        return QuantizationPictures((), (), validation)
    training = own_pictures(run, data, "train")
    if not training:
        raise DataError(_NONE.format(what="int8", split="training", run=run))
    seed = card.provenance.seed
    calibration = choose_calibration(training, options.calibration, seed, card.task)
    shown = {label for sample in training for label in labels_of(sample, card.task)}
    untrained = tuple(label for label in card.labels if label not in shown)
    return QuantizationPictures(calibration, untrained, validation)


def make_smaller(
    kind: str,
    plain: Path,
    target: Path,
    options: ExportOptions,
    pictures: QuantizationPictures,
    names: tuple[str, str],
) -> Generator[SearchEvent, None, QuantizedFile]:
    """Make the fp16 or int8 file of a float file; `names` are those that both are published by.

    Raises:
        VerificationError: nothing passes the gates; no file is left.
    """
    max_drop = options.max_drop / 100
    if kind == "fp16":
        return make_fp16(plain, pictures.validation, target, max_drop=max_drop)
    return search_int8(
        plain,
        pictures.calibration,
        pictures.validation,
        target,
        max_drop=max_drop,
        for_another_device=options.for_another_device,
        untrained=pictures.untrained,
        names=names,
    )


@dataclass(frozen=True)
class TrialTable:
    """The rows of one file in `quantization.json`.

    Attributes:
        path: of the table.
        file: the name that the file is published by.
        origin: of what checkpoint, by which versions and machine (`record.origin`).
    """

    path: Path
    file: str
    origin: dict[str, object]

    def write(
        self, trials: Sequence[Trial], chosen: Trial | None = None, sha256: str | None = None
    ) -> None:
        """Put what was tried in the place of what stood there of this file.

        Args:
            trials: all of them.
            chosen: the one whose file is published by now, if any.
            sha256: of that file.
        """
        rows = [
            {"file": self.file, "sha256": sha256 if row["chosen"] else None, **row, **self.origin}
            for row in trials_to_json(trials, chosen)
        ]
        _write(self.path, [*_rows_of_others(self.path, [self.file]), *rows])


def recorded(
    events: Generator[SearchEvent, None, QuantizedFile], table: TrialTable
) -> Generator[SearchEvent, None, QuantizedFile]:
    """Pass events on, and write what was tried, also where nothing passes.

    No row is chosen yet: the file is not published.
    """
    trials: list[Trial] = []
    try:
        while True:
            event = next(events)
            if isinstance(event, TrialFinished):
                trials.append(event.trial)
            yield event
    except StopIteration as end:
        return end.value
    finally:
        table.write(trials)


def require_own_table(table: Path) -> None:
    """Make sure that the table may be replaced.

    Raises:
        UsageError: a file of its name was not written by tlx.
    """
    if table.exists() and "tlx" not in _content(table):
        raise UsageError(
            f"{table} is not what tlx export wrote, so it is left as it is; "
            "choose another --out or move it away"
        )


def drop_rows(table: Path, files: Sequence[str]) -> None:
    """Take out what was tried for files that are about to be replaced."""
    if table.exists():
        _write(table, _rows_of_others(table, files))


def _rows_of_others(table: Path, files: Sequence[str]) -> list[_Row]:
    """Read the other files' rows; a file that is gone or another by now is chosen no more."""
    rows = [row for row in _content(table).get("trials", []) if row.get("file") not in files]
    return [row | {"chosen": _is_there(table.parent, row)} for row in rows if "file" in row]


def _is_there(folder: Path, row: _Row) -> bool:
    return bool(row.get("chosen")) and sha256_of(folder / str(row["file"])) == row.get("sha256")


def _write(table: Path, rows: Sequence[_Row]) -> None:
    if not rows:
        table.unlink(missing_ok=True)
        return
    content = {"tlx": __version__, "trials": rows}
    with replacing(table) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _content(table: Path) -> dict[str, list[_Row]]:
    if not table.is_file():
        return {}
    try:
        content = dict(parse(table.read_text(encoding="utf-8")))
        return content if all(isinstance(row, dict) for row in content.get("trials", ())) else {}
    except (OSError, ValueError, TypeError):
        return {}
