"""What is smaller than the float file: fp16 and int8, each through its gates."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..errors import DataError, UsageError
from ..inference.card import ModelCard
from ..inference.whole_file import replacing
from ..samples.sample import Sample, labels_of
from .calibration_pictures import choose_calibration
from .fp16_file import make_fp16
from .int8_search import SearchEvent, search_int8
from .options import ExportOptions
from .pictures import own_pictures
from .quantized_file import QuantizedFile, TrialFinished
from .trial import Trial
from .trial_table import trials_to_json

TABLE = "quantization.json"
"""Everything that was tried, beside the files, whether it passed or not."""
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


def recorded(
    events: Generator[SearchEvent, None, QuantizedFile], table: Path
) -> Generator[SearchEvent, None, QuantizedFile]:
    """Pass events on, and write what was tried, also where nothing passes."""
    trials: list[Trial] = []
    chosen: Trial | None = None
    try:
        while True:
            event = next(events)
            if isinstance(event, TrialFinished):
                trials.append(event.trial)
            yield event
    except StopIteration as end:
        result: QuantizedFile = end.value
        chosen = result.chosen
        return result
    finally:
        write_table(table, trials, chosen)


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


def write_table(table: Path, trials: list[Trial], chosen: Trial | None) -> None:
    """Put what was tried of one kind into the table, in the place of what stood there of it."""
    if not trials:
        return
    before = _content(table).get("trials")
    others = [row for row in before if row.get("kind") != trials[0].kind] if before else []
    content = {"tlx": __version__, "trials": [*others, *trials_to_json(trials, chosen)]}
    with replacing(table) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _content(table: Path) -> dict[str, list[dict[str, object]]]:
    try:
        return dict(json.loads(table.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
