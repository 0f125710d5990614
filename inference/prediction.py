"""What a classifier answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def decide(probabilities: NDArray[np.floating], thresholds: Sequence[float]) -> NDArray[np.bool_]:
    """Tell which labels are chosen, bool `[..., C]`: those at or over their threshold.

    In float64, or a threshold would be rounded to the type of the probabilities.
    """
    return probabilities.astype(np.float64) >= np.asarray(thresholds, np.float64)


@dataclass(frozen=True)
class RankedLabel:
    """A label with its probability in 0..1."""

    label: str
    probability: float


@dataclass(frozen=True, eq=False)
class Prediction:
    """The answer for one picture.

    Attributes:
        labels: the card's labels, in its order.
        logits: float32 `[C]`, before the temperature.
        probabilities: float32 `[C]`, 0..1; they sum to 1 for single-label.
        thresholds: per label, 0..1, for multi-label; None for single-label.
        unknown_score: larger is stranger; None for a file without a rule for unknown pictures.
        unknown_threshold: the card's.
    """

    labels: tuple[str, ...]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    thresholds: tuple[float, ...] | None = None
    unknown_score: float | None = None
    unknown_threshold: float | None = None

    @property
    def unknown(self) -> bool | None:
        """Whether the picture is none of the labels; None where there is no rule to tell."""
        if self.unknown_score is None or self.unknown_threshold is None:
            return None
        return self.unknown_score > self.unknown_threshold

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.labels[int(self.logits.argmax())]

    @property
    def probability(self) -> float:
        """The probability of `label`, 0..1."""
        return float(self.probabilities[int(self.logits.argmax())])

    @property
    def chosen(self) -> tuple[RankedLabel, ...]:
        """The labels that the picture is said to have, most probable first.

        For multi-label those at or over their threshold, none it may be; for single-label
        `label` alone.
        """
        if self.thresholds is None:
            return self.top(1)
        taken = decide(self.probabilities, self.thresholds)
        return self._ranked([index for index in self._order() if taken[index]])

    def top(self, count: int = 5) -> tuple[RankedLabel, ...]:
        """Rank the first `count` labels, most probable first; equal ones in the card's order."""
        return self._ranked(self._order()[:count])

    def _order(self) -> NDArray[np.intp]:
        # By logits: probabilities near 1 are equal in float32 where logits still differ.
        return np.argsort(-self.logits, kind="stable")

    def _ranked(self, order: Iterable[int]) -> tuple[RankedLabel, ...]:
        return tuple(RankedLabel(self.labels[i], float(self.probabilities[i])) for i in order)


@dataclass(frozen=True, eq=False)
class Outcome:
    """One row of a batch: a prediction, or the reason why there is none.

    Attributes:
        path: the picture, as it was given.
        prediction: None for a bad picture.
        error: None, or one line without the path.
    """

    path: str
    prediction: Prediction | None
    error: str | None
