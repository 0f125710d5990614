"""The way of one picture, timed part by part: decode, preprocess, inference, and the whole."""

from collections.abc import Generator, Sequence
from pathlib import Path
from time import perf_counter

from ..inference.classifier import Classifier
from ..inference.graph_input import prepare_decoded
from ..inference.picture import decode
from ..inference.timing import Measuring, Times, Work, take_turns, timed

PARTS = ("decode", "preprocess", "inference", "whole")
FEWEST = 30


def time_picture_path(
    classifiers: Sequence[Classifier], pictures: Sequence[Path], seconds: float
) -> Generator[Measuring, None, list[Times]]:
    """Time the way of one picture at a time, the files in turns on the same pictures.

    Each run takes a picture through decode, preprocess and inference, timed one by one, and then
    once more through `Classifier.classify`, from its path to its prediction: the whole. Side by
    side, so that a bad moment of the machine does not make the whole differ from its parts.

    Returns:
        For each file the times of `PARTS`.
    """
    works = [_both_ways(classifier, pictures) for classifier in classifiers]
    # Twice the time, for each run takes the way twice.
    return (yield from take_turns("path of a picture", works, 2 * seconds, FEWEST))


def _both_ways(classifier: Classifier, pictures: Sequence[Path]) -> Work:
    card = classifier.card

    def work(number: int) -> Sequence[float]:
        path = pictures[number % len(pictures)]
        start = perf_counter()
        rgb = decode(path, card.preprocessing.resize_side)
        decoded = perf_counter()
        pixels = prepare_decoded(rgb, card)
        ready = perf_counter()
        classifier.session.scores([pixels])
        answered = perf_counter()
        whole = timed(lambda: classifier.classify(path))
        return decoded - start, ready - decoded, answered - ready, whole

    return work
