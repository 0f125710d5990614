"""Locks hold among processes and inside one, and go with whoever held them."""

import os
import sys
from pathlib import Path

import pytest

from tlx.errors import UsageError
from tlx.inference import folder_lock
from tlx.inference.answers_csv import write_answers
from tlx.inference.folder_lock import is_held, only_writer, only_writer_of


def test_the_lock_holds_inside_one_process_too_and_is_given_back_on_an_error(tmp_path):
    refused = pytest.raises(UsageError, match=r"another tlx train is writing into .*; wait until")
    with pytest.raises(KeyError), only_writer(tmp_path, "train"):
        with refused, only_writer(tmp_path, "train"):
            pass
        raise KeyError
    with only_writer(tmp_path, "train"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_different_commands_may_write_into_one_folder(tmp_path):
    with only_writer(tmp_path, "train"), only_writer(tmp_path, "export"):
        assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_was_made_and_stays_empty_is_removed(tmp_path):
    with only_writer(tmp_path / "above" / "new", "train"):
        assert (tmp_path / "above" / "new").is_dir()
    with only_writer(tmp_path / "used", "train"):
        (tmp_path / "used" / "file").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["used"]


def test_a_lock_file_that_was_removed_meanwhile_is_no_lock(tmp_path, monkeypatch):
    """Whoever opened the file just before its holder removed it holds nothing."""
    answers = iter([False, True])
    seen: list[Path] = []

    def is_there(path: Path, _file: object) -> bool:
        seen.append(path)
        return next(answers)

    monkeypatch.setattr(folder_lock, "_is_there", is_there)
    with only_writer(tmp_path, "train"):
        assert seen == [folder_lock.folder_lock(tmp_path, "train")] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_that_lives_longer_holds_no_lock(tmp_path):
    """The processes of torch's loader live some seconds longer than one that is killed."""
    ours, theirs = os.pipe()
    with only_writer_of(tmp_path / "a.csv"):
        child = os.fork()
        if child == 0:
            os.close(theirs)
            os.read(ours, 1)  # until the parent lets it go
            os._exit(0)
    with only_writer_of(tmp_path / "a.csv"):
        pass
    os.close(theirs)
    os.waitpid(child, 0)
    os.close(ours)


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_a_lock_is_neither_waited_for_nor_made_through_a_link(tmp_path):
    """A stranger's run folder may hold anything under the lock's name."""
    lock = folder_lock.folder_lock(tmp_path, "train")
    for make in (
        lambda: os.mkfifo(lock),
        lambda: lock.symlink_to(tmp_path / "elsewhere"),
        lambda: lock.symlink_to(lock),
    ):
        make()
        refused = pytest.raises(UsageError, match=r"\.train\.lock is no file; remove it")
        with refused, only_writer(tmp_path, "train"):
            pass
        assert list(tmp_path.iterdir()) == [lock]
        lock.unlink()


def test_a_table_that_another_one_writes_is_refused_and_stays_as_it_is(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    refused = pytest.raises(UsageError, match=r"a\.csv: another tlx is writing it; wait until")
    with only_writer_of(path), refused:
        write_answers(path, [], 1, multi_label=False)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_next_one_clears_away_what_a_killed_one_left_of_a_table(tmp_path):
    path = tmp_path / "a.csv"
    (tmp_path / ".a.csv.99999999.partial").write_text("half")
    (tmp_path / ".a.csv.lock").touch()
    write_answers(path, [], 1, multi_label=False)
    assert list(tmp_path.iterdir()) == [path]


def test_whether_a_lock_is_held_can_be_asked_and_changes_nothing(tmp_path):
    lock = folder_lock.folder_lock(tmp_path, "train")
    assert not is_held(lock)
    with only_writer(tmp_path, "train"):
        assert is_held(lock)
        assert is_held(lock)
    lock.touch()  # as a killed process leaves it
    assert not is_held(lock)
    with only_writer(tmp_path, "train"):
        pass
    assert list(tmp_path.iterdir()) == []
