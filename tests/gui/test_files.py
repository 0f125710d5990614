"""What the window writes: tables as tlx classify writes them, corrections that tlx train reads."""

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tlx.errors import UsageError
from tlx.gui.files import by_label, write_corrections, write_results
from tlx.gui.protocol import Ranked, Row
from tlx.samples.source import SampleSource, find_source_samples

LABELS = ("blue", "green", "red")


def rows_of(model: Path, paths: list[str]) -> list[Row]:
    from tlx.inference.classifier import Classifier

    found = []
    for one in Classifier(model).classify_files(paths):
        ranked = one.prediction.top(5) if one.prediction else ()
        answers = tuple(Ranked(entry.label, entry.probability) for entry in ranked)
        found.append(Row(one.path, answers, one.error))
    return found


def test_the_table_is_that_of_tlx_classify_to_the_last_byte(colour_model, pictures, tmp_path):
    paths = [str(path) for path in sorted(pictures.rglob("*.png"))]
    command = [sys.executable, "-m", "tlx", "classify", str(colour_model), *paths]
    table = tmp_path / "cli.csv"
    ran = subprocess.run([*command, "--csv", str(table)], capture_output=True, check=False)
    assert ran.returncode == 1  # one of them is damaged
    rows = rows_of(colour_model, paths)
    assert write_results(tmp_path / "window.csv", [*rows, None], LABELS) == 7
    assert (tmp_path / "window.csv").read_bytes() == table.read_bytes()


def test_several_labels_stand_in_a_column_of_their_own(tmp_path):
    answers = (Ranked("red", 0.9), Ranked("blue", 0.7))
    write_results(tmp_path / "t.csv", [Row("a", answers, None, labels=("red", "blue"))], LABELS)
    (row,) = csv.DictReader((tmp_path / "t.csv").read_text().splitlines())
    assert (row["labels"], row["label"], row["label_2"]) == ("blue|red", "red", "blue")


def test_the_row_of_an_unreadable_picture_is_as_long_as_the_header(tmp_path):
    answers = (Ranked("red", 0.9), Ranked("blue", 0.1))
    rows = [Row("a", answers, None, labels=("red",)), Row("b", (), "bad", labels=())]
    write_results(tmp_path / "t.csv", rows, LABELS)
    header, good, bad = csv.reader((tmp_path / "t.csv").read_text().splitlines())
    assert len(header) == len(good) == len(bad)
    assert bad == ["b", "bad", *[""] * 7]


def test_the_user_s_own_table_is_not_replaced_and_an_older_one_of_tlx_is(tmp_path):
    own, table = tmp_path / "own.csv", tmp_path / "t.csv"
    for header in (
        *("name,price", "path,error,label,probability", "path,error,label,probability,unknown"),
        "path,error,label,probability,unknown,unknown_score,price",
    ):
        own.write_text(f"{header}\n")
        with pytest.raises(UsageError, match="was not written by tlx"):
            write_results(own, [], LABELS)
        assert own.read_text() == f"{header}\n"
    for error in ("empty file", "not a picture"):
        write_results(table, [Row("a.png", (), error)], LABELS)
    assert "not a picture" in table.read_text()
    answers = tuple(Ranked(label, 0.3) for label in LABELS)
    for labels in (None, ("red",)):
        write_results(table, [Row("a", answers, None, labels=labels)], LABELS)
        write_results(table, [], LABELS)
    assert table.read_text().count("\n") == 1


@pytest.mark.parametrize("text", ["file,label\n", "file,label,split,note\n", ""])
def test_corrections_replace_no_file(tmp_path, text):
    own = tmp_path / "labels.csv"
    own.write_text(text)
    with pytest.raises(UsageError, match=r"labels\.csv: exists; choose another name$"):
        write_corrections(own, {"/a.png": "red"})
    assert own.read_text() == text


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root writes anywhere")
def test_where_nothing_may_be_written_it_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be written"):
        write_corrections(tmp_path / "c.csv", {"/a.png": "red"})


def test_a_missing_folder_and_nothing_to_write_are_said(tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        write_corrections(tmp_path / "nowhere" / "c.csv", {"/a.png": "red"})
    with pytest.raises(UsageError, match="no picture has been reviewed"):
        write_corrections(tmp_path / "c.csv", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("odd", [False, True])
def test_corrections_are_what_tlx_train_reads(pictures, tmp_path, odd):
    labels = {str(path): "ruby, red" for path in sorted((pictures / "red").glob("[01].png"))}
    labels |= {str(path): "sky" for path in sorted((pictures / "blue").glob("*.png"))}
    if odd:
        labels[os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff .png")] = "sea "
    table = tmp_path / "corrections.csv"
    assert write_corrections(table, labels) == len(labels)
    found = find_source_samples(SampleSource(pictures, table))
    assert {str(one.path): one.label for one in found.everything} == labels
    assert found.task == "single-label"
    assert table.read_bytes().startswith(b"file,label,split\r\n" if odd else b"file,label\r\n")


def test_corrections_of_several_labels_are_what_tlx_train_reads(pictures, tmp_path):
    paths = [str(path) for path in sorted(pictures.rglob("[01].png"))]
    labels = dict(zip(paths, ("blue", "", "blue|red", "green", "red", "red"), strict=True))
    table = tmp_path / "corrections.csv"
    assert write_corrections(table, labels, several=True) == 6
    found = find_source_samples(SampleSource(pictures, table))
    assert {str(one.path): one.label for one in found.everything} == labels
    assert found.task == "multi-label"


def test_a_picture_of_several_labels_goes_into_the_folder_of_the_surest():
    row = Row("a", (Ranked("cat", 0.9), Ranked("dog", 0.8)), None, labels=("cat", "dog"))
    assert by_label([row], {}) == [("a", "cat")]
    assert by_label([row], {"a": "dog|horse"}) == [("a", "dog")]
    assert by_label([row], {"a": "ant|horse"}) == [("a", "ant")]  # neither is ranked
    assert by_label([row], {"a": ""}) == [("a", "unknown")]
    assert by_label([replace(row, labels=())], {}) == [("a", "unknown")]


def test_a_person_s_word_goes_before_the_answer():
    answer = (Ranked("cat", 0.9), Ranked("dog", 0.1))
    rows = [Row("a", answer, None), Row("b", answer, None, True), Row("c", (), "bad")]
    assert by_label(rows, {}) == [("a", "cat"), ("b", "unknown")]
    assert by_label(rows, {"a": "dog", "b": "cow"}) == [("a", "dog"), ("b", "cow")]
