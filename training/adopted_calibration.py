"""The temperature of a network that was trained elsewhere, from its validation pictures."""

from collections.abc import Generator, Sequence
from dataclasses import replace

from ..evaluation.temperature import (
    FEWEST,
    TemperatureFit,
    judge_temperature,
    temperature_text,
    too_few,
)
from ..samples.sample import Sample
from .augmentation import Augmentation
from .batches import EpochBatches, LoadedBatches, PictureDataset, truth_of
from .checkpoint import Checkpoint, restore_network
from .loop import BatchDone, validate
from .torchrun import ALONE

MOST = 2000
"""Pictures answered at most, evenly from all: one number needs no more."""
_BATCH = 32


def with_temperature(
    checkpoint: Checkpoint, validation: Sequence[Sample]
) -> Generator[BatchDone, None, tuple[Checkpoint, str]]:
    """Fit the temperature of a checkpoint on labelled pictures, one at least.

    The thresholds of a multi-label one stay 0.5, which is a logit of 0 at any temperature.

    Returns:
        The checkpoint with the temperature in its card, and what came of it, in one line.
    """
    if len(validation) < FEWEST:
        return checkpoint, temperature_text(1.0, 0.0, 0.0, too_few(len(validation)))
    found = yield from _calibration(checkpoint, validation[:: -(-len(validation) // MOST)])
    text = temperature_text(found.temperature, found.error, found.calibrated_error, found.note)
    return replace(checkpoint, card=replace(checkpoint.card, temperature=found.temperature)), text


def _calibration(
    checkpoint: Checkpoint, samples: Sequence[Sample]
) -> Generator[BatchDone, None, TemperatureFit]:
    card = checkpoint.card
    truth = truth_of(samples, card.labels, card.task)
    pictures = PictureDataset(samples, truth, card.preprocessing, Augmentation())
    batches = LoadedBatches(pictures, EpochBatches(len(samples), _BATCH, None), 0)
    validated = yield from validate(restore_network(checkpoint), batches, ALONE)
    several = card.task == "multi-label"
    answered = validated.truth.numpy()
    return judge_temperature(validated.logits.numpy(), answered > 0.5 if several else answered)
