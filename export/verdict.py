"""A verification that failed, in words: what differs, where first, and what usually causes it."""

from ..errors import VerificationError
from .answers import STAGES
from .comparison import Comparison
from .diagnosis import Diagnosis, diagnose
from .files import OpenedFile
from .reference import Reference
from .verification import Verification

_BEFORE_OUTPUTS = STAGES[: STAGES.index("features")]
_LOSS_ADVICE = {
    "fp16": "keep the float file, or export fp16 with a larger --max-drop",
    "int8": "export int8 with more --calibration pictures, or with a larger --max-drop",
}


def require_passed(
    verification: Verification, reference: Reference, file: OpenedFile, name: str
) -> None:
    """Do nothing if a file passed.

    Raises:
        VerificationError: it did not; the text names the worst picture and the first stage.
    """
    if verification.passed:
        return
    failures = "; ".join(verification.failures)
    text = f" ({failures}; worst picture {verification.worst})"
    if verification.failures == (verification.loss,):  # the numbers are as near as they should be
        advice = _LOSS_ADVICE[file.card.quantization.kind if file.card.quantization else "fp16"]
        raise VerificationError(f"{name} lost too much by quantization{text}; {advice}")
    fault = _diagnose(reference, file, verification)
    raise VerificationError(failure_text(name, fault, text))


def failure_text(name: str, fault: Diagnosis, difference: str) -> str:
    """Say what is wrong with a file in one line."""
    return f"{name} does not answer as the checkpoint does{difference}; {fault}"


def difference_text(comparison: Comparison) -> str:
    """Say by how much, in brackets."""
    return f" ({'; '.join(comparison.failures)})"


def _diagnose(reference: Reference, file: OpenedFile, verification: Verification) -> Diagnosis:
    """Name the stage, or the condition that alone fails."""
    if verification.inconsistency:
        fault = _stage(reference, file, verification.comparison)
        # Other weights can set the outputs against each other too.
        return fault if fault.stage in _BEFORE_OUTPUTS else verification.inconsistency
    if verification.resize and not verification.resize.passed:  # it comes before the network
        return Diagnosis("resize and crop", "the resize or crop in the graph is not Pillow's")
    if verification.comparison.passed and not verification.whole.passed:
        return Diagnosis("resize and crop", "the file answers otherwise where it resizes by itself")
    conditions = [result for result in verification.conditions if not result.passed]
    if verification.comparison.passed and conditions:
        return Diagnosis(None, f"it depends on how it is asked: {conditions[0].condition}")
    return _stage(reference, file, verification.comparison)


def _stage(reference: Reference, file: OpenedFile, found: Comparison) -> Diagnosis:
    """Name it; the verdict must survive a file that no explanation can be had of."""
    try:
        return diagnose(reference, file, found.worst, found.limits.stage)
    except Exception as error:  # noqa: BLE001 - the file is faulty, anything may come of it
        return Diagnosis(None, f"its stages cannot be computed ({' '.join(str(error).split())})")
