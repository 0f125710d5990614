"""`tlx train`: rows and JSON, what is left out, runs that exist, resuming."""

import csv
import json
import shlex
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import torch

from tlx.training.resnet import build_resnet

EPOCH = {
    "event": str,
    "epoch": int,
    "epochs": int,
    "train_loss": float,
    "train_accuracy": float,
    "validation_loss": float,
    "validation_accuracy": float,
    "lr": float,
    "monitor": str,
    "monitored": float,
    "validation_map": type(None),
    "pictures_per_second": float,
    "seconds": float,
    "best": bool,
}
none = type(None)
CALIBRATED = {
    "temperature": float,
    "calibration_error": float,
    "calibrated_error": float,
    "temperature_note": str,
}
RUN_FILES = (
    *("best.pt", "last.pt", "config.json", "metrics.csv"),
    *("curves.png", "split.csv", "pictures.png"),
)
QUICK = shlex.split("--weights none --epochs 1 --imgsz 32 --batch 4 -j 0")


@pytest.fixture
def few(tmp_path, write_pictures):
    """Three labels of four pictures each, without a split."""
    return write_pictures(tmp_path / "few", 4)


def test_json_is_an_object_an_epoch_and_then_a_summary(journey):
    *epochs, summary = journey.trained.json
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    for epoch in epochs:
        kinds = {name: type(value) for name, value in epoch.items()}
        assert kinds == EPOCH | (CALIBRATED if epoch["best"] else dict.fromkeys(CALIBRATED, none))
        assert (epoch["event"], epoch["epochs"]) == ("epoch", 2)
    assert list(summary) == ["event", "run", "checkpoint", "labels", "best", "left_out", "error"]
    assert (summary["event"], summary["error"]) == ("summary", None)
    assert summary["run"] == str(journey.run)
    assert summary["checkpoint"] == str(journey.run / "best.pt")
    assert summary["labels"] == ["blue", "green", "red"]


def test_the_summarys_best_epoch_is_the_last_one_marked_best(journey):
    *epochs, summary = journey.trained.json
    best = [epoch for epoch in epochs if epoch["best"]][-1]
    assert {"event": "epoch", **summary["best"]} == best


