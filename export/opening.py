"""A model file opened for verification, and its card held against the checkpoint's."""

from pathlib import Path

from ..errors import VerificationError
from .condition import USUAL
from .diagnosis import Diagnosis, compare_cards
from .files import Format, OpenedFile
from .onnx_opened import OnnxFile
from .reference import Reference
from .verdict import failure_text


def open_with_card(target: Format, path: Path, name: str, reference: Reference) -> OpenedFile:
    """Open a file and hold its card against the checkpoint's.

    Raises:
        VerificationError: it cannot be opened, or its card says something else.
    """
    try:
        file = target.open(path, USUAL)
    except Exception as error:  # noqa: BLE001 - the runtimes' errors share no base
        raise VerificationError(
            f"what was written cannot be used: {str(error).replace(str(path), name)}"
        ) from None
    fault = compare_cards(file.card, reference.card) or _compare_numbers(file)
    if fault:
        raise VerificationError(failure_text(name, fault, ""))
    return file


def _compare_numbers(file: OpenedFile) -> Diagnosis | None:
    """Hold what the card says of a quantization against the graph: it decides on the limits."""
    said = file.card.quantization.kind if file.card.quantization else None
    found = file.numbers if isinstance(file, OnnxFile) else None
    if said == found:
        return None
    return Diagnosis("card", f"it says {said or 'fp32'}, the graph is {found or 'fp32'}")
