"""The classifier: pictures in, predictions out, on onnxruntime."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import PictureError
from .card import ModelCard
from .cores import available_cores
from .graph_input import prepare
from .picture import Picture
from .prediction import Outcome, Prediction
from .session import ModelSession

BATCH = 8
"""Pictures a run of the session: more gains nothing on a processor and costs memory."""

PictureFile = str | os.PathLike[str]
Pixels = NDArray[np.uint8]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Classifier:
    """A model file that classifies pictures.

    Args:
        model: an `.onnx` file written by `tlx export`.
        threads: of the processor, for one run of the network; by default as many as onnxruntime
            chooses.
        spinning: whether its threads wait for work awake: faster where nothing else wants the
            cores.

    Raises:
        ModelFileError: the file is missing, damaged, without a card, or not ONNX.

    Example:
        >>> tlx.Classifier("model.onnx").classify("shirt.jpg").label  # doctest: +SKIP
        't-shirt'
    """

    def __init__(
        self, model: PictureFile, threads: int | None = None, spinning: bool = True
    ) -> None:
        self.session = ModelSession(model, threads, spinning=spinning)

    @property
    def card(self) -> ModelCard:
        """What the file says about itself."""
        return self.session.card

    def classify(self, picture: Picture) -> Prediction:
        """Classify one picture.

        Args:
            picture: a path, a file's bytes, a Pillow image, or uint8 RGB pixels `[H, W, 3]`.

        Raises:
            PictureError: the picture cannot be read.
        """
        pixels = prepare(picture, self.card)
        return self.predict([pixels])[0]

    def classify_files(self, paths: Iterable[PictureFile]) -> Iterator[Outcome]:
        """Classify files, one outcome a file in the order given; a bad picture is a row.

        Pictures are decoded by threads a few batches ahead; memory stays the same however
        many there are.
        """
        with ThreadPoolExecutor(available_cores()) as decoders:
            for batch in read_ahead(decoders, self._read, paths):
                yield from self._outcomes(batch)

    def _read(self, path: PictureFile) -> tuple[str, Pixels | PictureError]:
        try:
            return os.fsdecode(path), prepare(os.fspath(path), self.card)
        except PictureError as error:
            return os.fsdecode(path), error

    def _outcomes(self, batch: list[tuple[str, Pixels | PictureError]]) -> Iterator[Outcome]:
        good = [pixels for _, pixels in batch if not isinstance(pixels, PictureError)]
        predictions = iter(self.predict(good) if good else [])
        for path, pixels in batch:
            if isinstance(pixels, PictureError):
                yield Outcome(path, None, pixels.reason)
            else:
                yield Outcome(path, next(predictions), None)

    def predict(self, pixels: list[Pixels]) -> list[Prediction]:
        """Classify pictures that `graph_input.prepare` has prepared: uint8 RGB, at least one."""
        found = self.session.run(pixels, explain=False)
        labels, thresholds = self.card.labels, self.card.decision_thresholds
        judged = [None] * len(pixels) if found.unknown_score is None else found.unknown_score
        return [
            Prediction(
                *(labels, logits, probabilities, thresholds),
                None if score is None else float(score),
                self.card.unknown_threshold,
            )
            for logits, probabilities, score in zip(
                found.logits, found.probabilities, judged, strict=True
            )
        ]


def read_ahead(
    threads: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[list[Result]]:
    """Give the results of `work` in batches, in order, keeping a bounded number in progress."""
    source = iter(items)
    waiting: deque[Future[Result]] = deque(
        threads.submit(work, item) for item in islice(source, 3 * BATCH)
    )
    while waiting:
        batch = [waiting.popleft().result() for _ in range(min(BATCH, len(waiting)))]
        waiting.extend(threads.submit(work, item) for item in islice(source, len(batch)))
        yield batch
