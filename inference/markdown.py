"""Parts of a Markdown text (CommonMark with tables), in which names are shown as they are."""

import json
import re
from collections.abc import Iterable, Sequence

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}
_MEANING = str.maketrans(_ENTITIES | {mark: f"\\{mark}" for mark in ("\\", *"`*_[]#|~!$:@")})


def escape(text: str) -> str:
    """Write a text that came from elsewhere so that no character of it is read as Markdown or HTML.

    Control characters, line feeds among them, are spelt out.
    """
    return text.translate(_CONTROLS).translate(_MEANING)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; the cells are Markdown already, each in one line."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code_span(text: str) -> str:
    """Write a few words of code, as fit for a cell of a table."""
    plain = text.translate(_CONTROLS)
    return f"<code>{escape(text)}</code>" if {"`", "|"} & {*plain} else f"`{plain}`"


def python_string(text: str) -> str:
    """Write a text as a string of Python."""
    return json.dumps(text, ensure_ascii=False)


def code(language: str, text: str) -> str:
    """Write a block of code, whatever it holds."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def bullets(items: Iterable[str]) -> str:
    """Write a list."""
    return "\n".join(f"- {item}" for item in items)


def numbered(items: Iterable[str]) -> str:
    """Write a list of steps."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
