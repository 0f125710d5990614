"""What a report's page says of the model and of how the report came about."""

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ..inference.card import MeasuredResult, ModelCard

_PACKAGES = ("tlx", "onnxruntime", "numpy", "pillow", "scikit-learn", "scipy")

Facts = list[tuple[str, str]]
"""Names and texts, a row each."""


@dataclass(frozen=True)
class PageOrigin:
    """How a report came about.

    Attributes:
        command: as it was typed.
        date: ISO 8601.
        note: what the reader must know of the pictures, such as that they chose the epoch; or "".
        data: the folder or CSV of the pictures, as given; or "".
    """

    command: str
    date: str
    note: str = ""
    data: str = ""


def origin_facts(origin: PageOrigin) -> Facts:
    """Say how the report came about: the command, the day, the versions."""
    versions = [f"{name} {version(name)}" for name in _PACKAGES]
    return [
        ("command", origin.command),
        ("date", origin.date),
        ("versions", ", ".join([*versions, f"Python {platform.python_version()}"])),
    ]


def model_facts(card: ModelCard, path: Path) -> Facts:
    """Say what a model file says of itself."""
    return list(_model_facts(card, path))


def _model_facts(card: ModelCard, path: Path) -> Iterator[tuple[str, str]]:
    origin, rule = card.provenance, card.preprocessing
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    yield "file", path.name
    yield "SHA-256", digest
    yield "task", card.task
    yield "labels", f"{len(card.labels)}"
    yield "network", origin.architecture
    yield "started from", origin.weights
    if origin.weights_sha256:
        yield "SHA-256 of these weights", origin.weights_sha256
    if origin.adopted:
        yield "trained on", "not known: it was trained elsewhere, and adopted"
    else:
        yield "trained on", f"data of fingerprint {origin.data_fingerprint}"
        yield "trained", f"{origin.date}, tlx {origin.tlx}, torch {origin.torch}"
        yield "frozen up to", origin.freeze
        yield "seed", f"{origin.seed}"
    yield (
        "pictures",
        (
            f"{rule.colour}, EXIF orientation applied, short side resized to {rule.resize_side} px "
            f"({rule.resize_filter}), centre crop of {rule.crop} px"
        ),
    )
    yield "temperature", f"{card.temperature:.4g}"
    if card.unknown_threshold is not None:
        yield "unknown above a score of", f"{card.unknown_threshold:.4g}"
    for result in card.results:
        yield f"{result.metric}, {result.split}", _result_text(result)
    if card.quantization is not None:
        yield "made smaller", f"{card.quantization.kind}: {card.quantization.recipe}"
    if card.verification is not None:
        yield "verified", f"against its checkpoint on {card.verification.pictures} pictures"


def _result_text(result: MeasuredResult) -> str:
    text = f"{result.value:.4f}"
    if result.interval:
        text += f" (95% interval {result.interval[0]:.4f} to {result.interval[1]:.4f})"
    text += f" on {result.pictures} pictures"
    return f"{text}, which chose the epoch" if result.used_for_selection else text
