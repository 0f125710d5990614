"""What a command shows, in a pipe and on a terminal."""

import io
import json
import sys
import threading

import pytest
from rich.table import Table

from tlx.cli.screen import Screen, one_line


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def terminal(monkeypatch):
    """Make a stream of this process a terminal, by its name."""

    def become(name: str) -> Terminal:
        stream = Terminal()
        monkeypatch.setattr(sys, name, stream)
        monkeypatch.setenv("COLUMNS", "60")
        return stream

    return become


def show_work(screen: Screen) -> None:
    with screen:
        for done in range(1, 4):
            screen.progress("working", done, 3)
            screen.row(f"row {done}", style="red")


def test_control_characters_are_escaped_and_nothing_else_is():
    assert one_line("a\nb\rc\td\x1b[31m\x7f\x9b\u2028") == r"a\nb\rc\td\x1b[31m\x7f\x9b\u2028"
    untouched = "naïve 写真 👩‍🚀 \u00a0\udcff [red] 'x' \\n"
    assert one_line(untouched) == untouched


def test_a_still_bar_moves_when_it_is_told_to_and_no_thread_draws_it(terminal):
    out = terminal("stdout")
    threads = threading.active_count()
    with Screen(still=True) as screen:
        for done in (1, 2):
            screen.progress("working", done, 3)
            assert f"{done}/3" in out.getvalue()
            assert threading.active_count() == threads
    with Screen():
        assert threading.active_count() > threads


def test_in_a_pipe_there_are_rows_and_neither_bars_nor_escape_codes(capsys):
    show_work(Screen())
    assert capsys.readouterr() == ("row 1\nrow 2\nrow 3\n", "")


def test_on_a_terminal_the_bar_goes_and_the_rows_stay(terminal, capsys):
    stdout = terminal("stdout")
    show_work(Screen())
    text = stdout.getvalue()
    assert text.count("working") > 0
    assert all(f"row {number}" in text for number in (1, 2, 3))
    assert "\x1b[2K" in text[text.rindex("working") :]  # the line of the bar is erased
    assert capsys.readouterr().err == ""


def test_bars_move_to_stderr_when_only_that_is_a_terminal(terminal, capsys):
    stderr = terminal("stderr")
    show_work(Screen())
    assert "working" in stderr.getvalue()
    assert "row" not in stderr.getvalue()
    assert capsys.readouterr().out == "row 1\nrow 2\nrow 3\n"


def test_with_json_bars_and_rows_are_on_stderr(terminal, capsys):
    stderr = terminal("stderr")
    show_work(screen := Screen(as_json=True))
    screen.json({"a": 1})
    assert "working" in stderr.getvalue()
    assert "row 3" in stderr.getvalue()
    assert capsys.readouterr().out == '{"a": 1}\n'


def test_a_row_is_never_wrapped_nor_read_as_markup(capsys):
    text = "[bold]x[/bold] [/] :smile: " + "long " * 1000 + "end"
    Screen().row(text)
    assert capsys.readouterr().out == text + "\n"


def test_a_row_is_one_line_whatever_it_names(capsys):
    Screen().row("a\nb\x1b[2J.jpg")
    assert capsys.readouterr().out == "a\\nb\\x1b[2J.jpg\n"


def test_a_table_is_not_cut_in_a_pipe(capsys):
    table = Table()
    table.add_column("name")
    table.add_column("count")
    table.add_row("label " * 200 + "end", "1234")
    Screen().table(table)
    assert "label " * 200 + "end │ 1234" in capsys.readouterr().out


def test_a_table_fits_a_pipe_but_not_any_terminal(terminal):
    table = Table(*(f"column {number}" for number in range(20)))
    assert Screen().fits(table)
    terminal("stdout")
    assert not Screen().fits(table)
    assert Screen().fits(Table("one", "two"))


def test_json_is_one_line_of_ascii_that_reads_back_to_the_same(capsys):
    content = {"path": "naïve\n写真 👩‍🚀 \udcff.jpg", "values": [1.5, None, True]}
    Screen(as_json=True).json(content)
    text = capsys.readouterr().out
    assert text.isascii()
    assert text.count("\n") == 1
    assert json.loads(text) == content


def test_without_json_no_json_is_printed(capsys):
    Screen().json({"a": 1})
    assert capsys.readouterr() == ("", "")


def test_what_json_has_no_number_for_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        Screen(as_json=True).json({"loss": float("nan")})
