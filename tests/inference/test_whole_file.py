"""Files that are written whole or not at all."""

import os
from pathlib import Path

import pytest

from tlx.inference.folder_lock import only_writer_of
from tlx.inference.whole_file import (
    clear_unfinished,
    hidden_beside,
    is_of_dead,
    replacing,
    unfinished,
)


def test_what_was_written_takes_the_place_of_the_old_file(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_written_through_a_link_under_the_temporary_name(tmp_path: Path):
    path, own = tmp_path / "a.txt", tmp_path / "own.txt"
    own.write_text("mine")
    hidden_beside(path, f"{os.getpid()}.partial").symlink_to(own)
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert (path.read_text(), own.read_text()) == ("new", "mine")
    assert sorted(tmp_path.iterdir()) == [path, own]


@pytest.mark.parametrize("name", ["n" * 246 + ".csv", "ä" * 125, "n" * 255])
def test_a_name_as_long_as_a_file_system_allows_can_be_written_and_locked(tmp_path: Path, name):
    path, like = tmp_path / name, tmp_path / f"m{name[1:]}"
    with only_writer_of(path), only_writer_of(like), replacing(path) as temporary:
        temporary.write_text("new")
        assert list(unfinished(path)) == [temporary]
        assert list(unfinished(like)) == []
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_is_left_of_a_file_itself_is_cleared_whatever_its_name(tmp_path: Path):
    path = tmp_path / "a[12]*.csv"
    for one in (path, tmp_path / "a1.csv", tmp_path / "a1b.csv"):
        hidden_beside(one, "77.partial").touch()
    clear_unfinished(path)
    left = {hidden_beside(tmp_path / name, "77.partial") for name in ("a1.csv", "a1b.csv")}
    assert set(tmp_path.iterdir()) == left


@pytest.mark.parametrize("error", [PermissionError, None])
def test_a_process_that_may_not_be_asked_is_running(monkeypatch, error):
    def asked(_process: int, _signal: int) -> None:
        if error is not None:
            raise error

    monkeypatch.setattr(os, "kill", asked)
    assert not is_of_dead("1")


def test_what_names_no_process_is_of_no_dead_one():
    assert not is_of_dead("mine")
    assert not is_of_dead("")
