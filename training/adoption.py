"""Adoption: a ResNet that was trained elsewhere becomes a run folder."""

import json
import shutil
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from math import inf
from pathlib import Path
from typing import ParamSpec

from .. import __version__
from ..errors import UsageError
from ..inference.card import TASKS, ModelCard, Provenance
from ..inference.events import finish
from ..inference.label_text import SEPARATOR
from ..inference.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from ..inference.whole_file import temporary_beside
from ..inference.wording import counted
from ..samples.labels_file import read_labels_file
from ..samples.loading import ReadingProgress
from ..samples.sample import LabelledPictures
from ..samples.splitting import write_split
from .adopted_calibration import with_temperature
from .adopted_pictures import read_adopted_pictures
from .adopted_weights import AdoptedWeights, read_adopted_weights
from .checkpoint import Checkpoint, restore_network, save_checkpoint
from .config import ARCHITECTURES
from .loop import BatchDone

Options = ParamSpec("Options")

NO_PICTURES = "exports are verified on parts of two photographs unless --data gives others"


@dataclass(frozen=True)
class Adoption:
    """What is to be adopted.

    Attributes:
        state_dict: the file of weights, head included.
        arch: torchvision's name of the network.
        labels: text with one label a line, in the order of the outputs.
        out: the run folder, which must not exist.
        mean: of the pictures that it was trained on, in 0..1 a channel.
        std: likewise.
        crop: side of the network's input in pixels.
        resize: short side in pixels before the crop; by default 256/224 of `crop`.
        task: "single-label" (softmax) or "multi-label" (sigmoid).
        data: folder of pictures to verify exports on: label folders, or train/, val/, test/ of
            such.
        truth: CSV of pictures in `data` and their labels, instead of label folders.
    """

    state_dict: Path
    arch: str
    labels: Path
    out: Path
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    crop: int = 224
    resize: int | None = None
    task: str = TASKS[0]
    data: Path | None = None
    truth: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense, naming the option."""
        for name in ("state_dict", "labels", "out", "data", "truth"):
            if (path := getattr(self, name)) is not None:
                object.__setattr__(self, name, Path(path))
        if self.truth is not None and self.data is None:
            object.__setattr__(self, "data", self.truth.parent)
        for good, problem in _checks(self):
            if not good:
                raise UsageError(problem)

    @property
    def rule(self) -> Preprocessing:
        """From a file's bytes to the network."""
        side = round(self.crop * 256 / 224) if self.resize is None else self.resize
        return Preprocessing(side, self.crop, self.mean, self.std)


@dataclass(frozen=True)
class AdoptedRun:
    """A run folder that was made of a classifier from elsewhere.

    Attributes:
        run: the folder.
        checkpoint: its `best.pt`.
        card: what that says about itself.
        pictures: those of the data folder, none without one.
        notes: what the user should know, one line each.
    """

    run: Path
    checkpoint: Path
    card: ModelCard
    pictures: LabelledPictures
    notes: tuple[str, ...]


def _with_fields_of(adoption: Callable[Options, Adoption]) -> Callable[Options, AdoptedRun]:
    """Let `adopt` take exactly what `Adoption` takes, for people and for type checkers."""

    @wraps(adoption, assigned=(), updated=())
    def adopt(*args: Options.args, **options: Options.kwargs) -> AdoptedRun:
        """Make a run folder of a ResNet that was trained elsewhere, as `tlx adopt` does.

        It takes what `Adoption` takes, which says what each means.

        Raises:
            TlxError: the weights, labels, pictures or options cannot be used.
        """
        return finish(adopt_events(adoption(*args, **options)))

    return adopt


adopt = _with_fields_of(Adoption)


def adopt_events(adoption: Adoption) -> Generator[ReadingProgress | BatchDone, None, AdoptedRun]:
    """Adopt, yielding what happens; the run folder appears whole, at the end.

    Raises:
        UsageError: the run folder exists, or the number of labels is not that of the outputs.
        WeightsError: the weights cannot be read or do not fit.
        DataError: the labels or the pictures cannot be used.
    """
    _require_new(adoption)
    labels = read_labels_file(adoption.labels)
    _require_separable(adoption, labels)
    weights = read_adopted_weights(adoption.state_dict, adoption.arch)
    _require_count(adoption, labels, weights)
    card = _card(adoption, labels, weights)
    checkpoint = Checkpoint(card, 0, weights.state, {})
    restore_network(checkpoint)  # whatever does not fit is refused before any picture is read
    pictures = LabelledPictures(Path(), labels, (), notes=(NO_PICTURES,), task=adoption.task)
    if adoption.data is not None:
        pictures = yield from read_adopted_pictures(adoption.data, adoption.truth, card)
        checkpoint, found = yield from with_temperature(checkpoint, pictures.validation)
        pictures = replace(pictures, notes=(*pictures.notes, found))
    _write(adoption, checkpoint, pictures)
    notes = (*weights.notes, *pictures.notes)
    return AdoptedRun(adoption.out, adoption.out / "best.pt", checkpoint.card, pictures, notes)


