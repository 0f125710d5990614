"""`--provider` and `--card`, the same for every command that opens a model file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .screen import Screen

if TYPE_CHECKING:
    from ..inference.classifier import Classifier


@dataclass(frozen=True)
class Opening:
    """A model file, what computes it, and its card where it has none in it."""

    model: Path
    provider: str
    card: Path | None


@dataclass(frozen=True)
class Pair:
    """Two model files that are compared, what computes them, and the card of those without."""

    models: tuple[Path, Path]
    provider: str
    card: Path | None


def provider_option() -> str:
    """Declare what computes."""
    return typer.Option(
        "cpu",
        "--provider",
        help="What computes: cpu | cuda | tensorrt | openvino | coreml | directml; it is compared "
        "with the processor before it is used.",
    )


def card_option() -> Path | None:
    """Declare the card of a file that has none in it."""
    return typer.Option(
        None, "--card", help="JSON file with the card of an ONNX file that has none (docs/card.md)."
    )


def show_provider(classifier: "Classifier", screen: Screen, which: str = "") -> list[str]:
    """Say what came of a provider's comparison with the processor; gives the lines.

    Args:
        classifier: one that was opened on the provider.
        screen: where it is shown.
        which: what each line begins with, where there are several files.
    """
    if classifier.provider_check is None:
        return []
    from ..inference.provider_check import check_text

    lines = [which + line for line in check_text(classifier.provider_check)]
    for line in lines:
        screen.row(f"note: {line}")
    return lines
