"""A CSV of answers that grows, survives a power cut, and is never anybody else's."""

import csv
import os
import sys

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
    log = AnswerLog(path, 2, False)
    assert read(path) == [COLUMNS]
    log.append([GOOD])
    first = ["t1", "/in/a,b.jpg", "m1", "", "red", "0.30000000000000004", "blue", "0.25", "", ""]
    assert read(path)[1:] == [first]
    AnswerLog(path, 2, False).append([BAD])
    assert read(path) == [COLUMNS, first, ["t2", "/in/c.jpg", "m2", "no such file", *[""] * 6]]


def test_it_says_which_pictures_have_a_row(path):
    log = AnswerLog(path, 2, False)
    odd = LoggedAnswer("t", os.fsdecode(b"/in/\xff\n.jpg"), "m3", None, [("red", 1.0)])
    log.append([GOOD, BAD, odd])
    again = AnswerLog(path, 2, False)
    assert list(again.answered()) == [
        ("/in/a,b.jpg", "m1"),
        ("/in/c.jpg", "m2"),
        (odd.path, "m3"),
    ]


def test_several_labels_and_unknown_pictures_have_their_columns(path):
    log = AnswerLog(path, 1, True)
    log.append([LoggedAnswer("t", "p", "m", None, [("b", 0.5)], ["b", "a"], True, 9.5)])
    columns, row = read(path)
    assert columns == [*COLUMNS[:4], "labels", *COLUMNS[4:6], *COLUMNS[-2:]]
    assert row == ["t", "p", "m", "", "a|b", "b", "0.5", "true", "9.5"]


@pytest.mark.parametrize("left", [1, 20, 80])
def test_half_a_row_of_a_power_cut_is_taken_away(path, left):
    AnswerLog(path, 2, False).append([GOOD, BAD])
    whole = path.read_bytes()
    path.write_bytes(whole[:-left])
    log = AnswerLog(path, 2, False)
    assert list(log.answered()) == ([("/in/a,b.jpg", "m1")] if left < 80 else [])
    log.append([BAD])
    assert read(path)[-1][1] == BAD.path
    assert all(len(row) == len(COLUMNS) for row in read(path))


def test_half_a_header_is_written_anew(path):
    path.write_bytes(b"time,pa")
    AnswerLog(path, 2, False)
    assert read(path) == [COLUMNS]


@pytest.mark.parametrize("content", ["file,label\r\na.jpg,red\r\n", "x"])
def test_a_file_that_is_not_such_a_log_is_left_alone(path, content):
    path.write_bytes(content.encode())
    with pytest.raises(UsageError, match=r"log\.csv: exists and is no log of these columns"):
        AnswerLog(path, 2, False)
    assert path.read_bytes() == content.encode()


def test_a_log_of_other_columns_is_left_alone(path):
    AnswerLog(path, 2, False).append([GOOD])
    before = path.read_bytes()
    with pytest.raises(UsageError, match="another --topk or model"):
        AnswerLog(path, 3, False)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_said_at_the_start(path, tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        AnswerLog(tmp_path / "no" / "log.csv", 2, False)
    with pytest.raises(UsageError, match=r"cannot be written: Is a directory"):
        AnswerLog(tmp_path, 2, False)


def test_a_log_that_was_moved_away_is_begun_anew(path):
    log = AnswerLog(path, 2, False)
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
    assert read(path)[-1][1] == BAD.path
