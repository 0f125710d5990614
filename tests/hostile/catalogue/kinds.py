"""What a kind of bad input is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REFUSED, ANSWERED, EITHER = "refused", "answered", "either"
"""What a picture of a kind gets: a reason; an answer; or one of the two, by how it is damaged."""


@dataclass(frozen=True)
class Kind:
    """A kind of bad input: `write` puts any number of it into an empty folder."""

    name: str
    write: Callable[[Path], object]
    answer: str = REFUSED

    def __str__(self) -> str:
        return self.name


def put(folder: Path, contents: dict[str, bytes]) -> None:
    """Write files by their names."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
