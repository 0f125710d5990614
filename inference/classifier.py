"""The classifier: pictures in, predictions out, on onnxruntime."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelFileError, PictureError
from .card import ModelCard
from .cores import available_cores
from .graph_input import prepare
from .picture import Picture
from .prediction import Outcome, Prediction
from .session import ModelSession
from .side_by_side import chunks, in_order

if TYPE_CHECKING:
    from .provider_check import ProviderCheck

BATCH = 8
"""Pictures a run of the session: more gains nothing on a processor and costs memory."""

PictureFile = str | os.PathLike[str]
Pixels = NDArray[np.uint8]
Prepared = tuple[str, Pixels | PictureError]
"""A file's name with what a session takes, or with why there is none."""


def _its_name(path: PictureFile) -> Picture:
    return os.fspath(path)


class Classifier:
    """A model file that classifies pictures.

    Args:
        model: an `.onnx` file written by `tlx export`.
        threads: of the processor; by default as many as onnxruntime chooses for one picture, and
            one a core for files.
        spinning: whether threads that compute one picture wait for work awake: faster where
            nothing else wants the cores.
        many: whether it is for many files. One picture alone is computed by all threads; of many
            files each thread does its own, from reading to the answer, on a session of one thread
            a run, which is opened when it is first needed. With `many` that is the only one.
        provider: what computes: "cpu", "cuda", "tensorrt", "openvino", "coreml" or "directml".
            Any but the first is compared with the processor at once, and `provider_check` says
            what came of it. It answers one batch after another, which threads prepare.
        card: file with the card of a model file that has none in it (docs/card.md).

    Raises:
        ModelFileError: the file is missing, damaged, without a card, or not ONNX.
        ProviderError: the provider is not to be had, or does not answer as the processor does.

    Example:
        >>> tlx.Classifier("model.onnx").classify("shirt.jpg").label  # doctest: +SKIP
        't-shirt'
    """

    def __init__(
        self,
        model: PictureFile,
        threads: int | None = None,
        spinning: bool = True,
        many: bool = False,
        provider: str = "cpu",
        card: PictureFile | None = None,
    ) -> None:
        self.threads = threads or available_cores()
        self._given = None if card is None else _read_card_file(card)
        self.provider_check: ProviderCheck | None = None
        self._many = many or threads == 1
        if provider == "cpu":
            count = 1 if many else threads
            self.session = ModelSession(model, count, spinning=spinning, card=self._given)
        else:
            self._open_on(model, provider, threads)

    def _open_on(self, model: PictureFile, name: str, threads: int | None) -> None:
        from .provider_check import open_checked
        from .providers import require_provider

        # Threads that wait for files may be more than cores; those that compute may not.
        count = None if threads is None else min(threads, available_cores())
        opened = open_checked(Path(model), require_provider(name), count, self._given)
        self.session, self.provider_check = opened

    @cached_property
    def shared_session(self) -> ModelSession:
        """The session of one thread a run, which several threads use at a time.

        Raises:
            ModelFileError: the file has been removed or replaced since the first was opened.
        """
        if self._many or self.provider_check is not None:
            return self.session
        session = ModelSession(self.session.path, 1, card=self._given)
        if session.card != self.card:
            raise ModelFileError(f"{session.path} was replaced since it was opened; open it again")
        return session

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
        return predict(self.session, [pixels])[0]

    def classify_files(
        self,
        paths: Iterable[PictureFile],
        read: Callable[[PictureFile], Picture] = _its_name,
    ) -> Iterator[Outcome]:
        """Classify files, one outcome a file in the order given; a bad picture is a row.

        A few batches are under way at a time; memory stays the same however many files there are.

        Args:
            paths: read only as far as needed.
            read: gives the picture of a path where that is no file's; called by several threads.
        """
        source = iter(paths)
        if self.provider_check is not None:  # threads of the processor gain nothing there
            yield from self._classify_in_turn(source, read)
            return
        first = list(islice(source, BATCH + 1))
        if len(first) <= BATCH and not self._many:
            yield from self._classify_in_turn(first, read)
            return
        session = self.shared_session

        def work(batch: Sequence[PictureFile]) -> list[Outcome]:
            return _answer(session, [self._prepare(path, read) for path in batch])

        batches = chunks(chain(first, source), _batch_size(session))
        for outcomes in in_order(work, batches, self.threads, 2 * self.threads):
            yield from outcomes

    def _classify_in_turn(
        self, paths: Iterable[PictureFile], read: Callable[[PictureFile], Picture]
    ) -> Iterator[Outcome]:
        """Let threads prepare pictures, and the session answer one batch after another."""

        def work(path: PictureFile) -> Prepared:
            return self._prepare(path, read)

        size = _batch_size(self.session)
        prepared = in_order(work, paths, self.threads, 3 * size)
        for batch in chunks(prepared, size):
            yield from _answer(self.session, batch)

    def _prepare(self, path: PictureFile, read: Callable[[PictureFile], Picture]) -> Prepared:
        try:
            return os.fsdecode(path), prepare(read(path), self.card)
        except PictureError as error:
            return os.fsdecode(path), error


def _read_card_file(path: PictureFile) -> ModelCard:
    from .card_file import read_card_file

    return read_card_file(path)


def predict(session: ModelSession, pixels: Sequence[Pixels]) -> list[Prediction]:
    """Classify pictures that `graph_input.prepare` has prepared: uint8 RGB, at least one."""
    found, card = session.run(pixels, explain=False), session.card
    judged = [None] * len(pixels) if found.unknown_score is None else found.unknown_score
    return [
        Prediction(
            *(card.labels, logits, probabilities, card.decision_thresholds),
            None if score is None else float(score),
            card.unknown_threshold,
        )
        for logits, probabilities, score in zip(
            found.logits, found.probabilities, judged, strict=True
        )
    ]


def _answer(session: ModelSession, batch: Sequence[Prepared]) -> list[Outcome]:
    good = [pixels for _, pixels in batch if not isinstance(pixels, PictureError)]
    predictions = iter(predict(session, good) if good else [])
    return [
        Outcome(path, None, pixels.reason)
        if isinstance(pixels, PictureError)
        else Outcome(path, next(predictions), None)
        for path, pixels in batch
    ]


def _batch_size(session: ModelSession) -> int:
    """Pictures a thread takes at a time: of a graph with a fixed number a multiple of it."""
    fixed = session.batch or 1
    return -(-BATCH // fixed) * fixed
