"""Export: write with the card, verify, add the result, reopen, hash, and only then rename."""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import VerificationError
from ..evaluation.unknown import UnknownRule
from ..inference.card import REFUSED, ModelCard, Quantization
from ..inference.events import finish
from ..training.checkpoint import Checkpoint, load_checkpoint
from .delivery import check_deliveries, deliver
from .events import ExportEvent, Verified, Writing
from .files import FORMATS, Format
from .final_checks import repeat_one_batch, require_one_file, require_options
from .opening import open_with_card
from .options import LEGACY_OPSETS, ExportOptions, deployed_card
from .pictures import VerificationPictures, verification_pictures
from .record import ExportedFile, clear_the_way, find_earlier, origin, sync_and_hash, write_record
from .reference import Reference, compute_reference
from .smaller import (
    TABLE,
    QuantizationPictures,
    TrialTable,
    drop_rows,
    make_smaller,
    quantization_pictures,
    recorded,
    require_own_table,
)
from .unknown_fit import RuleFitted, RulePictures, fit_of_run, fit_to_file
from .verdict import require_passed
from .verification import Verification, verify_file
from .work_folder import work_folder
from .writing import complete, write_plain

DEFAULT = ExportOptions()


def export(
    run: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
    options: ExportOptions = DEFAULT,
) -> tuple[ExportedFile, ...]:
    """Export a run to verified model files, as `tlx export` does, without printing.

    Args:
        run: a run folder; its `best.pt` is exported.
        out: folder for the files, by default the run folder.
        data: the folder it was trained on, if that has moved, or other pictures to verify on.
        options: what to make; by default ONNX and TorchScript.

    Raises:
        VerificationError: a file does not answer as the checkpoint; it is not published.
        TlxError: the run or its pictures cannot be used.
    """
    events = export_events(
        Path(run),
        None if out is None else Path(out),
        None if data is None else Path(data),
        options,
    )
    return finish(events)


def export_events(
    run: Path,
    out: Path | None = None,
    data: Path | None = None,
    options: ExportOptions = DEFAULT,
) -> Generator[ExportEvent, None, tuple[ExportedFile, ...]]:
    """Export, yielding what happens; the arguments are those of `export`.

    Returns:
        The published files.
    """
    checkpoint = load_checkpoint(run / "best.pt")
    checkpoint = replace(checkpoint, card=deployed_card(checkpoint.card, options))
    folder = out or run
    names = [name for target in _formats(options) for name in _names(target, options)]
    find_earlier(folder, names)  # refuses someone else's files before any work is done
    require_own_table(folder / TABLE)
    onnx_files = [folder / name for name in names if name.endswith(".onnx")]
    check_deliveries(options, onnx_files)
    for_smaller = _for_smaller(run, data, checkpoint.card, options)
    with (
        work_folder(folder) as work,
        verification_pictures(run, checkpoint.card, data) as pictures,
    ):
        yield pictures
        rule, for_rule = yield from fit_of_run(run, data, checkpoint, options.refuse)
        checkpoint = replace(checkpoint, card=_judging(checkpoint.card, rule))
        reference = yield from compute_reference(checkpoint, pictures.paths)
        reference = reference.with_rule(rule)
        job = _Job(folder, work, options, checkpoint, reference, pictures, for_smaller, for_rule)
        published, refusals = yield from _publish_all(job)
        if options.bundle or options.triton:
            yield from deliver(options, onnx_files, published, pictures.paths)
        if refusals:
            raise VerificationError("; and ".join(map(str, refusals)))
        return tuple(published)


@dataclass(frozen=True, eq=False)
class _Job:
    """What every file of one export has in common."""

    folder: Path
    work: Path
    options: ExportOptions
    checkpoint: Checkpoint
    reference: Reference
    pictures: VerificationPictures
    for_smaller: QuantizationPictures | None
    for_rule: RulePictures | None


def _for_smaller(
    run: Path, data: Path | None, card: ModelCard, options: ExportOptions
) -> QuantizationPictures | None:
    return quantization_pictures(run, data, card, options) if options.quantize else None


def _judging(card: ModelCard, rule: UnknownRule | None) -> ModelCard:
    others = tuple(result for result in card.results if result.metric != REFUSED)
    if rule is None:
        return replace(card, unknown_threshold=None, results=others)
    refusal = () if rule.refusal is None else (rule.refusal,)
    return replace(card, unknown_threshold=rule.threshold, results=(*others, *refusal))


def _formats(options: ExportOptions) -> list[Format]:
    return [target for target in FORMATS if target.name in options.formats]


def _names(target: Format, options: ExportOptions) -> list[str]:
    """Name the files of a format: the float file, then the smaller ones."""
    stem = "model.any-size" if options.embed_resize else "model"
    smaller = options.quantize if target.name == "onnx" else ()
    return [f"{stem}.{part}{target.ending}" for part in ("", *(f"{kind}." for kind in smaller))]


