"""Parts of a Markdown text, read back by a parser of CommonMark with tables."""

import ast

import pytest
from markdown_it import MarkdownIt

from tlx.inference.markdown import code, code_span, escape, python_string, table

PARSER = MarkdownIt("commonmark").enable("table")

NASTY = [
    "a | b",
    "*bold* _em_ `code` ~~gone~~",
    "<script>alert(1)</script>",
    "&lt; is not <",
    "[link](http://example.com) ![picture](a.png)",
    "# no heading",
    "- no list",
    "1. no list",
    "> no quote",
    "back\\slash \\| and pipe",
    "$x$ :smile: @you",
    "||",
    "帽子 weiß 🙂",
]


def cells(text: str) -> list[str]:
    """Give what a reader sees in each cell of the tables of a text."""
    tokens = PARSER.parse(text)
    inline = [
        tokens[i + 1] for i, token in enumerate(tokens) if token.type in ("td_open", "th_open")
    ]
    seen = [token.children or [] for token in inline]
    assert {child.type for children in seen for child in children} <= {"text", "text_special"}
    return ["".join(child.content for child in children) for children in seen]


@pytest.mark.parametrize("text", NASTY)
def test_a_name_is_seen_in_a_table_as_it_is(text):
    assert cells(table(("a", "b"), [("before", escape(text))])) == ["a", "b", "before", text]


@pytest.mark.parametrize("text", NASTY)
def test_a_name_is_seen_in_a_heading_as_it_is(text):
    heading, inline, _ = PARSER.parse(f"# {escape(text)}")
    assert heading.type == "heading_open"
    assert "".join(child.content for child in inline.children or []) == text


def test_control_characters_are_spelt_out():
    assert escape("a\nb\x1b[31m\u2028") == r"a\\nb\\x1b\[31m\\u2028"
    assert "\n" not in code_span("a\nb")


@pytest.mark.parametrize("text", ["images", "float32 [N, 3]", "a|b", "a`b", "a\nb"])
def test_words_of_code_stay_in_their_cell(text):
    html = PARSER.render(table(("a",), [(code_span(text),)]))
    shown = text.replace("\n", "\\n")
    assert f"<td><code>{shown}</code></td>" in html


@pytest.mark.parametrize("text", ["a = 1", "```\n# out of it?\n```", "````"])
def test_a_block_of_code_holds_whatever_it_is_given(text):
    (block,) = PARSER.parse(code("python", text))
    assert (block.type, block.info, block.content) == ("fence", "python", f"{text}\n")


@pytest.mark.parametrize("text", ['a"b', "a'b", "a\\b", "a\nb", "帽子🙂", "\u2028"])
def test_a_string_of_python_is_that_string(text):
    assert ast.literal_eval(python_string(text)) == text
