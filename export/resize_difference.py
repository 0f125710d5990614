"""A graph that takes pictures of any size: how it resizes, and the labels that come of it."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..inference.graph_input import ANY_SIZE, prepare
from .answers import Answers
from .comparison import INT8, Comparison, Limits, compare
from .files import OpenedFile, ask_file, file_pixels
from .onnx_opened import OnnxFile
from .pictures import VerificationPictures
from .reference import ComparisonProgress, Reference

RESIZE_PICTURES = 64
RESIZE_LEVELS, RESIZE_SHARE = 2, 0.3
"""A graph that resizes may be off by this many levels of 255, in this share of the values: what
exact halves that are rounded the other way, or the other order of the two passes, come to."""
WHOLE = Limits(1.0, 0.5, 0.1)
"""For the whole path of a float file: such a level here and there moves its numbers, but no label
outside ties."""


@dataclass(frozen=True, eq=False)
class ResizeDifference:
    """What a graph for any size makes of pictures as decoded.

    Attributes:
        pictures: how many were compared with Pillow, value by value.
        max_level: largest difference of a value after resize and crop, in levels of 255.
        share: of the values that differ at all.
        max_probability_difference: from the file's answers to pictures that Pillow resized.
        worst: the picture with the largest difference in levels.
        answers: the file's, to all pictures as decoded.
        comparison: of these with the checkpoint's.
    """

    pictures: int
    max_level: int
    share: float
    max_probability_difference: float
    worst: Path
    answers: Answers
    comparison: Comparison

    @property
    def passed(self) -> bool:
        """Whether the resize is as near as rounding allows."""
        return self.max_level <= RESIZE_LEVELS and self.share <= RESIZE_SHARE


def resize_difference(
    file: OpenedFile,
    chosen: VerificationPictures,
    side: str,
    answers: Answers,
    reference: Reference,
) -> Generator[ComparisonProgress, None, ResizeDifference | None]:
    """Give a graph for any size the pictures as decoded; None for any other file.

    Args:
        file: opened under the usual condition.
        chosen: the pictures.
        side: what to call the file in progress and errors.
        answers: the file's, to the same pictures, resized by Pillow.
        reference: the checkpoint's answers.

    Raises:
        VerificationError: the file cannot be run.
    """
    if file.card.input != ANY_SIZE or not isinstance(file, OnnxFile):
        return None
    paths = chosen.paths[:: max(1, len(chosen.paths) // RESIZE_PICTURES)]
    levels: list[NDArray[np.int64]] = []
    prepared = file.prepared(prepare(path, file.card) for path in paths)
    for done, (path, found) in enumerate(zip(paths, prepared, strict=True), start=1):
        levels.append(np.abs(found.astype(int) - file_pixels(path, file.card.preprocessing)))
        yield ComparisonProgress(f"{side}: its resize", done, len(paths))
    whole = yield from ask_file(file, chosen.paths, f"{side}: the whole path", read=prepare)
    quantization = file.card.quantization
    limits = INT8 if quantization and quantization.kind == "int8" else WHOLE
    return ResizeDifference(
        len(paths),
        int(np.max(levels)),
        float(np.mean([(level > 0).mean() for level in levels])),
        float(np.abs(whole.probabilities - answers.probabilities).max()),
        paths[int(np.argmax([level.max() for level in levels]))],
        whole,
        compare(reference, whole, file.card.labels, limits),
    )
