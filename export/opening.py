"""A model file opened for verification, and its card held against the checkpoint's."""

from pathlib import Path

from ..errors import VerificationError
from .condition import USUAL
from .diagnosis import compare_cards
from .files import Format, OpenedFile
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
    fault = compare_cards(file.card, reference.card)
    if fault:
        raise VerificationError(failure_text(name, fault, ""))
    return file
