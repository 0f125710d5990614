"""What comes of quantizing: what happened on the way, the file that passed, or a refusal."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import VerificationError
from ..inference.card import Quantization
from .trial import Trial, agreement_text, busy_text, not_told_text


@dataclass(frozen=True)
class TrialStarted:
    """A way of quantizing is being tried; `number` counts from 1."""

    number: int
    recipe: str


@dataclass(frozen=True)
class TrialFinished:
    """It has been scored and timed; `trial.passed` is the verdict."""

    number: int
    trial: Trial


@dataclass(frozen=True)
class QuantizedFile:
    """A quantized file that passed its gates.

    Attributes:
        chosen: what the file was made by.
        trials: everything that was tried, in order.
        quantization: for the file's card.
        notes: what the user should know, one line each.
    """

    chosen: Trial
    trials: tuple[Trial, ...]
    quantization: Quantization
    notes: tuple[str, ...]


def notes_on(chosen: Trial, elsewhere: tuple[str, str] | None = None) -> tuple[str, ...]:
    """Say what the figures do not tell.

    Args:
        chosen: the trial that was kept.
        elsewhere: for a file that is for another device, the names of the float file and of
            this one there.
    """
    told = None if chosen.told else not_told_text(chosen)
    said = (told, agreement_text(chosen), busy_text(chosen))
    notes = [note for note in said if note is not None]
    if elsewhere:
        notes.append(
            "its speed was not measured on the device that it is for, and its loss with this "
            f"processor's kernels; there: {shlex.join(['tlx', 'bench', *elsewhere])}"
        )
    return tuple(notes)


def refusal(kind: str, trials: Sequence[Trial]) -> VerificationError:
    """Say that nothing passes, with the nearest trial's numbers and what to do."""
    nearest = min(trials, key=lambda one: (len(one.failures), one.score.difference.value))
    ways = "the only way tried" if len(trials) == 1 else f"the nearest of {len(trials)} ways tried"
    return VerificationError(
        f"no {kind} file passes and none was written: {ways} ({nearest.recipe}): "
        f"{'; '.join(nearest.failures)}; {_advice(kind, nearest)}"
    )


def _advice(kind: str, nearest: Trial) -> str:
    if nearest.score.difference.value <= nearest.gates.max_drop:
        here = "this processor gains nothing by it: keep the float file"
        return f"{here}, or give --for-another-device" if kind == "int8" else here
    if kind == "int8":
        return (
            "calibrate on more training pictures (--calibration), allow more (--max-drop), or try "
            "--quantize fp16"
        )
    return "keep the float file, or allow more (--max-drop)"