def test_the_run_folder_holds_what_is_documented_and_the_same_numbers(journey):
    assert all((journey.run / name).stat().st_size > 0 for name in RUN_FILES)
    with (journey.run / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [epoch["validation_loss"] for epoch in journey.trained.json[:-1]]
    assert [float(row["validation_loss"]) for row in rows] == losses


def test_bad_pictures_are_left_out_counted_and_listed(journey):
    assert journey.trained.code == 0
    left_out = {row["path"]: row["error"] for row in journey.trained.json[-1]["left_out"]}
    assert list(left_out) == [str(path) for path in journey.bad]
    lines = journey.trained.err.splitlines()
    start = lines.index("left out, because they cannot be read: 3")
    assert lines[start + 1 : start + 4] == [f"  {path}: {left_out[path]}" for path in left_out]
    assert "empty file (0 bytes)" in left_out.values()


def test_with_json_the_rows_for_people_are_on_stderr(journey):
    assert "3 labels; 72 pictures to train on, 33 for validation, 30 kept" in journey.trained.err
    assert f"next: tlx export {journey.run}\n" in journey.trained.err
    assert "\x1b" not in journey.trained.err


def test_each_epoch_is_a_row_of_the_table_and_the_split_is_explained(few, run_tlx, tmp_path):
    ran = run_tlx("train", few, "--out", tmp_path / "run", *QUICK)
    assert (ran.code, ran.err) == (0, "")
    rows = ran.out.splitlines()
    assert any("divided 70/15/15" in row for row in rows)
    start = rows.index(f"quick data check, tlx check {few} looks closer:")
    assert rows[start + 1].startswith("  warning: small-split: test has 3 pictures: an accuracy")
    assert rows[start + 1].endswith(" (and 1 more)")
    header = next(index for index, row in enumerate(rows) if row.startswith("epoch"))
    values = rows[header + 1].split()
    assert (values[0], values[6:]) == ("1/1", ["0:00", "best"])
    best = rows[header + 2]
    assert f"validation accuracy {values[4]}, loss {values[3]}" in best
    assert rows[-2:] == [f"run folder: {tmp_path / 'run'}", f"next: tlx export {tmp_path / 'run'}"]


def test_a_training_that_stops_early_says_so(few, run_tlx, tmp_path):
    # All is frozen, and the head learns next to nothing: no epoch is better than the first.
    torch.save(build_resnet("resnet18", 3).state_dict(), tmp_path / "start.pth")
    still = ["--weights", tmp_path / "start.pth", "--freeze", "backbone", "--lr", "1e-30"]
    options = [*QUICK, *still, "--epochs", "9", "--patience", "2", "--out", tmp_path / "run"]
    rows = run_tlx("train", few, *options).out.splitlines()
    assert "stopped early: 2 epochs without a better one" in rows
    whole = run_tlx("train", few, *options, "--epochs", "2", "--overwrite")
    assert "stopped early" not in whole.out


def test_without_out_the_run_is_named_by_the_day_and_the_data(few, run_tlx, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    days = {date.today()}
    run = run_tlx("train", "few", *QUICK, "--json").json[-1]["run"]
    days.add(date.today())
    assert run in {str(Path("runs", f"{day}-few")) for day in days}
    assert (tmp_path / run / "best.pt").is_file()


def test_a_long_list_of_bad_pictures_is_shown_whole(few, run_tlx, tmp_path):
    for index in range(12):
        (few / "red" / f"bad-{index:02}.jpg").write_bytes(b"")
    ran = run_tlx("train", few, "--out", tmp_path / "run", *QUICK, "--json")
    assert ran.err.count("empty file") == 12
    assert len(ran.json[-1]["left_out"]) == 12


def test_a_run_that_exists_is_replaced_only_when_told(few, run_tlx, tmp_path, journey):
    run = shutil.copytree(journey.run, tmp_path / "run")
    command = ["train", few, "--out", run, *QUICK]
    (run / "notes.txt").write_text("mine")
    before = {path.name: path.stat().st_mtime_ns for path in run.iterdir()}
    assert "--overwrite" in run_tlx(*command).error
    assert {path.name: path.stat().st_mtime_ns for path in run.iterdir()} == before
    assert run_tlx(*command, "--overwrite").code == 0
    assert {path.name for path in run.iterdir()} == {*RUN_FILES, "notes.txt"}
    assert json.loads((run / "config.json").read_text())["data"] == str(few)
    assert (run / "notes.txt").read_text() == "mine"


def test_a_finished_run_is_not_resumed(run_tlx, journey):
    assert "is finished: 2 of 2 epochs are done" in run_tlx("train", "--resume", journey.run).error


def test_resume_takes_no_other_option(run_tlx, journey):
    error = run_tlx("train", "--resume", journey.run, "--epochs", "5").error
    assert "leave the others out" in error


START_UNINTERRUPTED = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from tlx.cli.main import main; main()"
)
"""As a shell starts it: whoever runs the tests in the background may have Ctrl-C ignored."""


@pytest.mark.slow
def test_an_interrupted_run_says_so_and_goes_on_with_resume(few, run_tlx, tmp_path):
    run = tmp_path / "run"
    options = [*QUICK, "--epochs", "3000", "--json"]
    command = [sys.executable, "-c", START_UNINTERRUPTED, "train", few, "--out", run, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert json.loads(process.stdout.readline())["epoch"] == 1
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        lines = process.stderr.read().decode().splitlines()
    assert process.returncode == 130
    assert lines[-1] == "tlx: interrupted"
    assert not any("Traceback" in line for line in lines)
    with (run / "metrics.csv").open(newline="") as file:
        done = int(list(csv.DictReader(file))[-1]["epoch"])
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "epochs": done + 1}))
    resumed = run_tlx("train", "--resume", run, "--json")
    assert [row.get("epoch") for row in resumed.json] == [done + 1, None]
