"""Cards as JSON, both ways, strictly: a card that is not understood is an error, no guess."""

import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from ..errors import CardError
from .card import SCHEMA, ModelCard

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


def card_from_json(text: str) -> ModelCard:
    """Read a card.

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
            f"the card has schema {content['schema']!r}, this tlx reads 1 to {SCHEMA}: "
            "install the newer tlx that wrote it"
        )
    # Later schemas only added fields with a default, so an earlier card is one of the latest.
    return _read(ModelCard, content | {"schema": SCHEMA}, "card")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _read(kind: Any, content: object, where: str) -> Any:  # noqa: ANN401 - kind decides
    """Turn plain JSON values into `kind`, a dataclass or an annotation used in one."""
    if is_dataclass(kind):
        return _read_fields(kind, content, where)
    if get_origin(kind) is UnionType:
        return _read_optional(kind, content, where)
    if get_origin(kind) is tuple:
        return _read_tuple(get_args(kind), content, where)
    if kind is float and type(content) in (int, float):
        return _read_number(content, where)
    if type(content) is not kind:
        raise CardError(f"{where} should be {kind.__name__}, not {type(content).__name__}")
    return content


def _read_number(content: Any, where: str) -> float:  # noqa: ANN401 - an int or a float
    # JSON has numbers of any size: 1e999 becomes infinite, a long integer fits no float at all.
    if not abs(content) <= sys.float_info.max:
        raise CardError(f"{where} is beyond what a number can hold")
    return float(content)


def _read_fields(kind: Any, content: object, where: str) -> Any:  # noqa: ANN401
    if not isinstance(content, Mapping):
        raise CardError(f"{where} should be an object, not {type(content).__name__}")
    hints = get_type_hints(kind)
    required = {field.name for field in fields(kind) if field.default is MISSING}
    for name in sorted(required - content.keys()):
        raise CardError(f"{where} has no field {name!r}")
    for name in sorted(content.keys() - hints.keys()):
        raise CardError(f"{where} has an unknown field {name!r}")
    return kind(**{name: _read(hints[name], content[name], f"{where}.{name}") for name in content})


def _read_optional(kind: Any, content: object, where: str) -> Any:  # noqa: ANN401
    if content is None:
        return None
    (inner,) = (part for part in get_args(kind) if part is not NoneType)
    return _read(inner, content, where)


def _read_tuple(parts: tuple[Any, ...], content: object, where: str) -> tuple[Any, ...]:
    if not isinstance(content, list):
        raise CardError(f"{where} should be a list, not {type(content).__name__}")
    if parts[-1] is Ellipsis:
        parts = parts[:1] * len(content)
    if len(parts) != len(content):
        raise CardError(f"{where} should have {len(parts)} values, not {len(content)}")
    return tuple(
        _read(part, value, f"{where}[{index}]")
        for index, (part, value) in enumerate(zip(parts, content, strict=True))
    )
