"""How far two sides are apart, and whether that is near enough."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .answers import Answers
from .reference import Reference

LIMIT = 1e-4
"""Largest difference in probability that passes."""
EAGER_FACTOR = 4
"""Beyond the limit, a file may still be this many times as far as fp32 is from fp64."""
RELATIVE_LIMIT = 1e-4
"""Largest difference of maps and features, as a share of their largest magnitude."""


@dataclass(frozen=True)
class Comparison:
    """A file's answers against the checkpoint's, over real pictures.

    Attributes:
        pictures: how many were compared.
        max_logit_difference: largest absolute difference of a logit.
        mean_logit_difference: mean over pictures and labels.
        max_probability_difference: largest, in 0..1.
        mean_probability_difference: mean over pictures and labels.
        max_map_difference: activation maps, as a share of their largest magnitude.
        max_feature_difference: features, likewise.
        agreement: share of pictures outside ties with the same first label; 1 if all are ties.
        ties: pictures whose first two labels are nearer than twice the limit.
        eager_distance: largest difference in probability of fp32 from fp64, on the checkpoint.
        worst: index of the picture with the largest difference in probability.
        limit: the largest difference in probability that passes here.
    """

    pictures: int
    max_logit_difference: float
    mean_logit_difference: float
    max_probability_difference: float
    mean_probability_difference: float
    max_map_difference: float
    max_feature_difference: float
    agreement: float
    ties: int
    eager_distance: float
    worst: int
    limit: float

    @property
    def passed(self) -> bool:
        """Whether the file answers as the checkpoint does; a NaN anywhere fails."""
        return (
            self.max_probability_difference <= self.limit
            and self.max_map_difference <= RELATIVE_LIMIT
            and self.max_feature_difference <= RELATIVE_LIMIT
            and self.agreement == 1
        )


def compare(reference: Reference, answers: Answers, labels: tuple[str, ...]) -> Comparison:
    """Compare a file's answers with the checkpoint's, label by label, by name.

    Args:
        reference: the checkpoint's side.
        answers: the file's side, for the same pictures, or for the first of them.
        labels: of the file's card: the same names as the checkpoint's, in any order.
    """
    expected = reference.answers.first(len(answers.logits))
    found = _reordered(answers, [labels.index(label) for label in reference.card.labels])
    logits = np.abs(found.logits - expected.logits)
    probabilities = np.abs(found.probabilities - expected.probabilities)
    clear = _margins(expected.probabilities) > 2 * LIMIT
    same = found.logits.argmax(axis=1) == expected.logits.argmax(axis=1)
    return Comparison(
        pictures=len(logits),
        max_logit_difference=float(logits.max()),
        mean_logit_difference=float(logits.mean()),
        max_probability_difference=float(probabilities.max()),
        mean_probability_difference=float(probabilities.mean()),
        max_map_difference=relative_difference(found.activation_maps, expected.activation_maps),
        max_feature_difference=relative_difference(found.features, expected.features),
        agreement=float(same[clear].mean()) if clear.any() else 1.0,
        ties=int((~clear).sum()),
        eager_distance=reference.eager_distance,
        worst=int(probabilities.max(axis=1).argmax()),
        limit=max(LIMIT, EAGER_FACTOR * reference.eager_distance),
    )


def relative_difference(found: NDArray[np.floating], expected: NDArray[np.floating]) -> float:
    """Compute the largest difference as a share of the largest expected magnitude."""
    magnitude = float(np.abs(expected).max())
    return float(np.abs(found - expected).max()) / max(magnitude, 1e-30)


def _reordered(answers: Answers, order: list[int]) -> Answers:
    return Answers(
        answers.logits[:, order],
        answers.probabilities[:, order],
        answers.activation_maps[:, order],
        answers.features,
    )


def _margins(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """Compute the difference of the first two labels, `[N]`."""
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]
