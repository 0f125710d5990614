"""The file's side of a verification: model files opened and asked as a user would."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ..errors import DataError, PictureError, VerificationError
from ..evaluation.unknown import UnknownRule
from ..inference import preprocessing
from ..inference.card import ModelCard
from ..inference.graph_input import ANY_SIZE, Pixels, prepare
from ..inference.preprocessing import Preprocessing, preprocess
from .answers import Answers, Stages, join
from .condition import USUAL, Condition
from .onnx_file import rewrite_onnx_card, write_onnx
from .onnx_opened import OnnxFile
from .options import ExportOptions
from .pt2_file import rewrite_pt2_card, write_pt2
from .reference import ComparisonProgress
from .torch_opened import Pt2File, TorchScriptFile
from .torchscript_file import rewrite_torchscript_card, write_torchscript


class OpenedFile(Protocol):
    """A model file that can be asked.

    Attributes:
        card: what it says about itself.
        batch: pictures a run; None for any number.
        explains: whether it gives activation maps and features.
        rule: for unknown pictures, from its constants; None without one.
    """

    card: ModelCard
    batch: int | None
    explains: bool

    @property
    def rule(self) -> UnknownRule | None: ...  # noqa: D102 - described above

    def run(self, images: Sequence[Pixels]) -> Answers:
        """Answer pictures as the file takes them, uint8 `[H, W, 3]` each."""
        ...

    def stages(self, images: Sequence[Pixels], blocks: Sequence[int]) -> Stages:
        """Compute the stages of the network; `blocks` counts the residual blocks a layer.

        A stage that the file does not have as such is left out.
        """
        ...


@dataclass(frozen=True)
class Format:
    """How a format is written, opened, and given another card.

    Attributes:
        name: one of `FORMAT_NAMES`.
        ending: of its files' names.
        runtime: whether onnxruntime runs it, with its providers.
        write: makes a file of a deployed network.
        rewrite_card: replaces the card and leaves everything else.
        open: gives the file under a condition.
    """

    name: str
    ending: str
    runtime: bool
    write: Callable[[nn.Module, ModelCard, Path, ExportOptions], None]
    rewrite_card: Callable[[Path, ModelCard], None]
    open: Callable[[Path, Condition], OpenedFile]


FORMATS = (
    Format("onnx", "onnx", True, write_onnx, rewrite_onnx_card, OnnxFile),
    Format(
        *("torchscript", "ts", False),
        *(write_torchscript, rewrite_torchscript_card, TorchScriptFile),
    ),
    Format("pt2", "pt2", False, write_pt2, rewrite_pt2_card, Pt2File),
)


def file_pixels(path: Path, rule: Preprocessing) -> NDArray[np.uint8]:
    """Bring a picture to the graph's input as whoever uses the file does: uint8 `[S, S, 3]`."""
    return preprocess(path, rule)


def file_rgb(path: Path, rule: Preprocessing) -> NDArray[np.uint8]:
    """Decode a picture, which is the first part of that: uint8 `[H, W, 3]`."""
    return np.asarray(preprocessing.decode(path, rule.resize_side))


def resized_rgb(path: Path, rule: Preprocessing) -> NDArray[np.uint8]:
    """Decode a picture and resize it by Pillow, without a crop: uint8 `[H, W, 3]`."""
    rgb = preprocessing.decode(path, rule.resize_side)
    return np.asarray(preprocessing.resize(rgb, rule.resize_side))


def network_input(path: Path, card: ModelCard) -> Pixels:
    """Bring a picture to the file as far as this compares the network alone.

    A graph that resizes by itself finds nothing left to resize.
    """
    return resized_rgb(path, card.preprocessing) if card.input == ANY_SIZE else prepare(path, card)


def ask_file(
    file: OpenedFile,
    paths: Sequence[Path],
    side: str,
    batch: int = USUAL.batch,
    read: Callable[[Path, ModelCard], Pixels] = network_input,
) -> Generator[ComparisonProgress, None, Answers]:
    """Send pictures through a file, from their bytes on, by the file's own card.

    Args:
        file: opened under some condition.
        paths: the pictures.
        side: what to call the file in progress and errors.
        batch: pictures a run; the last one may be smaller.
        read: brings a picture to the file's input.

    Raises:
        VerificationError: the file cannot be run.
        DataError: a picture is of a shape that no file takes.
    """
    batches: list[Answers] = []
    for start in range(0, len(paths), batch):
        images = [_read(path, file.card, read) for path in paths[start:][:batch]]
        batches.append(_answers(file, images, side))
        yield ComparisonProgress(side, min(start + batch, len(paths)), len(paths))
    return join(batches)


def _read(path: Path, card: ModelCard, read: Callable[[Path, ModelCard], Pixels]) -> Pixels:
    try:
        return read(path, card)
    except PictureError as error:
        raise DataError(f"{path} cannot be verified on ({error.reason}); leave it out") from None


def _answers(file: OpenedFile, images: Sequence[Pixels], side: str) -> Answers:
    try:
        found = file.run(images)
    except Exception as error:  # noqa: BLE001 - the runtimes' errors share no base
        # TorchScript tells the way to the error first, and the error in the last line.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise VerificationError(
            f"the {side} file cannot answer a batch of {len(images)}: {reason[:300]}"
        ) from None
    _hold_shapes(found, len(images), len(file.card.labels), side)
    return found


def _hold_shapes(found: Answers, pictures: int, labels: int, side: str) -> None:
    for stage, value in found.stages().items():
        per_label = stage not in ("features", "unknown score")
        wanted = (pictures, labels) if per_label else (pictures,)
        if value.shape[: len(wanted)] != wanted:
            raise VerificationError(
                f"the {side} file answers {pictures} pictures of {labels} labels with {stage} of "
                f"the shape {list(value.shape)}"
            )
