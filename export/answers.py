"""What one side of a verification answered, and the stages it went through."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAGES = (
    *("card", "decoding", "resize and crop", "normalisation", "stem"),
    *("layer1", "layer2", "layer3", "layer4", "features", "logits", "probabilities"),
    *("activation maps", "unknown score"),
)
"""The way from a file's bytes to its label, in order; a difference is named by the first."""

Stages = dict[str, NDArray[np.floating]]
"""Outputs by name of the stage, for one picture: `[1, ...]`."""

Values = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Answers:
    """Outputs for N pictures, as float arrays: `[N, C] [N, C] [N, C, h, w] [N, F] [N]`.

    A file without explanations has no maps and features, one without a rule for unknown pictures
    no score of it.
    """

    logits: Values
    probabilities: Values
    activation_maps: Values | None = None
    features: Values | None = None
    unknown_score: Values | None = None

    def at(self, pictures: slice | Sequence[int]) -> "Answers":
        """Take the answers of some of the pictures."""
        maps, features, score = self.activation_maps, self.features, self.unknown_score
        return Answers(
            self.logits[pictures],
            self.probabilities[pictures],
            None if maps is None else maps[pictures],
            None if features is None else features[pictures],
            None if score is None else score[pictures],
        )

    def stages(self) -> Stages:
        """Name what is there by its stage, in the order of `STAGES`."""
        named = {
            "features": self.features,
            "logits": self.logits,
            "probabilities": self.probabilities,
            "activation maps": self.activation_maps,
            "unknown score": self.unknown_score,
        }
        return {stage: value for stage, value in named.items() if value is not None}

    def first(self, count: int) -> "Answers":
        """Take the answers of the first `count` pictures."""
        return self.at(slice(count))


def join(batches: list[Answers]) -> Answers:
    """Put batches together along N."""
    return Answers(
        np.concatenate([batch.logits for batch in batches]),
        np.concatenate([batch.probabilities for batch in batches]),
        _joined([batch.activation_maps for batch in batches]),
        _joined([batch.features for batch in batches]),
        _joined([batch.unknown_score for batch in batches]),
    )


def _joined(parts: list[Values | None]) -> Values | None:
    given = [part for part in parts if part is not None]
    return np.concatenate(given) if given else None
