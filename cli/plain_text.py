"""Text for a terminal or a pipe, whatever stands in a file's name; without Typer and Rich."""

import json
import sys

_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


def one_line(text: str) -> str:
    """Escape control characters: a file's name must not break a row or steer the terminal."""
    return text.translate(_CONTROLS)


def json_line(content: object) -> str:
    """Write a line of JSON in ASCII, so that it is JSON whatever the encoding of a pipe."""
    return json.dumps(content, allow_nan=False) + "\n"


def accept_any_file_name() -> None:
    """Let a name that is not valid Unicode neither stop a batch nor be mistaken for another."""
    errors = {sys.stdin: "surrogateescape", sys.stdout: "backslashreplace"}
    for stream, handling in {**errors, sys.stderr: "backslashreplace"}.items():
        getattr(stream, "reconfigure", lambda **_: None)(errors=handling)
