"""The rule for unknown pictures, fitted to a checkpoint, and again to each quantized file."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from ..evaluation.unknown import FEWEST, UnknownRule, fit_rule
from ..inference.card import ModelCard
from ..inference.graph_input import Pixels, as_tensor, batches
from ..inference.preprocessing import preprocess
from ..inference.session import CPU, INPUT
from ..samples.sample import Sample
from ..training.checkpoint import Checkpoint, restore_network
from .condition import BATCH
from .pictures import own_samples, spread
from .reference import ComparisonProgress
from .unknown_graph import features_value

MOST_TRAINING, MOST_VALIDATION = 4000, 2000
"""Pictures that it is fitted on at most, spread over the labels: each is answered once more."""

FeaturesOf = Callable[[Pixels], NDArray[np.floating]]
"""Computes `[N, F]` of uint8 `[N, S, S, 3]`."""


@dataclass(frozen=True)
class RulePictures:
    """What a rule is fitted on.

    Attributes:
        training: for means and covariance.
        validation: for the threshold.
        refuse: share of known pictures that is to be refused, 0..1.
    """

    training: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    refuse: float


@dataclass(frozen=True)
class RuleFitted:
    """The rule of a file, or why there is none.

    Attributes:
        name: of the file; "checkpoint" for all float ones.
        threshold: None without a rule.
        pictures: what it was fitted on.
        note: why there is no rule.
    """

    name: str
    threshold: float | None
    pictures: RulePictures | None = None
    note: str | None = None


def rule_pictures(
    run: Path, data: Path | None, card: ModelCard, refuse: float
) -> RulePictures | str:
    """Choose the pictures of a run that its rule is fitted on, or say why there will be no rule."""
    if card.task != "single-label":
        return f"there is none for {card.task}, where a picture may well have none of the labels"
    splits = [own_samples(run, data, split) for split in ("train", "validation")]
    for samples, name in zip(splits, ("training", "validation"), strict=True):
        if len(samples) < FEWEST:
            return f"the run has {len(samples)} {name} pictures here, {FEWEST} are needed"
    training, validation = splits
    if len({sample.label for sample in training}) < len(card.labels):
        return "some labels have no training picture, and would be unknown to it"
    return RulePictures(
        tuple(spread(training, MOST_TRAINING)), tuple(spread(validation, MOST_VALIDATION)), refuse
    )


def fit_of_run(
    run: Path, data: Path | None, checkpoint: Checkpoint, refuse: float
) -> Generator[
    ComparisonProgress | RuleFitted, None, tuple[UnknownRule | None, RulePictures | None]
]:
    """Fit the rule of all float files, unless `refuse` is 0, and say what came of it."""
    if not refuse:
        return None, None
    pictures = rule_pictures(run, data, checkpoint.card, refuse)
    if isinstance(pictures, str):
        yield RuleFitted("checkpoint", None, note=pictures)
        return None, None
    rule = yield from fit_to_checkpoint(checkpoint, pictures)
    yield RuleFitted("checkpoint", rule.threshold, pictures)
    return rule, pictures


def fit_to_checkpoint(
    checkpoint: Checkpoint, pictures: RulePictures
) -> Generator[ComparisonProgress, None, UnknownRule]:
    """Fit to the features that the checkpoint has for its pictures."""
    network = restore_network(checkpoint)

    def features(images: Pixels) -> NDArray[np.floating]:
        with torch.no_grad():
            return network.until(torch.from_numpy(images), "layer4").numpy()

    return (yield from _fit(features, checkpoint.card, pictures, "the checkpoint"))


def fit_to_file(
    path: Path, card: ModelCard, pictures: RulePictures, name: str
) -> Generator[ComparisonProgress, None, UnknownRule]:
    """Fit to the features that an ONNX file has, quantized or not, given as output or not."""
    model = onnx.load(path)
    value = features_value(model.graph)
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(value))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), sess_options=options, providers=[CPU]
    )
    size = session.get_inputs()[0].shape[0]

    def features(images: Pixels) -> NDArray[np.floating]:
        parts: list[NDArray[np.floating]] = []
        for batch, count in batches(images, size if isinstance(size, int) else None):
            (found,) = session.run([value], {INPUT: as_tensor(batch, card)})
            parts.append(np.asarray(found, np.float32)[:count])
        return np.concatenate(parts)

    return (yield from _fit(features, card, pictures, name))


def _fit(
    features: FeaturesOf, card: ModelCard, pictures: RulePictures, side: str
) -> Generator[ComparisonProgress, None, UnknownRule]:
    known = yield from _answer(features, card, pictures.training, f"{side}, on training pictures")
    truth = np.array([card.labels.index(sample.label) for sample in pictures.training])
    rule = fit_rule(known, truth)
    held = yield from _answer(features, card, pictures.validation, f"{side}, on validation")
    return rule.with_threshold(held, pictures.refuse)


def _answer(
    features: FeaturesOf, card: ModelCard, samples: Sequence[Sample], side: str
) -> Generator[ComparisonProgress, None, NDArray[np.floating]]:
    parts: list[NDArray[np.floating]] = []
    for start in range(0, len(samples), BATCH):
        batch = samples[start:][:BATCH]
        images = np.stack([preprocess(sample.path, card.preprocessing) for sample in batch])
        parts.append(features(images))
        yield ComparisonProgress(side, start + len(batch), len(samples))
    return np.concatenate(parts)
