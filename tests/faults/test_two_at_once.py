"""Two commands that write the same: the second is refused before its work, in one line."""

import csv
import shutil
import subprocess
import sys

import pytest

from tlx.inference.folder_lock import only_writer, only_writer_of

SMALL = ["--weights", "none", "--imgsz", "32", "--epochs", "1", "--batch", "8", "-j", "0"]


def test_a_second_command_is_refused_and_changes_nothing(
    run_safely, model_file, split_folder, trained_run, tmp_path
):
    test = split_folder / "test"
    cases = {
        ("train", split_folder, "--out"): ("train", SMALL),
        ("compare", split_folder, "--vary", "lr=1,2", "--out"): ("compare", SMALL),
        ("export", trained_run, "--out"): ("export", []),
        ("eval", model_file, test, "--out"): ("eval", []),
        ("eval", model_file, model_file, test, "--out"): ("eval", []),
    }
    for words, (command, options) in cases.items():
        out = tmp_path / "out"
        with only_writer(out, command):
            before = sorted(out.iterdir())
            ran = run_safely(*words, out, *options, codes=(2,))
            assert sorted(out.iterdir()) == before
        assert ran.err == (
            f"tlx: another tlx {command} is writing into {out}; wait until it has ended, or "
            "choose another --out\n"
        )
        assert not out.exists()


def test_a_run_that_is_at_work_is_not_gone_on_with(run_safely, trained_run):
    with only_writer(trained_run, "train"):
        ran = run_safely("train", "--resume", trained_run, codes=(2,))
    refusal = f"another tlx train is writing into {trained_run}; wait until it has ended\n"
    assert ran.err == f"tlx: {refusal}"


@pytest.mark.parametrize(
    ("words", "name"),
    [(("classify", "--csv"), "answers.csv"), (("eval", "--report"), "page.html")],
)
def test_a_file_that_another_one_writes_is_refused(
    run_safely, model_file, split_folder, tmp_path, words, name
):
    command, option = words
    path = tmp_path / name
    with only_writer_of(path):
        arguments = (command, model_file, split_folder / "test", option, path)
        ran = run_safely(*arguments, codes=(2,))
    assert f"{path}: another tlx is writing it; wait until it has ended, or choose" in ran.err
    assert list(tmp_path.glob("*")) == []


def test_a_second_watch_with_the_same_csv_is_refused(run_safely, model_file, tmp_path):
    path = tmp_path / "answers.csv"
    with only_writer_of(path):
        ran = run_safely("classify", model_file, "--watch", tmp_path, "--csv", path, codes=(2,))
    refusal = "another tlx is writing it; wait until it has ended, or choose another name"
    assert ran.err == f"tlx: --csv {path}: {refusal}\n"
    assert list(tmp_path.glob("*")) == []


def test_a_second_one_that_explains_into_the_same_folder_is_refused(
    run_safely, model_file, split_folder, tmp_path
):
    arguments = ("classify", model_file, split_folder / "test" / "red", "--explain", tmp_path)
    left = tmp_path / ".000.jpg.4000000.partial"
    left.touch()  # by one that was killed
    with only_writer(tmp_path, "classify"):
        ran = run_safely(*arguments, codes=(2,))
        assert left.exists()
    refusal = f"another tlx classify is writing into {tmp_path}; wait until it has ended"
    assert ran.err == f"tlx: {refusal}, or choose another --explain\n"
    run_safely(*arguments, codes=(0,))
    assert (tmp_path / "000.jpg").exists()
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_watch_that_is_killed_leaves_no_lock(model_file, split_folder, tmp_path):
    folder, table = tmp_path / "in", tmp_path / "out.csv"
    folder.mkdir()
    shutil.copy(split_folder / "test" / "red" / "000.jpg", folder)
    words = ["classify", model_file, "--watch", folder, "--csv", table, "--interval", "0.1"]
    command = [sys.executable, "-m", "tlx", *words, "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as first:
        assert first.stdout.readline()
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == 2, second.stderr
        assert "another tlx is writing it" in second.stderr
        first.kill()
    shutil.copy(split_folder / "test" / "red" / "001.jpg", folder)
    with subprocess.Popen(command, **pipes) as third:
        assert "001.jpg" in third.stdout.readline()
        third.terminate()
        assert third.wait(60) == 0, third.stderr.read()
    with table.open(newline="") as file:
        assert [row["path"][-7:] for row in csv.DictReader(file)] == ["000.jpg", "001.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out.csv"]


@pytest.mark.slow
def test_of_two_trainings_started_at_once_one_is_refused(few_pictures, tmp_path, assert_whole):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tlx", "train", few_pictures, "--out", run, *SMALL]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    said = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], said
    # The second may come so late that the first has ended: then there is its run.
    assert any("another tlx train is writing" in text or "holds a run" in text for text in said)
    assert assert_whole(run) >= 6
    assert not list(run.glob(".*"))
