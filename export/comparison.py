"""How far two sides are apart, and whether that is near enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..inference.prediction import decide
from .answers import Answers
from .reference import Reference

LIMIT = 1e-4
"""Largest difference in probability that passes."""
EAGER_FACTOR = 4
"""Beyond the limit, a file may still be this many times as far as fp32 is from fp64."""
RELATIVE_LIMIT = 1e-4
"""Largest difference of logits, maps and features, as a share of their largest magnitude;
`EAGER_FACTOR` goes for it too."""


@dataclass(frozen=True)
class Limits:
    """What a file is held to.

    Attributes:
        probability: largest difference that passes, in 0..1.
        relative: of logits, maps and features, as a share of their largest magnitude.
        tie: pictures whose first two labels are nearer than this in probability are ties; for
            multi-label those with a label nearer than that to its threshold.
        agreement: smallest share of the others with the same decision.
        mean: largest mean difference in probability, over pictures and labels.
        stage: where a file fails, a stage that is further off than this is named, as a share of
            its largest magnitude.
    """

    probability: float
    relative: float
    tie: float
    agreement: float = 1.0
    mean: float = 1.0
    stage: float = RELATIVE_LIMIT


FP16 = Limits(0.01, 0.02, 0.02, stage=0.01)
"""For an fp16 file; healthy ones were measured up to 1.4e-3 and 6e-3. Where fp32 is far from fp64
already, `FP16_FACTOR` goes for them."""
FP16_FACTOR = 2**12
"""An fp16 file may be this many times as far as fp32 is from fp64. It has 13 bits fewer."""
INT8 = Limits(1.0, 0.5, 0.1, 0.95, 0.05, stage=0.3)
"""For an INT8 file, whose numbers are others; its loss of accuracy is measured beside it, and its
outputs are held against each other (`export/consistency.py`)."""
ITSELF = Limits(0.02, 0.05, 0.1)
"""For a quantized file against its own answers under another condition: where another order of
sums rounds a value to the next step, not more."""


def limits_of(reference: Reference, kind: str | None = None) -> Limits:
    """Give a file's limits: by the distance of the checkpoint's fp32 from its fp64.

    Args:
        reference: the checkpoint's side.
        kind: "fp16" or "int8", which is held to fixed limits; None for a float file.
    """
    if kind == "int8":
        return INT8
    factor = EAGER_FACTOR if kind is None else FP16_FACTOR
    least = (LIMIT, RELATIVE_LIMIT) if kind is None else (FP16.probability, FP16.relative)
    probability = max(least[0], factor * reference.eager_distance)
    relative = max(least[1], factor * reference.eager_relative)
    stage = RELATIVE_LIMIT if kind is None else FP16.stage
    return Limits(probability, relative, 2 * probability, stage=stage)


@dataclass(frozen=True)
class Comparison:
    """A file's answers against the checkpoint's, over real pictures.

    Attributes:
        pictures: how many were compared.
        max_logit_difference: largest absolute difference of a logit.
        mean_logit_difference: mean over pictures and labels.
        max_probability_difference: largest, in 0..1.
        mean_probability_difference: mean over pictures and labels.
        max_relative_logit_difference: largest, as a share of the largest magnitude of a logit.
        max_map_difference: activation maps, as a share of their largest magnitude; 0 for a file
            without them.
        max_feature_difference: features, likewise.
        agreement: share of pictures outside ties with the same first label, for multi-label with
            the same set of chosen labels; 1 if all are ties.
        ties: pictures whose decision is too near to another one to be counted.
        eager_distance: largest difference in probability of fp32 from fp64, on the checkpoint.
        worst: index of the picture whose answers are farthest off, measured by their limits.
        limits: what passes here.
        same: what `agreement` counts, in words.
        max_unknown_difference: of the score for unknown pictures, as that of `max_map_difference`.
    """

    pictures: int
    max_logit_difference: float
    mean_logit_difference: float
    max_probability_difference: float
    mean_probability_difference: float
    max_relative_logit_difference: float
    max_map_difference: float
    max_feature_difference: float
    agreement: float
    ties: int
    eager_distance: float
    worst: int
    limits: Limits
    same: str = "same label"
    max_unknown_difference: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the file answers as the checkpoint does; a NaN anywhere fails."""
        return not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """What is beyond its limit, as text."""
        measures = {
            "probability": (self.max_probability_difference, self.limits.probability),
            "logits, relative": (self.max_relative_logit_difference, self.limits.relative),
            "activation maps, relative": (self.max_map_difference, self.limits.relative),
            "features, relative": (self.max_feature_difference, self.limits.relative),
            "unknown score, relative": (self.max_unknown_difference, self.limits.relative),
        }
        beyond = [
            f"largest difference in {name} {value:.3g}, limit {limit:.3g}"
            for name, (value, limit) in measures.items()
            if not value <= limit
        ]
        if not self.mean_probability_difference <= self.limits.mean:
            beyond.append(
                f"mean difference in probability {self.mean_probability_difference:.3g}, limit "
                f"{self.limits.mean:.3g}"
            )
        if not self.agreement >= self.limits.agreement:
            beyond.append(f"{self.same} outside ties {self.agreement:.2%}")
        return tuple(beyond)


