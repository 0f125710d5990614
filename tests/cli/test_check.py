"""`tlx check`: what it prints, its JSON, its exit codes, and its quarantine list."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

KEYS = ["data", "pictures", "counts", "falsifies", "findings", "error"]


@pytest.fixture
def clean(tmp_path: Path, split_folder: Path) -> Path:
    """Copy pictures without anything that falsifies a result."""
    return Path(shutil.copytree(split_folder, tmp_path / "clean"))


@pytest.fixture
def leaking(clean: Path) -> Path:
    """Put one training picture into test, a bad one beside it."""
    shutil.copy(clean / "train" / "red" / "000.jpg", clean / "test" / "red" / "again.jpg")
    (clean / "train" / "blue" / "bad.jpg").write_bytes(b"")
    return clean


def test_a_clean_folder_exits_0_and_says_so(run_tlx: Callable, clean: Path):
    ran = run_tlx("check", clean, "--margin", "0.3")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "132 pictures checked: 0 errors, 0 warnings, 0 notes",
        "nothing found that would falsify a result",
    ]


def test_a_folder_of_which_no_picture_can_be_decoded_exits_1(run_tlx: Callable, tmp_path: Path):
    for label in ("blue", "red"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.jpg").write_bytes(b"no picture")
    ran = run_tlx("check", tmp_path)
    assert ran.code == 1
    assert f"none-readable: {tmp_path}: not one picture can be decoded" in ran.out
    assert "nothing found" not in ran.out


def test_a_leak_exits_1_and_names_both_files(run_tlx: Callable, leaking: Path):
    ran = run_tlx("check", leaking)
    assert ran.code == 1
    (line,) = [line for line in ran.out.splitlines() if line.startswith("leak:")]
    assert str(leaking / "train" / "red" / "000.jpg") in line
    assert str(leaking / "test" / "red" / "again.jpg") in line
    (*_, last) = ran.out.splitlines()
    assert last == "1 error: a result on these pictures would not be what it seems"


def test_its_json_is_the_documented_one(run_tlx: Callable, leaking: Path):
    ran = run_tlx("check", leaking, "--margin", "0.3", "--json")
    (content,) = ran.json
    assert list(content) == KEYS
    assert content["counts"] == {"error": 1, "warning": 1, "note": 0}
    assert content["falsifies"] is True
    leak, empty = content["findings"]
    assert leak == {
        "kind": "leak",
        "severity": "error",
        "paths": [
            str(leaking / "train" / "red" / "000.jpg"),
            str(leaking / "test" / "red" / "again.jpg"),
        ],
        "detail": "identical files, in train and test",
    }
    assert (empty["kind"], empty["severity"]) == ("empty-file", "warning")


def test_warnings_alone_exit_0_and_with_strict_1(run_tlx: Callable, clean: Path):
    (clean / "train" / "blue" / "bad.jpg").write_bytes(b"no picture")
    assert run_tlx("check", clean).code == 0
    assert run_tlx("check", clean, "--strict").code == 1


def test_the_quarantine_is_a_list_and_nothing_is_moved(
    run_tlx: Callable, leaking: Path, tmp_path: Path
):
    before = sorted(leaking.rglob("*"))
    path = tmp_path / "aside.csv"
    assert run_tlx("check", leaking, "--quarantine", path).code == 1
    assert run_tlx("check", leaking, "--quarantine", path).code == 1  # its own is replaced
    with path.open(newline="") as file:
        rows = [(row["file"], row["kind"]) for row in csv.DictReader(file)]
    assert rows == [("train/blue/bad.jpg", "empty-file"), ("train/red/000.jpg", "leak")]
    assert sorted(leaking.rglob("*")) == before


def test_a_name_is_no_formula_in_the_quarantine_list(
    run_tlx: Callable, clean: Path, tmp_path: Path
):
    (tmp_path / "flat" / "=1+1").mkdir(parents=True)
    (tmp_path / "flat" / "=1+1" / "bad.jpg").touch()
    shutil.copytree(clean / "train" / "blue", tmp_path / "flat" / "blue")
    run_tlx("check", tmp_path / "flat", "--quarantine", tmp_path / "aside.csv")
    with (tmp_path / "aside.csv").open(newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == ["'=1+1/bad.jpg"]


def test_the_html_shows_pairs_and_escapes_every_name(
    run_tlx: Callable, leaking: Path, tmp_path: Path
):
    evil = "<script>alert(1)</script>'\"&.jpg".replace("/", "\u2215")
    shutil.copy(leaking / "train" / "blue" / "001.jpg", leaking / "test" / "blue" / evil)
    page = tmp_path / "found.html"
    assert run_tlx("check", leaking, "--html", page).code == 1
    assert run_tlx("check", leaking, "--html", page).code == 1  # its own is replaced
    text = page.read_text(encoding="utf-8")
    assert text.count('<img alt="" src="data:image/jpeg;base64,') == 4
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "http" not in text
    assert 'name=viewport content="width=device-width' in text


def test_somebody_elses_file_is_not_replaced(run_tlx: Callable, clean: Path, tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text("my own table\n")
    for option in ("--quarantine", "--html"):
        assert "was not written by tlx" in run_tlx("check", clean, option, path).error
    assert path.read_text() == "my own table\n"


def test_small_splits_are_told_with_what_they_would_need(run_tlx: Callable, clean: Path):
    (content,) = run_tlx("check", clean, "--accuracy", "0.9", "--margin", "0.05", "--json").json
    small = [found["detail"] for found in content["findings"] if found["kind"] == "small-split"]
    assert small[0].startswith("test has 30 pictures")
    assert all(detail.endswith("±5 needs 141") for detail in small)


def test_a_csv_gives_labels_splits_and_groups(run_tlx: Callable, clean: Path, tmp_path: Path):
    rows = ["file,label,split,person"]
    for index in range(10):
        rows.append(f"train/red/{index:03}.jpg,red,train,p{index}")
        rows.append(f"train/blue/{index:03}.jpg,blue,test,p{index + (index > 0) * 100}")
    rows.append("train/red/gone.jpg,red,train,x")
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(rows))
    options = ("--labels", table, "--group-by", "person", "--margin", "0.3", "--json")
    (content,) = run_tlx("check", clean, *options).json
    kinds = [found["kind"] for found in content["findings"]]
    assert content["pictures"] == 21
    assert kinds.count("group-leak") == 1
    assert kinds.count("label-not-trained") == 1
    assert kinds.count("missing-file") == 1
    assert kinds.count("unlabelled") == 112


def test_a_model_is_asked_and_what_it_doubts_is_a_warning(
    run_tlx: Callable, clean: Path, model_file: Path
):
    for number in range(3):
        path = clean / "test" / "red" / f"{number:03}.jpg"
        path.rename(clean / "test" / "blue" / f"red-{number}.jpg")
    ran = run_tlx("check", clean, "--model", model_file, "--margin", "0.3", "--json")
    assert ran.code == 0
    (content,) = ran.json
    suspected = [one for one in content["findings"] if one["kind"] == "suspected-label"]
    assert len(suspected) == content["counts"]["warning"]
    assert all(one["detail"].startswith("labelled ") for one in suspected)


def test_a_model_that_does_not_fit_is_refused_before_a_picture_is_read(
    run_tlx: Callable, clean: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
):
    read: list[object] = []
    monkeypatch.setattr("tlx.samples.checking.read_facts", read.append)
    (clean / "train" / "red").rename(clean / "train" / "rouge")
    error = run_tlx("check", clean, "--model", model_file).error
    assert "does not know the label rouge" in error
    assert read == []


def test_many_findings_of_one_kind_do_not_hide_another(run_tlx: Callable, clean: Path):
    for number in range(7):
        (clean / "train" / "blue" / f"bad-{number}.jpg").touch()
    ran = run_tlx("check", clean)
    kinds = [line.partition(":")[0] for line in ran.out.splitlines()]
    assert kinds.count("empty-file") == 5
    assert "and 2 more of empty-file; --all lists them" in kinds
    assert "small-split" in kinds
    every = run_tlx("check", clean, "--all").out
    assert every.count("\nempty-file: ") == 7
    assert "--all lists them" not in every


def test_notes_that_are_not_listed_say_what_lists_them(run_tlx: Callable, clean: Path):
    copied = clean / "train" / "red"
    shutil.copy(copied / "000.jpg", copied / "again.jpg")
    few = run_tlx("check", clean, "--margin", "0.3").out
    assert "0 warnings, 1 note (--all lists them)\n" in few
    assert "\nduplicate: " not in few
    every = run_tlx("check", clean, "--margin", "0.3", "--all").out
    assert "0 warnings, 1 note\n" in every
    assert "\nduplicate: " in every


@pytest.mark.parametrize("option", ["--accuracy", "--margin"])
def test_a_share_out_of_range_is_refused(run_tlx: Callable, clean: Path, option: str):
    assert f"{option} 1.5" in run_tlx("check", clean, option, "1.5").error


def test_a_folder_without_pictures_is_refused(run_tlx: Callable, tmp_path: Path):
    assert "no pictures" in run_tlx("check", tmp_path).error
