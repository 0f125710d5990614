"""The documents hold what they promise: no figure left for later, no test that there is not."""

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
CODE = re.compile(r"^```.*?^```|`[^`]+`", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"(?<![\w.])@\w+|\b(?:[A-Z_]{8,}|TODO|TBD|FIXME|XXX)\b")
NAMES = {"SECURITY"}
"""Words that are written so."""


def test_a_placeholder_is_found():
    text = "`tlx train FOLDER` ran for @seconds: KILLFIGURES; a@b.org and SIGTERM, `@here`"
    assert _placeholders(text) == ["@seconds", "KILLFIGURES"]


def test_no_document_holds_a_placeholder():
    found = {path.name: _placeholders(path.read_text("utf-8")) for path in DOCS.glob("*.md")}
    assert {name: words for name, words in found.items() if words} == {}
    assert "reliability.md" in found


def _placeholders(text: str) -> list[str]:
    return [word for word in PLACEHOLDER.findall(CODE.sub("", text)) if word not in NAMES]


@dataclass(frozen=True)
class Named:
    """A test file that a table of promises names, and how it says that the test is run."""

    path: str
    marks: frozenset[str]


def _named_tests(text: str) -> list[Named]:
    """Find the files in the last column of the tables; a bare name is in the folder before it."""
    found: list[Named] = []
    folder = before = ""
    for line in text.splitlines():
        cell = line.rstrip("| ").rpartition("|")[2] if line.startswith("|") else ""
        if line.startswith("|") and not before.startswith("|"):  # the head of a table
            named = re.search(r"`(tests/\w+)/?`", cell)
            folder = named[1] if named else "tests"
        place, marks = folder, frozenset(re.findall(r"\b(?:slow|soak)\b", cell))
        for name in re.findall(r"`([\w/]*\btest_\w+\.py)`", cell):
            place = name.rpartition("/")[0] or place
            found.append(Named(f"{place}/{name.rpartition('/')[2]}", marks))
        before = line
    return found


def test_a_test_is_found_by_its_table_and_by_the_name_before_it():
    table = (
        "| promise | test in `tests/a/` |\n| --- | --- |\n| x | `test_b.py`, slow |\n"
        "| y | `tests/c/test_d.py`, `test_e.py` |\n| z | `test_f.py`, slow and soak (g only soak) |"
    )
    names = ["tests/a/test_b.py", "tests/c/test_d.py", "tests/c/test_e.py", "tests/a/test_f.py"]
    found = _named_tests(table)
    assert [one.path for one in found] == names
    assert [len(one.marks) for one in found] == [1, 0, 0, 2]


def test_every_promise_on_reliability_names_a_test_that_there_is_and_how_it_is_run():
    found = _named_tests((DOCS / "reliability.md").read_text("utf-8"))
    assert len(found) >= 30
    for one in found:
        path = DOCS.parent / one.path
        assert path.is_file(), one
        missing = [mark for mark in one.marks if f"mark.{mark}" not in path.read_text("utf-8")]
        assert not missing, one


def test_every_test_that_a_document_names_by_its_path_is_there():
    named = {
        (page.name, name)
        for page in [*DOCS.glob("*.md"), DOCS.parent / "README.md", DOCS.parent / "SECURITY.md"]
        for name in re.findall(r"\btests/[\w/]*\w+\.py\b", page.read_text("utf-8"))
    }
    assert len(named) >= 10
    assert [one for one in named if not (DOCS.parent / one[1]).is_file()] == []
