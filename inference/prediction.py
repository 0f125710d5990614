"""What a classifier answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
    """

    labels: tuple[str, ...]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.labels[int(self.logits.argmax())]

    @property
    def probability(self) -> float:
        """The probability of `label`, 0..1."""
        return float(self.probabilities[int(self.logits.argmax())])

    def top(self, count: int = 5) -> tuple[RankedLabel, ...]:
        """Rank the first `count` labels, most probable first; equal ones in the card's order."""
        # By logits: probabilities near 1 are equal in float32 where logits still differ.
        order = np.argsort(-self.logits, kind="stable")[:count]
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