def _checks(adoption: Adoption) -> list[tuple[bool, str]]:
    side = adoption.rule.resize_side
    return [
        (
            adoption.arch in ARCHITECTURES,
            f"--arch {adoption.arch}: choose one of {', '.join(ARCHITECTURES)}",
        ),
        (adoption.task in TASKS, f"--task {adoption.task}: choose one of {', '.join(TASKS)}"),
        (32 <= adoption.crop <= 2048, f"--crop {adoption.crop}: it must be from 32 to 2048"),
        (
            adoption.crop <= side <= 4096,
            f"--resize {side}: it must be from the crop, {adoption.crop}, to 4096",
        ),
        (
            _are_channels(adoption.mean, 0, 1),
            f"--mean {_shown(adoption.mean)}: three values from 0 to 1 (of 0 to 255: divide by "
            "255)",
        ),
        (
            _are_channels(adoption.std, 5e-324, 1),
            f"--std {_shown(adoption.std)}: three values above 0, at most 1 (of 0 to 255: divide "
            "by 255)",
        ),
        (
            adoption.task == TASKS[0] or adoption.data is None or adoption.truth is not None,
            "label folders give one label a picture: for multi-label give the pictures' labels "
            "with --truth CSV",
        ),
    ]


def _are_channels(values: tuple[float, ...], low: float, high: float) -> bool:
    return len(values) == 3 and all(low <= value <= high < inf for value in values)


def _shown(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)


def _require_new(adoption: Adoption) -> None:
    out = adoption.out
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} exists; choose another --out")
    data = adoption.data if adoption.truth is None else None  # beside a CSV no folder is a label
    if data is not None and out.resolve().is_relative_to(data.resolve()):
        raise UsageError(f"the run folder {out} lies inside {data}; give --out elsewhere")


def _require_separable(adoption: Adoption, labels: tuple[str, ...]) -> None:
    for label in labels:
        if adoption.task == "multi-label" and SEPARATOR in label:
            raise UsageError(
                f"{adoption.labels}: {label!r} holds {SEPARATOR}, which stands between the labels "
                "of a picture; rename it"
            )


def _require_count(adoption: Adoption, labels: tuple[str, ...], weights: AdoptedWeights) -> None:
    if len(labels) != weights.outputs:
        raise UsageError(
            f"{adoption.labels} has {counted(len(labels), 'label')}, the head of "
            f"{adoption.state_dict} has {counted(weights.outputs, 'output')}; give one "
            "label an output, in their order"
        )
    if weights.outputs < 2:
        raise UsageError(
            f"the head of {adoption.state_dict} has one output; tlx needs one for each of two or "
            "more labels (docs/adopt.md)"
        )


def _card(adoption: Adoption, labels: tuple[str, ...], weights: AdoptedWeights) -> ModelCard:
    """Say only what is known: not on what, when, or with which torch it was trained."""
    provenance = Provenance(
        tlx=__version__,
        torch="unknown",
        architecture=adoption.arch,
        weights=adoption.state_dict.name,
        weights_sha256=weights.sha256,
        freeze="unknown",
        data_fingerprint="",
        date=date.today().isoformat(),
        seed=0,
    )
    return ModelCard(labels, adoption.rule, provenance, adoption.task)


def _write(adoption: Adoption, checkpoint: Checkpoint, pictures: LabelledPictures) -> None:
    """Write the folder beside its place, and move it there when it is whole."""
    out = adoption.out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(out)
    temporary.mkdir()
    try:
        save_checkpoint(temporary / "best.pt", checkpoint)
        _write_config(temporary / "config.json", adoption)
        root = replace(pictures, root=pictures.root.resolve())
        write_split(temporary / "split.csv", root)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_config(path: Path, adoption: Adoption) -> None:
    """Write the four entries that are true of it; the others have their defaults when read."""
    content = {
        "data": str(adoption.data.resolve()) if adoption.data else ".",
        "model": adoption.arch,
        "weights": adoption.state_dict.name,
        "imgsz": adoption.crop,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
