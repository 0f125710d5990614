"""What is made of a verified ONNX file for others: a bundle, a model in a Triton repository."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .bundle import BundleSummary, check_bundle_target, write_bundle
from .options import ExportOptions
from .record import ExportedFile
from .triton import TritonSummary, check_triton_target, triton_name, write_triton_repository


def check_deliveries(options: ExportOptions, onnx_files: Sequence[Path]) -> None:
    """Make sure that they may be written, before any work is done.

    Args:
        options: of the export.
        onnx_files: where its ONNX files will lie.

    Raises:
        UsageError: something else lies there.
    """
    if options.bundle is not None:
        check_bundle_target(options.bundle)
    if options.triton is not None:
        check_triton_target(options.triton, triton_name(onnx_files[-1]))


def deliver(
    options: ExportOptions, published: Sequence[ExportedFile], pictures: Sequence[Path]
) -> Iterator[BundleSummary | TritonSummary]:
    """Write what was asked for, with the last ONNX file: the smaller one, if there is one."""
    file = [file.path for file in published if file.format == "onnx"][-1]
    if options.bundle is not None:
        yield write_bundle(file, pictures, options.bundle)
    if options.triton is not None:
        yield write_triton_repository(file, options.triton)
