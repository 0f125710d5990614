"""Cards as JSON, both ways, strictly: a card that is not understood is an error, no guess."""

import json
from dataclasses import asdict

from ..errors import CardError
from .card import NORMALISED, SCHEMA, ModelCard
from .strict_json import UnexpectedJsonError, read, shown

READABLE = range(1, SCHEMA + 1)


def card_to_json(card: ModelCard) -> str:
    """Write a card as JSON text; equal cards give equal text.

    Raises:
        CardError: one of its numbers is infinite or NaN.
    """
    try:
        return json.dumps(asdict(card), ensure_ascii=False, allow_nan=False, indent=1)
    except ValueError as error:
        raise CardError(f"the card cannot be written ({error})") from None


def card_content(card: ModelCard) -> dict[str, object]:
    """Give a card as plain JSON values, for an object that holds it.

    Raises:
        CardError: one of its numbers is infinite or NaN.
    """
    return json.loads(card_to_json(card))


def card_from_json(text: str, beside: bool = False) -> ModelCard:
    """Read a card.

    Args:
        text: JSON.
        beside: it was given beside a model file, not in it.

    Raises:
        CardError: no JSON, an unknown schema, a field missing, unknown or of another type.
    """
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise CardError(f"the card is not JSON ({error})") from None
    if not isinstance(content, dict) or "schema" not in content:
        raise CardError("the card has no schema number: this is not a card of tlx")
    if content["schema"] not in READABLE or type(content["schema"]) is not int:
        raise CardError(
            f"the card has schema {shown(content['schema'])}, this tlx reads 1 to {SCHEMA}: "
            "install the newer tlx that wrote it"
        )
    # Later schemas only added fields with a default, so an earlier card is one of the latest.
    try:
        card: ModelCard = read(ModelCard, content | {"schema": SCHEMA}, "card")
        if "\\u" in text or not text.isascii():
            card_to_json(card).encode()
    except UnexpectedJsonError as error:
        raise CardError(str(error)) from None
    except UnicodeEncodeError:  # half of a pair of UTF-16, which JSON can hold
        raise CardError("the card holds what is no Unicode text") from None
    if card.input == NORMALISED and not beside:
        raise CardError(f"the card in a file of tlx cannot have the input {NORMALISED!r}")
    return card


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
