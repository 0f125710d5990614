"""`tlx classify`: which pictures are meant, and names of every kind."""

import csv
import json
import os
import shutil

import pytest

LONG = "x" * 200 + ".jpg"
NAMES = [
    "with space.jpg",
    "two  spaces.jpg",
    "quote'\".jpg",
    "[red]x[/red] [0-9].jpg",
    ":smile: 👩‍🚀 été 写真.jpg",
    "back\\slash.jpg",
    "line\nbreak.jpg",
    "escape\x1b[31m.jpg",
    "-dash.jpg",
    "50%.jpg",
    LONG,
]


@pytest.fixture
def here(tmp_path, monkeypatch, journey):
    """A working folder with the model and, in `tree`, pictures at several depths."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.onnx").symlink_to(journey.run / "model.onnx")
    for name in ("b.jpg", "a.png", "deep/er/c.JPEG", "deep/d.jpg", ".hidden/e.jpg", "deep/.f.jpg"):
        put(journey, tmp_path / "tree" / name)
    (tmp_path / "tree" / "notes.txt").write_text("a text\n")
    (tmp_path / "empty").mkdir()
    return tmp_path


def put(journey, path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(journey.data / "test" / "red" / "000.jpg", path)


def paths_of(ran) -> list[str]:
    assert (ran.code, ran.err) == (0, "")
    return [row["path"] for row in ran.json]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["tree"], ["a.png", "b.jpg", "deep/d.jpg", "deep/er/c.JPEG"]),
        (["tree/deep", "tree/a.png"], ["deep/d.jpg", "deep/er/c.JPEG", "a.png"]),
        (["tree/b.jpg", "tree/b.jpg"], ["b.jpg", "b.jpg"]),
        (["tree/*.jpg"], ["b.jpg"]),
        (["tree/?.*g"], ["a.png", "b.jpg"]),
        (["tree/[ab].*"], ["a.png", "b.jpg"]),
        (["tree/**/*.JPEG"], ["deep/er/c.JPEG"]),
        (["tree/d*"], ["deep/d.jpg", "deep/er/c.JPEG"]),
        (["tree/deep/**"], ["deep/d.jpg", "deep/er/c.JPEG"]),
    ],
)
def test_folders_are_searched_and_globs_expanded_in_order(here, run_tlx, arguments, found):
    ran = run_tlx("classify", "model.onnx", *arguments, "--json")
    assert paths_of(ran) == [f"tree/{name}" for name in found]


def test_a_list_is_read_from_stdin(here, run_tlx):
    listed = "tree/b.jpg\r\n\ntree/deep/d.jpg\ntree/a.png"
    ran = run_tlx("classify", "model.onnx", "tree/a.png", "-", "--json", stdin=listed.encode())
    assert paths_of(ran) == ["tree/a.png", "tree/b.jpg", "tree/deep/d.jpg", "tree/a.png"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["empty"], "no pictures in empty"),
        (["tree/*.tif"], "nothing fits tree/*.tif"),
        (["em*"], "nothing fits em*"),
        (["-"], "an empty list on stdin"),
        (["tree/b.jpg", "empty"], "no pictures in empty"),
    ],
)
def test_what_holds_no_picture_is_one_line(here, run_tlx, arguments, said):
    assert said in run_tlx("classify", "model.onnx", *arguments, stdin=b"\n\r\n").error


@pytest.fixture
def odd(here, journey):
    """The paths of pictures of every name in the folder `odd`."""
    for name in NAMES:
        put(journey, here / "odd" / name)
    return [f"odd/{name}" for name in NAMES]


def test_names_of_any_kind_come_back_as_they_are(odd, here, run_tlx):
    for arguments in (["odd"], odd):
        ran = run_tlx("classify", "model.onnx", *arguments, "--json", "--csv", "answers.csv")
        found = paths_of(ran)
        assert sorted(found) == sorted(odd)
        with (here / "answers.csv").open(encoding="utf-8", newline="") as file:
            assert [row["path"] for row in csv.DictReader(file)] == found
    assert found == odd


def test_names_of_any_kind_are_shown_in_one_row_each(odd, run_tlx):
    rows = run_tlx("classify", "model.onnx", *odd).out.splitlines()
    shown = [name.replace("\n", r"\n").replace("\x1b", r"\x1b") for name in odd]
    assert [row.rsplit("  red ", 1)[0] for row in rows] == shown


def test_names_of_any_kind_are_taken_from_stdin(odd, run_tlx):
    lines = [name for name in odd if "\n" not in name]
    ran = run_tlx("classify", "model.onnx", "-", "--json", stdin="\n".join(lines).encode())
    assert paths_of(ran) == lines


def test_a_glob_that_is_also_a_files_name_means_the_file(here, journey, run_tlx):
    for name in ("[ab].jpg", "a.jpg"):
        put(journey, here / name)
    assert paths_of(run_tlx("classify", "model.onnx", "[ab].jpg", "--json")) == ["[ab].jpg"]


def test_a_name_that_is_not_valid_unicode_is_answered_everywhere(here, journey, tlx_process):
    raw = b"odd/\xff\xe9.jpg"
    try:
        put(journey, here / os.fsdecode(raw))
    except OSError:
        pytest.skip("this file system takes only valid Unicode")
    ways = ([raw], ["odd"], ["-"])
    for arguments in ways:
        given = ["classify", "model.onnx", *arguments, "--json", "--csv", "answers.csv"]
        ran = tlx_process(*given, input=raw + b"\n")
        assert (ran.code, ran.err) == (0, "")
        assert os.fsencode(ran.json[0]["path"]) == raw
        assert raw in (here / "answers.csv").read_bytes()
    ran = tlx_process("classify", "model.onnx", "odd")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(r"odd/\udcff\udce9.jpg  red ")


def test_json_stays_json_where_a_pipe_is_not_utf_8(here, journey, tlx_process):
    name = "👩‍🚀 été.jpg"
    put(journey, here / "odd" / name)
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    ran = tlx_process("classify", "model.onnx", "odd", "--json", env=environment)
    assert json.loads(ran.out)["path"] == f"odd/{name}"


def test_a_name_too_long_for_the_system_is_a_row(here, run_tlx):
    ran = run_tlx("classify", "model.onnx", "x" * 5000, "--json")
    assert ran.code == 1
    assert "too long" in ran.json[0]["error"]
