"""JSON into dataclasses: what is not understood is an error in one short line."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tlx.inference.strict_json import UnexpectedJsonError, parse, read, shown


@dataclass(frozen=True)
class Place:
    """What a value may be."""

    path: Path
    side: int | str
    maybe: float | None = None


def test_a_path_and_one_of_several_types_are_read():
    assert read(Place, {"path": "a/b", "side": "N"}, "it") == Place(Path("a/b"), "N")
    assert read(Place, {"path": "", "side": 3, "maybe": 1}, "it") == Place(Path(), 3, 1.0)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"path": 1, "side": 1}, "it.path should be Path, not int"),
        ({"path": "", "side": None}, "it.side should be int or str, not NoneType"),
        ({"path": "", "side": True}, "it.side should be int or str, not bool"),
        ({"path": "", "side": 1.5}, "it.side should be int or str, not float"),
        ({"path": "", "side": 1, "maybe": "x"}, "it.maybe should be float, not str"),
    ],
)
def test_another_type_is_named(content, text):
    with pytest.raises(UnexpectedJsonError, match=f"^{text}$"):
        read(Place, content, "it")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "{", b"\xff", "9" * 5000])
def test_no_json_is_an_error_however_deep(text):
    with pytest.raises(UnexpectedJsonError):
        parse(text)


def test_a_value_is_shown_short():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert len(shown(deep)) < 100
    assert len(shown("x" * 10**6)) < 100
    assert shown("dance") == "'dance'"