def compare(
    reference: Reference, answers: Answers, labels: tuple[str, ...], limits: Limits | None = None
) -> Comparison:
    """Compare a file's answers with the checkpoint's, label by label, by name.

    Args:
        reference: the checkpoint's side.
        answers: the file's side, for the same pictures, or for the first of them.
        labels: of the file's card: the same names as the checkpoint's, in any order.
        limits: what passes; by default what a float file is held to.
    """
    limits = limits or limits_of(reference)
    expected = reference.answers.first(len(answers.logits))
    found = _reordered(answers, [labels.index(label) for label in reference.card.labels])
    logits = np.abs(found.logits - expected.logits)
    probabilities = np.abs(found.probabilities - expected.probabilities)
    relative = {
        name: _relative_differences(getattr(found, name), getattr(expected, name), len(logits))
        for name in ("logits", "activation_maps", "features", "unknown_score")
    }
    thresholds = reference.card.decision_thresholds
    clear = _margins(expected.probabilities, thresholds) > limits.tie
    same = _same_decisions(found, expected, thresholds)
    return Comparison(
        pictures=len(logits),
        max_logit_difference=float(logits.max()),
        mean_logit_difference=float(logits.mean()),
        max_probability_difference=float(probabilities.max()),
        mean_probability_difference=float(probabilities.mean()),
        max_relative_logit_difference=float(relative["logits"].max()),
        max_map_difference=float(relative["activation_maps"].max()),
        max_feature_difference=float(relative["features"].max()),
        max_unknown_difference=float(relative["unknown_score"].max()),
        agreement=float(same[clear].mean()) if clear.any() else 1.0,
        ties=int((~clear).sum()),
        eager_distance=reference.eager_distance,
        worst=_worst(probabilities.max(axis=1), list(relative.values()), limits),
        limits=limits,
        same="same label" if thresholds is None else "same labels",
    )


def _worst(
    probabilities: NDArray[np.floating], relative: Sequence[NDArray[np.floating]], limits: Limits
) -> int:
    """Find the picture that is farthest off, measured by the limits; differences are `[N]`."""
    in_limits = [probabilities / limits.probability]
    in_limits += [values / limits.relative for values in relative]
    beyond_all = np.max(in_limits, axis=0)
    # Held to no limit, the worst is where the probabilities are farthest off.
    return int((beyond_all if beyond_all.any() else probabilities).argmax())


def relative_difference(found: NDArray[np.floating], expected: NDArray[np.floating]) -> float:
    """Compute the largest difference as a share of the largest expected magnitude."""
    return float(_relative_differences(found, expected, len(expected)).max())


def _relative_differences(
    found: NDArray[np.floating] | None, expected: NDArray[np.floating] | None, pictures: int
) -> NDArray[np.floating]:
    """Compute each picture's largest difference, `[N]`; another shape is infinitely far.

    What one side does not give differs in nothing: what a file has to give, its card and the
    options of its export say.
    """
    if found is None or expected is None:
        return np.zeros(pictures)
    if found.shape != expected.shape:
        return np.full(len(expected), np.inf)
    magnitude = max(float(np.abs(expected).max()), 1e-30)
    return np.abs(found - expected).reshape(len(expected), -1).max(axis=1) / magnitude


def _reordered(answers: Answers, order: list[int]) -> Answers:
    return Answers(
        answers.logits[:, order],
        answers.probabilities[:, order],
        None if answers.activation_maps is None else answers.activation_maps[:, order],
        answers.features,
        answers.unknown_score,
    )


def _same_decisions(
    found: Answers, expected: Answers, thresholds: tuple[float, ...] | None
) -> NDArray[np.bool_]:
    """Tell for which pictures both sides say the same, `[N]`."""
    if thresholds is None:
        return found.logits.argmax(axis=1) == expected.logits.argmax(axis=1)
    chosen = decide(found.probabilities, thresholds)
    return (chosen == decide(expected.probabilities, thresholds)).all(axis=1)


def _margins(
    probabilities: NDArray[np.floating], thresholds: tuple[float, ...] | None
) -> NDArray[np.floating]:
    """Compute how far each picture's decision is from another one, in probability, `[N]`.

    The difference of the first two labels; for multi-label the nearest label's to its threshold.
    """
    if thresholds is not None:
        return np.abs(probabilities - np.asarray(thresholds)).min(axis=1)
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]
