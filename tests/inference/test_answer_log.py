"""A CSV of answers that grows, survives a power cut, and is never anybody else's."""

import csv
import errno
import os
import sys
from pathlib import Path

import pytest

from tlx.errors import UsageError
from tlx.inference.answer_log import AnswerLog, LoggedAnswer

GOOD = LoggedAnswer("t1", "/in/a,b.jpg", "m1", None, [("red", 0.1 + 0.2), ("blue", 0.25)])
BAD = LoggedAnswer("t2", "/in/c.jpg", "m2", "no such file")
COLUMNS = [
    *("time", "path", "modified", "error", "label", "probability"),
    *("label_2", "probability_2", "unknown", "unknown_score"),
]


def read(path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.csv"


def test_the_header_stands_once_and_every_row_is_whole_at_once(path):
    with AnswerLog(path, 2, False) as log:
        assert read(path) == [COLUMNS]
        log.append([GOOD])
    first = ["t1", "/in/a,b.jpg", "m1", "", "red", "0.30000000000000004", "blue", "0.25", "", ""]
    assert read(path)[1:] == [first]
    with AnswerLog(path, 2, False) as log:
        log.append([BAD])
    assert read(path) == [COLUMNS, first, ["t2", "/in/c.jpg", "m2", "no such file", *[""] * 6]]


def test_it_says_which_pictures_have_a_row(path):
    odd = LoggedAnswer("t", os.fsdecode(b"/in/\xff\n.jpg"), "m3", None, [("red", 1.0)])
    with AnswerLog(path, 2, False) as log:
        log.append([GOOD, BAD, odd])
    with AnswerLog(path, 2, False) as again:
        assert list(again.answered()) == [
            ("/in/a,b.jpg", "m1"),
            ("/in/c.jpg", "m2"),
            (odd.path, "m3"),
        ]


def test_a_log_that_another_one_writes_is_refused_and_stays_as_it_is(path, tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    with AnswerLog(path, 2, False) as log:
        log.append([GOOD])
        with path.open("ab") as file:
            file.write(b"half a row")
        before = path.read_bytes()
        for name in (path, link):
            with pytest.raises(UsageError, match=r"log\.csv: another tlx is writing it; wait"):
                AnswerLog(name, 2, False)
        assert path.read_bytes() == before
    with AnswerLog(link, 2, False) as log:
        assert list(log.answered()) == [("/in/a,b.jpg", "m1")]
    assert sorted(tmp_path.iterdir()) == [link, path]


@pytest.fixture
def no_new_files(path, monkeypatch, request) -> None:
    """Refuse files beside an empty log, as a folder does that may not be written."""
    path.touch()
    opened = os.open

    def refusing(name, flags, *more, **options) -> int:
        if flags & os.O_CREAT and not Path(name).exists():
            raise OSError(request.param, os.strerror(request.param), name)
        return opened(name, flags, *more, **options)

    monkeypatch.setattr(os, "open", refusing)


@pytest.mark.parametrize("no_new_files", [errno.EACCES, errno.EROFS], indirect=True)
def test_a_file_in_a_folder_that_takes_no_lock_is_written_without(path, no_new_files):
    with AnswerLog(path, 2, False) as log:
        log.append([BAD])
    assert [row[1] for row in read(path)] == ["path", BAD.path]


@pytest.mark.parametrize("no_new_files", [errno.ENOSPC], indirect=True)
def test_a_lock_that_a_full_disk_refuses_is_said(path, no_new_files):
    with pytest.raises(UsageError, match=r"log\.csv cannot be written: No space left on device"):
        AnswerLog(path, 2, False)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_file_in_a_folder_that_may_not_be_written_is_gone_on_with(path, tmp_path):
    path.touch()
    tmp_path.chmod(0o500)
    try:
        with AnswerLog(path, 2, False) as log:
            log.append([BAD])
        with pytest.raises(UsageError, match=r"new\.csv cannot be written: Permission denied"):
            AnswerLog(tmp_path / "new.csv", 2, False)
    finally:
        tmp_path.chmod(0o700)
    assert [row[1] for row in read(path)] == ["path", BAD.path]


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_a_place_that_is_no_file_is_not_waited_for(path, tmp_path):
    os.mkfifo(path)
    with pytest.raises(UsageError, match=r"log\.csv is no file; choose another name"):
        AnswerLog(path, 2, False)
    assert list(tmp_path.iterdir()) == [path]


def test_several_labels_and_unknown_pictures_have_their_columns(path):
    with AnswerLog(path, 1, True) as log:
        log.append([LoggedAnswer("t", "p", "m", None, [("b", 0.5)], ["b", "a"], True, 9.5)])
    columns, row = read(path)
    assert columns == [*COLUMNS[:4], "labels", *COLUMNS[4:6], *COLUMNS[-2:]]
    assert row == ["t", "p", "m", "", "a|b", "b", "0.5", "true", "9.5"]


@pytest.mark.parametrize("left", [1, 20, 80])
def test_half_a_row_of_a_power_cut_is_taken_away(path, left):
    with AnswerLog(path, 2, False) as log:
        log.append([GOOD, BAD])
    whole = path.read_bytes()
    path.write_bytes(whole[:-left])
    with AnswerLog(path, 2, False) as log:
        assert list(log.answered()) == ([("/in/a,b.jpg", "m1")] if left < 80 else [])
        log.append([BAD])
    assert read(path)[-1][1] == BAD.path
    assert all(len(row) == len(COLUMNS) for row in read(path))


def test_half_a_header_is_written_anew(path):
    path.write_bytes(b"time,pa")
    AnswerLog(path, 2, False).close()
    assert read(path) == [COLUMNS]


@pytest.mark.parametrize("content", ["file,label\r\na.jpg,red\r\n", "x"])
def test_a_file_that_is_not_such_a_log_is_left_alone(path, content):
    path.write_bytes(content.encode())
    with pytest.raises(UsageError, match=r"log\.csv: exists and is no log of these columns"):
        AnswerLog(path, 2, False)
    assert path.read_bytes() == content.encode()


def test_a_log_of_other_columns_is_left_alone(path):
    with AnswerLog(path, 2, False) as log:
        log.append([GOOD])
    before = path.read_bytes()
    for _ in range(2):  # who is refused holds it no longer
        with pytest.raises(UsageError, match="another --topk or model"):
            AnswerLog(path, 3, False)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_said_at_the_start(path, tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        AnswerLog(tmp_path / "no" / "log.csv", 2, False)
    with pytest.raises(UsageError, match=r"is no file; choose another name"):
        AnswerLog(tmp_path, 2, False)


def test_a_log_that_was_moved_away_is_begun_anew(path):
    with AnswerLog(path, 2, False) as log:
        log.append([GOOD])
        path.rename(path.with_suffix(".old"))
        log.append([BAD])
    assert [row[1] for row in read(path)] == ["path", BAD.path]


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of Linux")
def test_where_the_disk_is_full_no_part_of_a_row_stays(path):
    import resource
    import signal

    log = AnswerLog(path, 2, False)
    log.append([GOOD])
    before = path.read_bytes()
    old, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 5, old[1]))
    try:
        with pytest.raises(UsageError, match="cannot be written"):
            log.append([BAD])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    log.append([BAD])
    log.close()
    assert read(path)[-1][1] == BAD.path
