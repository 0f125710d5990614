"""What one side of a verification answered, and the stages it went through."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

STAGES = (
    *("card", "decoding", "resize and crop", "normalisation", "stem"),
    *("layer1", "layer2", "layer3", "layer4", "features", "logits", "probabilities"),
    "activation maps",
)
"""The way from a file's bytes to its label, in order; a difference is named by the first."""

Stages = dict[str, NDArray[np.floating]]
"""Outputs by name of the stage, for one picture: `[1, ...]`."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Outputs for N pictures, as float arrays: `[N, C] [N, C] [N, C, h, w] [N, F]`."""

    logits: NDArray[np.floating]
    probabilities: NDArray[np.floating]
    activation_maps: NDArray[np.floating]
    features: NDArray[np.floating]

    def first(self, count: int) -> "Answers":
        """Take the answers of the first `count` pictures."""
        return Answers(*(getattr(self, field.name)[:count] for field in fields(self)))


def join(batches: list[Answers]) -> Answers:
    """Put batches together along N."""
    names = [field.name for field in fields(Answers)]
    return Answers(*(np.concatenate([getattr(b, name) for b in batches]) for name in names))