def _publish_all(
    job: _Job,
) -> Generator[ExportEvent, None, tuple[list[ExportedFile], list[VerificationError]]]:
    """Publish every float file, then what is smaller; one that is refused keeps none back.

    Returns:
        What was published, and why others were refused.
    """
    published: list[ExportedFile] = []
    refusals: list[VerificationError] = []
    for work in _files(job):
        try:
            published.append((yield from work))
        except VerificationError as error:
            refusals.append(error)
    return published, refusals


def _files(job: _Job) -> Iterator[Generator[ExportEvent, None, ExportedFile]]:
    """Give the work of each file, the float ones first: the smaller are made of them."""
    targets = _formats(job.options)
    for target in targets:
        yield _publish_float(job, target, _plain_file(job, target), _names(target, job.options)[0])
    for target in targets:
        plain = _plain_file(job, target)
        for kind, name in zip(job.options.quantize, _names(target, job.options)[1:], strict=False):
            if (job.folder / _names(target, job.options)[0]).exists():
                yield _publish_smaller(job, target, plain, kind, name)


def _clear(job: _Job, name: str) -> None:
    """Let an earlier file of a name go, just before it is made anew."""
    clear_the_way(job.folder, [name])
    drop_rows(job.folder / TABLE, [name])


def _plain_file(job: _Job, target: Format) -> Path:
    return job.work / f"plain.{target.ending}"


def _publish_smaller(
    job: _Job, target: Format, plain: Path, kind: str, name: str
) -> Generator[ExportEvent, None, ExportedFile]:
    assert job.for_smaller is not None  # chosen before any work was done
    _clear(job, name)
    yield Writing(name)
    made = job.work / f"{kind}.{target.ending}"
    names = (_names(target, job.options)[0], name)
    events = make_smaller(kind, plain, made, job.options, job.for_smaller, names)
    table = TrialTable(job.folder / TABLE, name, origin(job.checkpoint))
    found = yield from recorded(events, table)
    yield found
    rule = None
    if job.reference.rule is not None and job.for_rule is not None:
        rule = yield from fit_to_file(made, job.checkpoint.card, job.for_rule, name)
        yield RuleFitted(name, rule.threshold, job.for_rule)
    exported = yield from _publish(job, target, made, name, rule, found.quantization)
    table.write(found.trials, found.chosen, exported.sha256)
    return exported


def _publish_float(
    job: _Job, target: Format, plain: Path, name: str
) -> Generator[ExportEvent, None, ExportedFile]:
    """Publish the float file; what torch's newer exporter got wrong is written by the older."""
    _clear(job, name)
    yield Writing(name)
    try:
        write_plain(target, job.checkpoint, plain, job.options, job.reference.rule)
        return (yield from _publish(job, target, plain, name, job.reference.rule))
    except VerificationError as first:
        if target.name != "onnx" or job.options.legacy or job.options.opset > LEGACY_OPSETS[1]:
            raise
        yield Writing(name, instead_of=str(first))
        try:
            older = replace(job.options, legacy_exporter=True)
            write_plain(target, job.checkpoint, plain, older, job.reference.rule)
            return (yield from _publish(job, target, plain, name, job.reference.rule))
        except Exception:  # noqa: BLE001 - whatever ails the older one, the first error tells more
            raise first from None


def _publish(
    job: _Job,
    target: Format,
    made: Path,
    name: str,
    rule: UnknownRule | None,
    quantization: Quantization | None = None,
) -> Generator[ExportEvent, None, ExportedFile]:
    """Verify what was made, on a copy; the copy gets the final name."""
    card = replace(_judging(job.checkpoint.card, rule), quantization=quantization)
    # In a folder of its own: what it needs beside it would not be there in the end.
    final, path = job.folder / name, Path(tempfile.mkdtemp(dir=job.work)) / name
    shutil.copyfile(made, path)
    if target.name == "onnx" and (rule or quantization or job.options.embed_resize):
        complete(path, card, rule)
    with _said_unpublished():
        reference = replace(job.reference, card=card).with_rule(rule)
        verification = yield from _verify(job, target, path, reference)
    exported = ExportedFile.of(final, target.name, verification, sync_and_hash(path), quantization)
    # The record first: whatever lies under a final name stands in it, even after a kill.
    write_record(job.folder, job.checkpoint, exported)
    path.replace(final)
    yield exported
    return exported


def _verify(
    job: _Job, target: Format, path: Path, reference: Reference
) -> Generator[ExportEvent, None, Verification]:
    """Hold a file, with the reference's card in it, against that; write the result into it."""
    card, name = reference.card, path.name
    file = open_with_card(target, path, name, reference)
    verification = yield from verify_file(target, path, file, reference, job.pictures)
    yield Verified(name, verification)
    require_passed(verification, reference, file, name)
    require_options(job.options, target, file, name)
    if (reference.rule is not None) != (verification.answers.unknown_score is not None):
        raise VerificationError(f"{name} and its card differ on a score for unknown pictures")
    target.rewrite_card(path, replace(card, verification=verification.summary))
    require_one_file(path)
    repeat_one_batch(target, path, name, reference, verification)
    return verification


@contextmanager
def _said_unpublished() -> Generator[None]:
    try:
        yield
    except VerificationError as error:
        raise VerificationError(f"{error}; it was not published") from None
