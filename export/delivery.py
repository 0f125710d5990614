"""What is made of a verified ONNX file for others: a bundle, a model in a Triton repository."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .bundle import BundleSummary, check_bundle_target, withdraw_bundle, write_bundle
from .options import ExportOptions
from .record import ExportedFile
from .triton import (
    TritonSummary,
    check_triton_target,
    triton_name,
    withdraw_triton_model,
    write_triton_repository,
)


def check_deliveries(options: ExportOptions, onnx_files: Sequence[Path]) -> None:
    """Make sure that they may be written, before any work is done.

    Args:
        options: of the export.
        onnx_files: where its ONNX files will lie, the float one first.

    Raises:
        UsageError: something else lies there.
    """
    if options.bundle is not None:
        check_bundle_target(options.bundle)
    if options.triton is not None:
        for path in _deliverable(options, onnx_files):
            check_triton_target(options.triton, triton_name(path))


def deliver(
    options: ExportOptions,
    onnx_files: Sequence[Path],
    published: Sequence[ExportedFile],
    pictures: Sequence[Path],
) -> Iterator[BundleSummary | TritonSummary]:
    """Write what was asked for, with the ONNX file, or with the smallest of the quantized ones.

    What an earlier export made of one that was refused now goes, as that file did.

    Args:
        options: of the export.
        onnx_files: where its ONNX files were to lie, the float one first.
        published: what was not refused.
        pictures: for the bundle.
    """
    wanted = _deliverable(options, onnx_files)
    _withdraw(options, [path for path in wanted if not path.exists()], len(wanted))
    made = [file.path for file in published if file.path in wanted]
    if not made:
        return
    file = min(made, key=lambda path: path.stat().st_size)
    if options.bundle is not None:
        yield write_bundle(file, pictures, options.bundle)
    if options.triton is not None:
        yield write_triton_repository(file, options.triton)


def _deliverable(options: ExportOptions, onnx_files: Sequence[Path]) -> Sequence[Path]:
    return onnx_files[1:] if options.quantize else onnx_files


def _withdraw(options: ExportOptions, refused: Sequence[Path], count: int) -> None:
    """Remove what was made of refused files; a bundle only if none of the `count` is left."""
    if options.bundle is not None and len(refused) == count:
        withdraw_bundle(options.bundle)
    if options.triton is not None:
        for path in refused:
            withdraw_triton_model(options.triton, triton_name(path))
