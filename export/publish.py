"""Export: write with the card, verify, add the result, reopen, hash, and only then rename."""

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DataError, VerificationError
from ..inference.card import ModelCard, VerificationSummary
from ..inference.events import finish
from ..samples.sample import Sample
from ..samples.splitting import read_split
from ..training.checkpoint import Checkpoint, load_checkpoint, restore_network
from ..training.config import read_config
from .comparison import Comparison, compare
from .deployed import DeployedNetwork
from .diagnosis import Diagnosis, compare_cards, diagnose
from .files import OnnxFile, OpenedFile, TorchScriptFile, ask_file
from .onnx_file import rewrite_onnx_card, write_onnx
from .record import ExportedFile, clear_the_way, find_earlier, write_record
from .reference import BATCH, ComparisonProgress, Reference, compute_reference
from .torchscript_file import rewrite_torchscript_card, write_torchscript

VERIFIED_PICTURES = 320
"""Validation pictures compared at most, spread over the labels."""


@dataclass(frozen=True)
class Format:
    """How a format is written, opened, and given another card."""

    name: str
    file: str
    write: Callable[[DeployedNetwork, ModelCard, Path], None]
    rewrite_card: Callable[[Path, ModelCard], None]
    open: Callable[[Path], OpenedFile]


FORMATS = (
    Format("onnx", "model.onnx", write_onnx, rewrite_onnx_card, OnnxFile),
    Format("torchscript", "model.ts", write_torchscript, rewrite_torchscript_card, TorchScriptFile),
)


@dataclass(frozen=True)
class Writing:
    """A file is being written, under a temporary name."""

    format: str


@dataclass(frozen=True)
class Verified:
    """A file was compared with the checkpoint; `comparison.passed` is the verdict."""

    format: str
    comparison: Comparison
    worst: Path


ExportEvent = ComparisonProgress | Writing | Verified | ExportedFile


def export(
    run: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
) -> tuple[ExportedFile, ...]:
    """Export a run to ONNX and TorchScript, verified, as `tlx export` does, without printing.

    Args:
        run: a run folder; its `best.pt` is exported.
        out: folder for the files, by default the run folder.
        data: the folder it was trained on, if that has moved.

    Raises:
        VerificationError: a file does not answer as the checkpoint; it is not published.
        TlxError: the run or its pictures cannot be used.
    """
    events = export_events(
        Path(run), None if out is None else Path(out), None if data is None else Path(data)
    )
    return finish(events)


def export_events(
    run: Path,
    out: Path | None = None,
    data: Path | None = None,
    formats: Sequence[str] | None = None,
) -> Generator[ExportEvent, None, tuple[ExportedFile, ...]]:
    """Export, yielding what happens.

    Args:
        run: as in `export`, like `out` and `data`.
        out: folder for the files, by default the run folder.
        data: the folder it was trained on, if that has moved.
        formats: only these of `FORMATS`, by their names; by default all.

    Returns:
        The published files.
    """
    targets = [target for target in FORMATS if formats is None or target.name in formats]
    checkpoint = load_checkpoint(run / "best.pt")
    paths = verification_pictures(run, data)
    folder = out or run
    names = [target.file for target in targets]
    find_earlier(folder, names)  # refuses someone else's files before any work is done
    reference = yield from compute_reference(checkpoint, paths)
    clear_the_way(folder, names)
    published: list[ExportedFile] = []
    for target in targets:
        file = yield from _publish(target, folder, checkpoint, reference, published)
        published.append(file)
        yield file
    return tuple(published)


