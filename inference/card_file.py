"""A card in a file of its own, for a model file that has none in it."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from ..errors import CardError
from .card import ModelCard, Provenance
from .card_json import card_from_json
from .strict_json import UnexpectedJsonError, parse

MAX_BYTES = 16_000_000
"""A longer file is no card: a thousand labels take 30 thousand."""
UNKNOWN = "unknown"
_ELSEWHERE = Provenance(
    tlx=UNKNOWN,
    torch=UNKNOWN,
    architecture=UNKNOWN,
    weights=UNKNOWN,
    weights_sha256=None,
    freeze=UNKNOWN,
    data_fingerprint="",
    date=UNKNOWN,
    seed=0,
)
"""Of a card that does not say where the network comes from."""


def read_card_file(path: str | os.PathLike[str]) -> ModelCard:
    """Read a card as JSON, or the output of `tlx inspect --json`; `provenance` may be left out.

    Raises:
        CardError: there is no such file, or it holds no card.
    """
    place = Path(path)
    try:
        return card_from_json(_whole(_text(place)), beside=True)
    except CardError as error:
        raise CardError(f"{place}: {error}") from None


def _text(place: Path) -> str:
    try:
        if place.exists() and not place.is_file():
            raise CardError("no file but a folder or device; docs/card.md shows a card's file")
        if not place.is_file():
            raise CardError("no such file; docs/card.md shows what a card looks like")
        size = place.stat().st_size
        if size > MAX_BYTES:
            raise CardError(f"{size:,} bytes are more than a card's {MAX_BYTES:,}")
        return place.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CardError(f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise CardError("no card, for it is not UTF-8 text") from None


def _whole(text: str) -> str:
    """Take the card out of what `tlx inspect --json` printed, and fill in what may be left out."""
    try:
        content: object = parse(text)
    except UnexpectedJsonError:
        return text  # what is wrong with it is said by whoever reads cards
    if isinstance(content, dict) and "schema" not in content and "card" in content:
        content = content["card"]
    if isinstance(content, dict):
        content = {"provenance": asdict(_ELSEWHERE), **content}
    return json.dumps(content)
