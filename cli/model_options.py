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


def show_provider(classifier: "Classifier", screen: Screen) -> list[str]:
    """Say what came of a provider's comparison with the processor; gives the lines."""
    if classifier.provider_check is None:
        return []
    from ..inference.provider_check import check_text

    lines = list(check_text(classifier.provider_check))
    for line in lines:
        screen.row(f"note: {line}")
    return lines
