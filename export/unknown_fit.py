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
from ..inference.session import CPU, FEATURES, INPUT, SCORES
from ..samples.sample import Sample
from ..training.checkpoint import Checkpoint, restore_network
from .condition import BATCH
from .pictures import own_samples, spread
from .reference import ComparisonProgress

MOST_TRAINING, MOST_VALIDATION = 4000, 2000
"""Pictures that it is fitted on at most, spread over the labels: each is answered once more."""

Values = NDArray[np.floating]
Answer = Callable[[Pixels], tuple[Values, Values]]
"""Computes features `[N, F]` and logits `[N, C]` of uint8 `[N, S, S, 3]`."""


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

    def answer(images: Pixels) -> tuple[Values, Values]:
        with torch.no_grad():
            features = network.until(torch.from_numpy(images), "layer4")
            return features.numpy(), network.network.fc(features).numpy()

    return (yield from _fit(answer, checkpoint.card, pictures, "the checkpoint"))


def fit_to_file(
    path: Path, card: ModelCard, pictures: RulePictures, name: str
) -> Generator[ComparisonProgress, None, UnknownRule]:
    """Fit to the features that an ONNX file has, quantized or not, given as output or not."""
    model = onnx.load(path)
    names = [FEATURES, SCORES[0]]
    del model.graph.output[:]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), sess_options=options, providers=[CPU]
    )
    size = session.get_inputs()[0].shape[0]

    def answer(images: Pixels) -> tuple[Values, Values]:
        parts: list[list[Values]] = []
        for batch, count in batches(images, size if isinstance(size, int) else None):
            found = session.run(names, {INPUT: as_tensor(batch, card)})
            parts.append([np.asarray(value, np.float32)[:count] for value in found])
        features, logits = (np.concatenate(one) for one in zip(*parts, strict=True))
        return features, logits

    return (yield from _fit(answer, card, pictures, name))


def _fit(
    answer: Answer, card: ModelCard, pictures: RulePictures, side: str
) -> Generator[ComparisonProgress, None, UnknownRule]:
    known, _ = yield from _answers(answer, card, pictures.training, f"{side}, on training pictures")
    truth = np.array([card.labels.index(sample.label) for sample in pictures.training])
    rule = fit_rule(known, truth)
    held = yield from _answers(answer, card, pictures.validation, f"{side}, on validation")
    return rule.fitted_to(*held, pictures.refuse)


def _answers(
    answer: Answer, card: ModelCard, samples: Sequence[Sample], side: str
) -> Generator[ComparisonProgress, None, tuple[Values, Values]]:
    parts: list[tuple[Values, Values]] = []
    for start in range(0, len(samples), BATCH):
        batch = samples[start:][:BATCH]
        images = np.stack([preprocess(sample.path, card.preprocessing) for sample in batch])
        parts.append(answer(images))
        yield ComparisonProgress(side, start + len(batch), len(samples))
    features, logits = (np.concatenate(one) for one in zip(*parts, strict=True))
    return features, logits
