"""`tlx classify --explain`: its files, their names, and what it leaves alone."""

import os
import shutil
import subprocess
import sys

import onnx
import pytest
from PIL import Image

from tlx.cli.explanations import MARK


@pytest.fixture(scope="module")
def model(journey):
    return journey.run / "model.onnx"


@pytest.fixture
def red(journey):
    return journey.data / "test" / "red"


def test_each_picture_has_its_file_and_json_says_where(model, red, run_tlx, tmp_path):
    out = tmp_path / "new" / "why"
    pictures = [red / "000.jpg", red / "001.jpg"]
    ran = run_tlx("classify", model, *pictures, "--explain", out, "--json")
    assert ran.code == 0
    assert [row["explanation"] for row in ran.json] == [str(out / p.name) for p in pictures]
    with Image.open(out / "000.jpg") as image:
        assert image.size == (320, round(320 * 40 / 48))
        assert image.info["comment"] == MARK
    plain = run_tlx("classify", model, *pictures, "--json").json
    assert plain == [{k: row[k] for k in row if k != "explanation"} for row in ran.json]


def test_equal_names_are_numbered_and_an_earlier_run_is_replaced(model, red, run_tlx, tmp_path):
    copy = shutil.copy(red / "000.jpg", tmp_path / "000.JPEG")
    pictures = [red / "000.jpg", red.parent / "blue" / "000.jpg", copy]
    for _ in range(2):
        run_tlx("classify", model, *pictures, "--explain", tmp_path / "why")
        names = sorted(path.name for path in (tmp_path / "why").iterdir())
        assert names == ["000-2.jpg", "000-3.jpg", "000.jpg"]


def test_files_of_others_stay_as_they_are(model, red, run_tlx, tmp_path):
    picture = shutil.copy(red / "000.jpg", tmp_path / "000.jpg")
    before = (tmp_path / "000.jpg").read_bytes()
    (tmp_path / "000-2.jpg").symlink_to(tmp_path / "nowhere")
    (row,) = run_tlx("classify", model, picture, "--explain", tmp_path, "--json").json
    assert row["explanation"] == str(tmp_path / "000-3.jpg")
    assert (tmp_path / "000.jpg").read_bytes() == before
    assert not (tmp_path / "nowhere").exists()


def test_a_bad_picture_has_none_and_the_others_have_theirs(
    model, red, run_tlx, tmp_path, write_bad_pictures
):
    bad = write_bad_pictures(tmp_path, red / "000.jpg")
    ran = run_tlx("classify", model, *bad, red / "000.jpg", "--explain", tmp_path / "w", "--json")
    assert ran.code == 1
    assert [row["explanation"] for row in ran.json] == [None] * 3 + [str(tmp_path / "w/000.jpg")]


def test_a_file_without_maps_is_refused_before_anything_is_made(model, red, run_tlx, tmp_path):
    graph = onnx.load(model)
    del graph.graph.output[2:]
    onnx.save(graph, tmp_path / "plain.onnx")
    why = tmp_path / "why"
    ran = run_tlx("classify", tmp_path / "plain.onnx", red / "000.jpg", "--explain", why)
    assert "has no activation maps; export it again without --no-explain" in ran.error
    assert not why.exists()


def test_a_folder_among_the_pictures_is_refused(model, red, run_tlx, tmp_path):
    shutil.copytree(red, tmp_path / "in" / "red")
    for place in (tmp_path / "in" / "red", tmp_path / "in" / "why", tmp_path / "in"):
        ran = run_tlx("classify", model, tmp_path / "in", "--explain", place)
        assert f"--explain {place} lies inside {tmp_path / 'in'}, and what is drawn" in ran.error
    assert not (tmp_path / "in" / "why").exists()


@pytest.mark.parametrize("given", ["*.jpg", "*", "-"])
def test_what_an_earlier_run_drew_is_not_read_again(model, red, run_tlx, tmp_path, given):
    why = tmp_path / "why"
    why.mkdir()
    picture = shutil.copy(red / "000.jpg", why / "shirt.jpg")
    (why / "unreadable.jpg").write_text("no picture")  # nothing that tlx drew
    wanted = sorted([str(picture), str(why / "unreadable.jpg")])
    for _ in range(2):
        files = b"".join(bytes(path) + b"\n" for path in sorted(why.iterdir()))
        words = ("-",) if given == "-" else (why / given,)
        ran = run_tlx("classify", model, *words, "--explain", why, "--json", stdin=files)
        assert [row["path"] for row in ran.json] == wanted
    assert sorted(path.name for path in why.iterdir()) == [
        *("shirt-2.jpg", "shirt.jpg", "unreadable.jpg"),
    ]
    ran = run_tlx("classify", model, why / "shirt-2.jpg", "--explain", why)
    assert ran.code == 2
    assert f"all pictures were drawn by an earlier --explain {why}; give others" in ran.error


def test_of_unfinished_files_only_those_of_a_dead_run_of_this_command_go(
    model, red, run_tlx, tmp_path
):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    ours, theirs = b"\xff\xd8" + MARK, b"\xff\xd8 of another command"
    files = {
        f".a.jpg.{gone.pid}.partial": ours,
        f".b.jpg.{gone.pid}.partial": b"",
        f".c.jpg.{os.getpid()}.partial": ours,
        f".d.jpg.{10**30}.partial": ours,
        f".other.jpg.{gone.pid}.partial": theirs,
        f".alive.jpg.{os.getppid()}.partial": ours,
        ".mine.jpg.x.partial": ours,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    run_tlx("classify", model, red / "000.jpg", "--explain", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*list(files)[-3:], "000.jpg"}


def test_a_table_in_the_folder_s_place_is_refused(model, red, run_tlx, tmp_path):
    options = ("--explain", tmp_path / "a", "--csv", tmp_path / "a")
    ran = run_tlx("classify", model, red / "000.jpg", *options)
    assert f"--csv and --explain name the same, {tmp_path / 'a'}" in ran.error
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_folder_s_place_is_refused(model, red, run_tlx, tmp_path):
    (tmp_path / "why").write_text("a text")
    ran = run_tlx("classify", model, red / "000.jpg", "--explain", tmp_path / "why")
    assert f"--explain {tmp_path / 'why'}: File exists; give a folder" in ran.error


def test_each_chosen_label_of_several_has_its_file(multi_label_run, run_tlx, tmp_path):
    picture = multi_label_run.parent / "data" / "blue-red-00.png"
    model = multi_label_run / "model.onnx"
    ran = run_tlx("classify", model, picture, "--explain", tmp_path / "why", "--json")
    (row,) = ran.json
    assert len(row["labels"]) == 2
    assert list(row["explanations"]) == row["labels"]
    assert row["explanation"] == row["explanations"][row["labels"][0]]
    names = {path.name for path in (tmp_path / "why").iterdir()}
    assert names == {"blue-red-00.jpg", "blue-red-00-2.jpg"}
