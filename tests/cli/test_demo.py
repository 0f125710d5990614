"""`tlx demo`: the whole path, and the commands that it prints."""

import os
import re
import shlex
import shutil
from dataclasses import replace

import pytest

from tlx.studies import demo
from tlx.training.config import TrainingConfig


@pytest.fixture
def here(tmp_path, monkeypatch, write_pictures):
    """A working folder with pictures: one label is called test, one picture is bad."""
    monkeypatch.chdir(tmp_path)
    photos = write_pictures(tmp_path / "my photos", 8)
    (photos / "green").rename(photos / "test")
    (photos / "red" / "bad.jpg").write_bytes(b"")
    return tmp_path


def printed_commands(out: str) -> list[list[str]]:
    return [shlex.split(line[2:]) for line in out.splitlines() if line.startswith("$ tlx ")]


def quick(data, folder, weights) -> TrainingConfig:
    config = TrainingConfig(data, folder / "run", weights=weights)
    return replace(config, epochs=1, imgsz=32, batch=4, workers=0)


@pytest.mark.slow
def test_the_whole_path_runs_on_the_users_pictures_as_do_the_printed_commands(
    here, run_tlx, monkeypatch
):
    monkeypatch.setattr(demo, "pictures_config", quick)
    ran = run_tlx("demo", "--data", "my photos", "--weights", "none")
    assert (ran.code, ran.err) == (0, "")
    titles = [line[3:].split()[0] for line in ran.out.splitlines() if line.startswith("== ")]
    assert titles == ["Train", "Export", "Evaluate", "Classify", "Done."]
    assert "left out, because they cannot be read: 1" in ran.out
    assert "model.ts against the checkpoint" in ran.out
    assert "confusion: " in ran.out
    last = ran.out.splitlines()[-4:]
    assert [line.split()[0] for line in last] == ["pictures", "run", "model", "accuracy"]
    accuracy = re.match(r"accuracy +([\d.]+) on (\d+) test pictures \(95% interval", last[3])
    assert (here / "tlx-demo" / "run" / "model.ts").is_file()

    train, export, evaluate, classify = printed_commands(ran.out)
    assert export == ["tlx", "export", "tlx-demo/run"]
    evaluated = run_tlx(*evaluate[1:])
    assert evaluated.code == 0
    assert evaluated.out.startswith(f"accuracy {accuracy[1]} (95% interval")
    assert f", {accuracy[2]} pictures, " in evaluated.out
    shown = run_tlx(*classify[1:], "--topk", "3")
    assert shown.code == 0
    assert shown.out in ran.out
    shutil.move("tlx-demo/run", "tlx-demo/first")
    trained = run_tlx(*train[1:])
    assert trained.code == 0
    best = next(line for line in trained.out.splitlines() if line.startswith("best:"))
    assert best in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "full"], "--out full: exists and is not an empty folder"),
        (["--out", "text.txt"], "--out text.txt: exists and is not an empty folder"),
        (["--weights", "imagenet"], "--weights goes with --data"),
    ],
)
def test_what_the_demo_cannot_use_is_one_line(here, run_tlx, arguments, said):
    (here / "full").mkdir()
    (here / "full" / "text.txt").write_text("mine")
    (here / "text.txt").write_text("mine")
    assert said in run_tlx("demo", *arguments).error
    assert not (here / "tlx-demo").exists()


@pytest.mark.parametrize(
    ("data", "said"), [("nowhere", "nowhere does not exist"), ("empty", "no pictures in empty")]
)
def test_data_that_cannot_be_used_ends_with_one_line(here, run_tlx, data, said):
    (here / "empty").mkdir()
    ran = run_tlx("demo", "--data", data, "--weights", "none")
    assert ran.code == 2
    assert said in ran.failure
    assert f"$ tlx train {data} --out tlx-demo/run --weights none\n" in ran.out


def test_a_free_folder_is_taken_where_an_earlier_demo_lies(here, run_tlx):
    (here / "tlx-demo").mkdir()
    (here / "tlx-demo-2").write_text("mine")
    ran = run_tlx("demo", "--data", "nowhere", "--weights", "none")
    assert "--out tlx-demo-3/run" in ran.out


def test_an_empty_folder_may_be_given(here, run_tlx):
    (here / "new").mkdir()
    ran = run_tlx("demo", "--out", "new", "--data", "nowhere", "--weights", "none")
    assert "--out new/run" in ran.out


@pytest.mark.slow
def test_the_users_pictures_are_trained_at_full_size(here, run_tlx):
    ran = run_tlx("demo", "--data", "my photos", "--weights", "none", "--out", "out")
    assert (ran.code, ran.err) == (0, "")
    (found,) = run_tlx("inspect", "out/run/model.onnx", "--json").json
    assert found["card"]["preprocessing"]["crop"] == 224


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_digits_reach_97_percent_and_the_printed_commands_run_as_typed(tmp_path, tlx_process):
    # With all cores, as for a user; the other tests leave torch one thread.
    cores = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    ran = tlx_process("demo", cwd=tmp_path, env=cores)
    assert (ran.code, ran.err) == (0, "")
    last = ran.out.splitlines()[-1]
    accuracy, low, high = re.match(
        r"accuracy +([\d.]+) on \d+ test pictures \(95% interval ([\d.]+) to ([\d.]+)\)", last
    ).groups()
    assert float(accuracy) >= 0.97
    assert 0.9 < float(low) < float(accuracy) < float(high) <= 1

    train, export, evaluate, classify = printed_commands(ran.out)
    assert "holds a run" in tlx_process(*train[1:], cwd=tmp_path).error
    assert evaluate[-1] == "tlx-demo/digits/test"
    for command in (export, evaluate, classify):
        again = tlx_process(*command[1:], cwd=tmp_path)
        assert (again.code, again.err) == (0, "")
        if command is evaluate:
            assert again.out.startswith(f"accuracy {accuracy} (95% interval {low} to {high}")
