"""Changing JSON as JSON: what libFuzzer changes byte by byte is mostly no JSON any more."""

import json
import random
from typing import Any

ODD = (
    *(None, True, False, 0, 1, -1, 2**63, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "a", "\ud800", "\0", "a" * 300, "../..", "/dev/zero", "2026-01-01", [], {}, [[]]),
    *([None], {"a": 1}, [0.5, 0.5, 0.5], "multi-label", "int8", "float-nchw", "uint8-any-size"),
)
"""What is put in the place of a value."""


def mutate_json(content: bytes, most: int, seed: int) -> bytes | None:
    """Change a value, a key or the order in a JSON text; None where it is none.

    Args:
        content: the text.
        most: bytes of the result.
        seed: the change follows from it.
    """
    chance = random.Random(seed)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.randint(1, 3)):
        value = _changed(value, chance)
    text = json.dumps(value, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")
    return text if len(text) <= most else None


def _changed(value: Any, chance: random.Random) -> Any:
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(ODD)
    copy = value.copy()
    key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    what = chance.random()
    if what < 0.15:
        del copy[key]
    elif what < 0.25 and isinstance(copy, dict):
        copy[str(chance.choice(ODD))] = copy.pop(key)
    elif what < 0.25:
        copy.insert(key, copy[key])
    else:
        copy[key] = _changed(value[key], chance)
    return copy
