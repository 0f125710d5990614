"""One way of quantizing that was tried: what it gave, and whether that passes."""

import math
from dataclasses import dataclass

from ..inference.card import Quantization
from ..inference.wording import counted
from .quantized_score import QuantizedScore
from .speed import Speedup

GOOD_AGREEMENT = 0.99
"""An INT8 file that passes and says the same as the float file on so many pictures ends the
search."""
FAIR_AGREEMENT = 0.98
"""So many suffice once all ways of measuring ranges have been tried, if `GOOD_AGREEMENT` holds for
the pictures on which the float file's decision is clear. A file with less is said to have less."""


@dataclass(frozen=True)
class Gates:
    """What a quantized file has to pass.

    Attributes:
        max_drop: largest loss of the score, in 0..1.
        max_size: largest size as a share of the float file's; None for any.
        faster: whether it has to be measured faster than the float file.
    """

    max_drop: float
    max_size: float | None = None
    faster: bool = True


@dataclass(frozen=True)
class Trial:
    """A quantized file that was written, scored and timed.

    Attributes:
        kind: "fp16" or "int8".
        recipe: how, in words.
        float_layers: names of layers kept in fp32.
        size: of the file, in bytes.
        float_size: of the float file.
        score: on the validation pictures.
        speed: None where it was not measured.
        gates: what it has to pass.
    """

    kind: str
    recipe: str
    float_layers: tuple[str, ...]
    size: int
    float_size: int
    score: QuantizedScore
    speed: Speedup | None
    gates: Gates

    @property
    def passed(self) -> bool:
        """Whether it passes every gate."""
        return not self.failures

    @property
    def smaller(self) -> float:
        """The float file's size divided by this one's."""
        return self.float_size / self.size

    @property
    def failures(self) -> tuple[str, ...]:
        """Which gates it does not pass, with the numbers, as text."""
        found: list[str] = []
        if not math.isfinite(self.score.mean_probability_difference):
            found.append("some answers are not numbers")
        if not self.score.difference.value <= self.gates.max_drop:
            found.append(f"{drop_text(self)}, {100 * self.gates.max_drop:.2g} allowed")
        if self.gates.max_size is not None and self.size > self.gates.max_size * self.float_size:
            found.append(f"only {self.smaller:.2f} times smaller")
        if self.gates.faster and (self.speed is None or not self.speed.interval[0] > 1):
            found.append(f"not measured faster: {speed_text(self)}")
        return tuple(found)

    @property
    def told(self) -> bool:
        """Whether the pictures are enough to say that the true loss is within the gate."""
        interval = self.score.difference.interval
        return interval is not None and interval[1] <= self.gates.max_drop


def drop_text(trial: Trial) -> str:
    """Say what was lost, with its interval."""
    difference = trial.score.difference
    change = "falls" if difference.value >= 0 else "rises"
    text = f"{difference.metric} {change} by {100 * abs(difference.value):.2f} points"
    if difference.interval is None:
        return text
    low, high = difference.interval
    return f"{text} (95% interval of the fall {100 * low:.2f} to {100 * high:.2f})"


def speed_text(trial: Trial) -> str:
    """Say how much faster it is, with the interval."""
    if trial.speed is None:
        return "speed not measured"
    low, high = trial.speed.interval
    return f"{trial.speed.ratio:.2f} times as fast (95% interval {low:.2f} to {high:.2f})"


def not_told_text(trial: Trial) -> str:
    """Say that the true loss may be beyond the gate, and how many pictures would tell."""
    difference, limit = trial.score.difference, trial.gates.max_drop
    text = (
        f"{difference.pictures} validation pictures do not tell whether the true loss is within "
        f"{100 * limit:.2g} points"
    )
    if difference.interval is None:
        return f"{text}: no interval can be computed from them"
    needed = difference.pictures_to_bound(limit)
    if needed is None:
        return f"{text}; no number would, if the true loss is as measured"
    return f"{text}; about {needed:,} would, if as large a share is answered otherwise"


def agreement_text(trial: Trial) -> str | None:
    """Say on how many pictures it says the same as the float file, if these are few."""
    score = trial.score
    if score.agreement < FAIR_AGREEMENT:
        return (
            f"same answer as the float file on {score.agreement:.1%} of the pictures, below "
            f"{FAIR_AGREEMENT:.0%}: its score holds, single answers are others"
        )
    if score.clear_agreement < GOOD_AGREEMENT:
        return (
            f"same answer as the float file on {score.clear_agreement:.1%} of the pictures on "
            f"which that is clear, below {GOOD_AGREEMENT:.0%}: its score holds, single answers are "
            "others"
        )
    return None


def busy_text(trial: Trial) -> str | None:
    """Say that the speed was measured on a busy machine, if it was."""
    speed = trial.speed
    if speed is None or not speed.busy:
        return None
    return (
        f"its speed was measured while other programs kept {speed.others:.1f} of the "
        f"{counted(speed.threads, 'core')} busy: the ratio may be far off; measure again with "
        "tlx bench"
    )


def card_entry(trial: Trial, calibration_pictures: int) -> Quantization:
    """Write a trial as it stands in the file's card."""
    difference, speed = trial.score.difference, trial.speed
    return Quantization(
        kind=trial.kind,
        recipe=trial.recipe,
        calibration_pictures=calibration_pictures,
        pictures=difference.pictures,
        metric=difference.metric,
        drop=difference.value,
        drop_interval=difference.interval,
        max_drop=trial.gates.max_drop,
        agreement=trial.score.agreement,
        speedup=speed.ratio if speed else None,
        measured_on=speed.processor if speed else None,
    )