def verification_pictures(run: Path, data: Path | None) -> list[Path]:
    """Choose the run's validation pictures, at most `VERIFIED_PICTURES`, evenly.

    Raises:
        DataError: they are not where they were.
    """
    root = data or read_config(run).data
    samples: list[Sample] = sorted(
        read_split(run / "split.csv", root, "validation"), key=lambda sample: sample.label
    )
    if not samples:
        raise DataError(f"{run / 'split.csv'} names no validation picture to verify the export on")
    count = min(len(samples), VERIFIED_PICTURES)
    chosen = [samples[index * len(samples) // count].path for index in range(count)]
    missing = [path for path in chosen if not path.is_file()]
    if missing:
        raise DataError(
            f"{missing[0]} is gone, and the export is verified on it; "
            "if the pictures have moved, give their folder with --data"
        )
    return chosen


def _publish(
    target: Format,
    folder: Path,
    checkpoint: Checkpoint,
    reference: Reference,
    published: Sequence[ExportedFile],
) -> Generator[ExportEvent, None, ExportedFile]:
    temporary = folder / f".{target.file}.{os.getpid()}.partial"
    final = folder / target.file
    try:
        yield Writing(target.name)
        network = DeployedNetwork(restore_network(checkpoint), checkpoint.card).eval()
        target.write(network, checkpoint.card, temporary)
        comparison = yield from _verify(target, temporary, final, reference)
        target.rewrite_card(temporary, _with_summary(checkpoint.card, comparison))
        _repeat_one_batch(target, temporary, final, reference)
        file = _exported(final, target.name, comparison, _sync_and_hash(temporary))
        # The record first: whatever lies under a final name stands in it, even after a kill.
        write_record(folder, checkpoint, [*published, file])
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)
    return file


def _exported(path: Path, name: str, comparison: Comparison, sha256: str) -> ExportedFile:
    difference = comparison.max_probability_difference
    return ExportedFile(
        path, name, True, comparison.pictures, difference, comparison.agreement, sha256
    )


def _verify(
    target: Format, path: Path, final: Path, reference: Reference
) -> Generator[ExportEvent, None, Comparison]:
    file = _open_with_card(target, path, final, reference)
    answers = yield from ask_file(file, reference.paths, target.name)
    comparison = compare(reference, answers, file.card.labels)
    worst = reference.paths[comparison.worst]
    yield Verified(target.name, comparison, worst)
    if not comparison.passed:
        fault = _diagnose(reference, file, comparison.worst)
        raise VerificationError(_failure_text(final, fault, _distance_text(comparison, worst)))
    return comparison


def _diagnose(reference: Reference, file: OpenedFile, index: int) -> Diagnosis:
    """Name the stage; the verdict must survive a file that no explanation can be had of."""
    try:
        return diagnose(reference, file, index)
    except Exception as error:  # noqa: BLE001 - the file is faulty, anything may come of it
        return Diagnosis("unknown", f"its stages cannot be computed ({error})")


def _open_with_card(target: Format, path: Path, final: Path, reference: Reference) -> OpenedFile:
    try:
        file = target.open(path)
    except Exception as error:  # noqa: BLE001 - the runtimes' errors share no base
        reason = str(error).replace(path.name, final.name)
        raise VerificationError(f"what was written cannot be used: {reason}") from None
    fault = compare_cards(file.card, reference.card)
    if fault:
        raise VerificationError(_failure_text(final, fault, ""))
    return file


def _failure_text(final: Path, fault: Diagnosis, distance: str) -> str:
    return (
        f"{final.name} does not answer as the checkpoint does and was not published{distance}; "
        f"the first stage that differs is {fault.stage}: {fault.cause}"
    )


def _distance_text(comparison: Comparison, worst: Path) -> str:
    return f" ({'; '.join(comparison.failures)}; worst picture {worst})"


def _with_summary(card: ModelCard, comparison: Comparison) -> ModelCard:
    summary = VerificationSummary(
        comparison.pictures,
        comparison.max_probability_difference,
        comparison.agreement,
        comparison.limit,
        comparison.eager_distance,
    )
    return replace(card, verification=summary)


def _repeat_one_batch(target: Format, path: Path, final: Path, reference: Reference) -> None:
    """Reopen the final bytes and ask them once more: the card was rewritten in between.

    One batch, and one picture alone, as `classify` sends it.
    """
    file = _open_with_card(target, path, final, reference)
    batches = [reference.paths[:BATCH], reference.paths[:1]]
    answers = [finish(ask_file(file, paths, target.name)) for paths in batches]
    if not all(compare(reference, some, file.card.labels).passed for some in answers):
        raise VerificationError(
            f"{final.name} answered differently after its card was written, and was not published"
        )


def _sync_and_hash(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
