"""What is smaller than the float file: fp16 and int8, each through its gates."""

from collections.abc import Generator
from pathlib import Path

from ..errors import UsageError
from ..inference.card import Quantization
from .options import ExportOptions
from .reference import ComparisonProgress


def make_smaller(
    kind: str, plain: Path, made: Path, options: ExportOptions, run: Path, data: Path | None
) -> Generator[ComparisonProgress, None, Quantization]:
    """Write the smaller file `made` of the float file `plain`."""
    raise UsageError(f"--quantize {kind} is being built")
    yield
