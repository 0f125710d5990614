"""Golden vectors: pictures, with the pixels and the answer that a right port makes of their bytes.

The pictures are made from given ones: reduced, encoded anew, without any other metadata.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import DataError, PictureError
from ..inference.card import ModelCard
from ..inference.graph_input import ANY_SIZE, prepare
from ..inference.picture import decode
from ..inference.prediction import Prediction, decide
from ..inference.preprocessing import resized_size
from ..inference.session import ModelSession

LONGEST = 640
"""Longest side of a golden picture, in pixels."""
SCALE = 3
"""Its short side is at most so many times the resize side: below 4 no JPEG is decoded scaled,
which few libraries can."""
JPEG_LEVELS = 2
"""How far, of 255, another JPEG library's pixels may be after resizing, which evens them out."""
DECODED_JPEG_LEVELS = 4
"""How far they may be as decoded, for a graph that resizes by itself."""
LOGIT_TOLERANCE = {None: 1e-3, "fp16": 1e-2, "int8": 0.1}
"""How far a logit may be on another processor, of the largest one (at least 1), and a score for
unknown pictures, of itself: kernels sum in another order, and those for int8 also round and
saturate in other places."""

_ORIENTATION = 0x0112
_STORED_SIDEWAYS = 6


@dataclass(frozen=True)
class Encoding:
    """How a golden picture is stored."""

    format: str
    suffix: str
    sideways: bool = False

    def levels(self, card: ModelCard) -> int:
        """Say how far, of 255, another library's pixels may be."""
        if self.format == "PNG":
            return 0
        return DECODED_JPEG_LEVELS if card.input == ANY_SIZE else JPEG_LEVELS

    def encode(self, image: Image.Image) -> bytes:
        """Give the bytes of a file that shows the picture, and says nothing else."""
        exif = Image.Exif()
        if self.sideways:
            exif[_ORIENTATION] = _STORED_SIDEWAYS
            image = image.transpose(Image.Transpose.ROTATE_90)
        # From its pixels alone: a decoded image still carries its colour profile and comments.
        bare, file = Image.fromarray(np.asarray(image)), BytesIO()
        # Full colour resolution: how libraries enlarge halved colour differs by more than 2 levels.
        jpeg = {"quality": 95, "subsampling": 0} if self.format == "JPEG" else {}
        bare.save(file, self.format, exif=exif, **jpeg)
        return file.getvalue()


ENCODINGS = (
    Encoding("PNG", ".png"),
    Encoding("JPEG", ".jpg"),
    Encoding("JPEG", ".jpg", sideways=True),
)


@dataclass(frozen=True, eq=False)
class GoldenVector:
    """One golden picture with what a right port makes of it.

    Attributes:
        picture: its name in the bundle.
        content: the picture file's bytes.
        pixels: uint8 RGB, `[S, S, 3]`; `[H, W, 3]` as decoded where the graph resizes.
        levels: how far they may be elsewhere, of 255.
        logits: float32 `[C]`.
        logit_tolerance: how far they may be elsewhere.
        labels: the chosen ones, most probable first.
        tie: True where logits that far away can choose other labels.
        unknown_score: larger is stranger; None for a file without a rule for unknown pictures.
        unknown_tolerance: how far it may be elsewhere; None likewise.
    """

    picture: str
    content: bytes
    pixels: NDArray[np.uint8]
    levels: int
    logits: NDArray[np.float32]
    logit_tolerance: float
    labels: tuple[str, ...]
    tie: bool
    unknown_score: float | None
    unknown_tolerance: float | None


def golden_vectors(session: ModelSession, pictures: Sequence[Path]) -> tuple[GoldenVector, ...]:
    """Make the golden vectors of a model file, one for each of `ENCODINGS`.

    Args:
        session: the opened file.
        pictures: they are chosen evenly from these; what cannot be read is passed over.

    Raises:
        DataError: none of the pictures can be read.
    """
    side = session.card.preprocessing.resize_side
    images = list(islice(_readable(_spread(pictures), side), len(ENCODINGS)))
    if not images:
        raise DataError("none of the pictures for the golden vectors can be read; give others")
    pairs = zip(cycle(images), ENCODINGS, strict=False)  # too few: one is shown twice
    return tuple(_vector(session, *pair, number) for number, pair in enumerate(pairs, 1))


def _spread(pictures: Sequence[Path]) -> list[Path]:
    """Order pictures so that the first few differ as much as the whole list does."""
    chosen = pictures[:: max(1, len(pictures) // len(ENCODINGS))]
    return [*dict.fromkeys([*chosen, *pictures])]


def _readable(paths: Sequence[Path], side: int) -> Iterator[Image.Image]:
    for path in paths:
        try:
            yield _reduced(decode(path, side), side)
        except PictureError:
            continue


def _reduced(rgb: Image.Image, side: int) -> Image.Image:
    scale = min(1, LONGEST / max(rgb.size), SCALE * side / min(rgb.size))
    width, height = (max(1, round(length * scale)) for length in rgb.size)
    resized_size((width, height), side)  # refuses a shape beyond 1:200
    return rgb.resize((width, height), Image.Resampling.LANCZOS)


def _vector(
    session: ModelSession, image: Image.Image, encoding: Encoding, number: int
) -> GoldenVector:
    content, card = encoding.encode(image), session.card
    pixels = prepare(content, card)
    answer = session.run([pixels], explain=False)
    logits, probabilities = answer.logits[0], answer.probabilities[0]
    score = None if answer.unknown_score is None else float(answer.unknown_score[0])
    chosen = Prediction(card.labels, logits, probabilities, card.decision_thresholds).chosen
    kind = card.quantization and card.quantization.kind
    share = LOGIT_TOLERANCE[kind]
    tolerance = share * max(1.0, float(np.abs(logits).max()))
    return GoldenVector(
        picture=f"golden/{number}{encoding.suffix}",
        content=content,
        pixels=pixels,
        levels=encoding.levels(card),
        logits=logits,
        logit_tolerance=tolerance,
        labels=tuple(ranked.label for ranked in chosen),
        tie=_is_tie(card, logits, tolerance),
        unknown_score=score,
        unknown_tolerance=None if score is None else share * max(1.0, abs(score)),
    )


def _is_tie(card: ModelCard, logits: NDArray[np.float32], tolerance: float) -> bool:
    if card.decision_thresholds is None:
        second, first = np.sort(logits)[-2:]
        return bool(first - second <= 2 * tolerance)
    wide = logits.astype(np.float64)
    low, high = (
        decide(1 / (1 + np.exp(-(wide + shift) / card.temperature)), card.decision_thresholds)
        for shift in (-tolerance, tolerance)
    )
    return not np.array_equal(low, high)
