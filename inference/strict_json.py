"""Plain JSON values into dataclasses, strictly: what is not understood is an error, no guess."""

import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from reprlib import Repr
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints


class UnexpectedJsonError(ValueError):
    """JSON of another shape than asked for; the text says where, and what should stand there."""


_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 80


def parse(text: str | bytes) -> Any:  # noqa: ANN401 - JSON of any shape
    """Parse JSON.

    Raises:
        UnexpectedJsonError: it is none, or is nested too deeply to be read.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise UnexpectedJsonError("JSON that is nested too deeply") from None
    except ValueError as error:
        raise UnexpectedJsonError(f"no JSON ({error})") from None


def shown(value: object) -> str:
    """Show a value in an error's text: on one line, however long and deep it is."""
    return _SHORT.repr(value)


def read(kind: Any, content: object, where: str) -> Any:  # noqa: ANN401 - kind decides
    """Turn plain JSON values into `kind`, a dataclass or an annotation used in one.

    Args:
        kind: a dataclass, str, int, float, bool, a path (a string), a tuple of these, one of them
            or None, one of several plain types, or `dict[str, object]` for an object that is
            taken as it is.
        content: what `json.loads` gave.
        where: names the value in an error's text.

    Raises:
        UnexpectedJsonError: a field missing or unknown, or a value of another type.
    """
    if is_dataclass(kind):
        return _read_fields(kind, content, where)
    if get_origin(kind) is UnionType:
        return _read_one_of(get_args(kind), content, where)
    if get_origin(kind) is tuple:
        return _read_tuple(get_args(kind), content, where)
    if kind is Path and type(content) is str:
        return Path(content)
    if kind is float and type(content) in (int, float):
        return _read_number(content, where)
    if type(content) is not (get_origin(kind) or kind):
        raise UnexpectedJsonError(
            f"{where} should be {kind.__name__}, not {type(content).__name__}"
        )
    return content


def _read_number(content: Any, where: str) -> float:  # noqa: ANN401 - an int or a float
    # JSON has numbers of any size: 1e999 becomes infinite, a long integer fits no float at all.
    if not abs(content) <= sys.float_info.max:
        raise UnexpectedJsonError(f"{where} is beyond what a number can hold")
    return float(content)


def _read_fields(kind: Any, content: object, where: str) -> Any:  # noqa: ANN401
    if not isinstance(content, Mapping):
        raise UnexpectedJsonError(f"{where} should be an object, not {type(content).__name__}")
    hints, required = _fields_of(kind)
    for name in sorted(required - content.keys()):
        raise UnexpectedJsonError(f"{where} has no field {name!r}")
    for name in sorted(content.keys() - hints.keys()):
        raise UnexpectedJsonError(f"{where} has an unknown field {shown(name)}")
    return kind(**{name: read(hints[name], content[name], f"{where}.{name}") for name in content})


@cache
def _fields_of(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:  # noqa: ANN401
    """Give a dataclass's fields with their types, and those that must stand there."""
    required = (field.name for field in fields(kind) if field.default is MISSING)
    return get_type_hints(kind), frozenset(required)


def _read_one_of(kinds: tuple[Any, ...], content: object, where: str) -> Any:  # noqa: ANN401
    """Read a kind or None, or one of several plain types."""
    if content is None and NoneType in kinds:
        return None
    plain = [kind for kind in kinds if kind is not NoneType]
    if len(plain) > 1:
        if type(content) in plain:
            return content
        names = " or ".join(kind.__name__ for kind in plain)
        raise UnexpectedJsonError(f"{where} should be {names}, not {type(content).__name__}")
    return read(plain[0], content, where)


def _read_tuple(parts: tuple[Any, ...], content: object, where: str) -> tuple[Any, ...]:
    if not isinstance(content, list):
        raise UnexpectedJsonError(f"{where} should be a list, not {type(content).__name__}")
    if parts[-1] is Ellipsis:
        parts = parts[:1] * len(content)
    if len(parts) != len(content):
        raise UnexpectedJsonError(f"{where} should have {len(parts)} values, not {len(content)}")
    return tuple(
        read(part, value, f"{where}[{index}]")
        for index, (part, value) in enumerate(zip(parts, content, strict=True))
    )
