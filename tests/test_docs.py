"""The documents hold what they promise: no figure that was left for later."""

import re
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
