"""`tlx verify`: a model file that is there already, held against the run it is said to be from."""

import os
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ModelFileError, TlxError, VerificationError
from ..inference.card import ModelCard
from ..inference.events import finish
from ..inference.graph_input import ANY_SIZE
from ..inference.inspection import archive_kind, is_zip
from ..training.checkpoint import load_checkpoint
from .condition import USUAL
from .events import Verified
from .files import FORMATS, Format
from .opening import open_with_card
from .options import ExportOptions, deployed_card
from .pictures import VerificationPictures, verification_pictures
from .reference import ComparisonProgress, compute_reference
from .verdict import require_passed
from .verification import Verification, verify_file

BEST = "best.pt"
FEWEST_SCORES = 64
"""Known pictures below which nothing is said of the threshold for unknown ones."""

VerifyEvent = VerificationPictures | ComparisonProgress | Verified


@dataclass(frozen=True, eq=False)
class VerifiedFile:
    """A file that answers as the checkpoint does."""

    path: Path
    format: str
    verification: Verification


def verify(
    file: str | os.PathLike[str],
    against: str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | None = None,
) -> VerifiedFile:
    """Verify a model file as `tlx verify` does, without printing.

    Args:
        file: a model file of tlx.
        against: the run folder whose `best.pt` it is said to answer like, or that `best.pt`.
        data: pictures to verify on, by default the run's.

    Raises:
        VerificationError: it does not.
        TlxError: the file, the run or the pictures cannot be used.
    """
    return finish(verify_events(Path(file), Path(against), None if data is None else Path(data)))


def verify_events(
    path: Path, run: Path, data: Path | None = None
) -> Generator[VerifyEvent, None, VerifiedFile]:
    """Verify, yielding what happens; nothing is written or changed."""
    target = _format_of(path)
    if run.name == BEST and run.is_file():  # named itself, as other commands take it
        run = run.parent
    checkpoint = load_checkpoint(run / BEST)
    card = _expected(checkpoint.card, _card_of(target, path))
    checkpoint = replace(checkpoint, card=card)
    with verification_pictures(run, card, data) as pictures:
        yield pictures
        reference = yield from compute_reference(checkpoint, pictures.paths)
        opened = open_with_card(target, path, path.name, reference)
        reference = reference.with_rule(opened.rule)
        verification = yield from verify_file(target, path, opened, reference, pictures)
    yield Verified(path.name, verification)
    require_passed(verification, reference, opened, path.name)
    _require_likely_threshold(card, verification, path.name)
    return VerifiedFile(path, target.name, verification)


def _require_likely_threshold(card: ModelCard, verification: Verification, name: str) -> None:
    """Hold the threshold for unknown pictures, which no checkpoint has, against known ones' scores.

    An export takes it from the scores of the run's validation pictures. With the share that was
    to be refused unknown here, all that can be said is that it lies where they do.

    Raises:
        VerificationError: it is farther from all of them than they are from each other.
    """
    threshold, scores = card.unknown_threshold, verification.answers.unknown_score
    of_the_run = verification.source in ("validation", "validation and training")
    if threshold is None or scores is None or not of_the_run or len(scores) < FEWEST_SCORES:
        return
    low, high = float(scores.min()), float(scores.max())
    if not 2 * low - high <= threshold <= 2 * high - low:
        raise VerificationError(
            f"{name} does not answer as an export of this run does: the threshold for unknown "
            f"pictures in its card is {threshold:.4g}, the scores of {len(scores)} known pictures "
            f"are {low:.4g} to {high:.4g}; export the run again"
        )


def _format_of(path: Path) -> Format:
    """Tell a file's format from its content.

    Raises:
        ModelFileError: it is a damaged archive, or one of something else.
    """
    named = {target.name: target for target in FORMATS}
    if not is_zip(path):
        return named["onnx"]  # whose session says what is wrong with it, or that it is missing
    kind = archive_kind(path)
    if kind not in named:
        raise ModelFileError(
            f"{path} is a {kind} or no file of tlx; give a file that tlx export wrote, such as "
            "model.onnx"
        )
    return named[kind]


def _card_of(target: Format, path: Path) -> ModelCard:
    """Read a file's own card.

    Raises:
        ModelFileError: it cannot be opened.
    """
    try:
        return target.open(path, USUAL).card
    except TlxError:
        raise
    except Exception as error:  # noqa: BLE001 - torch's errors share no base
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(f"{path} cannot be opened as {target.name}: {reason}") from None


def _expected(card: ModelCard, found: ModelCard) -> ModelCard:
    """Give the card that an export with the file's own options would have.

    What the file says of its input, its picture size, its quantization and its rule for unknown
    pictures is how it was made.
    """
    embed = found.input == ANY_SIZE
    options = ExportOptions(
        formats=("onnx",),
        imgsz=found.preprocessing.crop,
        input="uint8-nhwc" if embed else found.input,
        embed_resize=embed,
    )
    card = deployed_card(card, options)
    return replace(
        card,
        quantization=found.quantization,
        unknown_threshold=found.unknown_threshold,
        results=(*card.results, *filter(None, [found.refusal])),
    )
