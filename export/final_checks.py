"""What is asked of a file that was verified, before it gets its final name."""

from dataclasses import replace
from pathlib import Path

from ..errors import VerificationError
from ..inference.events import finish
from .comparison import ITSELF, compare, limits_of
from .condition import BATCH
from .files import Format, OpenedFile, ask_file
from .opening import open_with_card
from .options import ExportOptions
from .reference import Reference
from .verdict import difference_text
from .verification import Verification


def require_options(options: ExportOptions, target: Format, file: OpenedFile, name: str) -> None:
    """Hold against the options what verification takes as it comes."""
    if options.explain != file.explains:
        has = "no" if options.explain else "unasked"
        raise VerificationError(f"{name} gives {has} activation maps and features")
    if target.name != "torchscript" and options.batch != file.batch:  # a script takes any number
        raise VerificationError(
            f"{name} takes {file.batch or 'any number of'} pictures a run, not "
            f"{options.batch or 'any number'}"
        )


def require_one_file(path: Path) -> None:
    """Refuse a file that needs another beside it."""
    beside = sorted(other.name for other in path.parent.iterdir() if other != path)
    if beside:
        raise VerificationError(f"{path.name} needs other files beside it: {', '.join(beside)}")


def repeat_one_batch(
    target: Format, path: Path, name: str, reference: Reference, before: Verification
) -> None:
    """Reopen the final bytes and ask them once more: the card was rewritten in between.

    One batch, and one picture alone, as `classify` sends it.
    """
    file = open_with_card(target, path, name, reference)
    limits = ITSELF if before.quantized else limits_of(reference)
    if before.quantized:  # what it said before is what must not have changed
        reference = replace(reference, answers=before.answers)
    for paths in (reference.paths[:BATCH], reference.paths[:1]):
        answers = finish(ask_file(file, paths, name))
        found = compare(reference, answers, file.card.labels, limits)
        if not found.passed:
            raise VerificationError(
                f"{name} answered differently after its card was written{difference_text(found)}"
            )
