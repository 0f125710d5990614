"""Files that an option names: what cannot be written is said first, what was found is kept."""

import json
from pathlib import Path

import pytest

from tlx.cli.written_files import make_folder, require_writable, writing
from tlx.errors import UsageError

NOWHERE = Path("/proc")
"""A folder into which nobody can write, not even root."""
needs_proc = pytest.mark.skipif(not NOWHERE.is_dir(), reason="there is no /proc")


@needs_proc
@pytest.mark.parametrize(
    "arguments",
    [
        "eval run/model.onnx data --report /proc/x.html",
        "eval run/model.onnx data --out /proc/xx",
        "eval run/model.onnx run/model.onnx data --out /proc/xx",
        "check data --html /proc/x.html",
        "check data --quarantine /proc/x.csv",
    ],
)
def test_an_option_that_cannot_be_written_is_named_before_the_work(
    journey, run_tlx, tmp_path, monkeypatch, arguments
):
    (tmp_path / "run").symlink_to(journey.run)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "red").symlink_to(journey.data / "test" / "red")
    monkeypatch.chdir(tmp_path)
    *_, option, path = arguments.split()
    error = run_tlx(*arguments.split()).error
    assert error.startswith(f"tlx: {option} {path} cannot be written: ")
    assert error.endswith("; choose another\n")


def test_a_probe_leaves_nothing_behind(tmp_path):
    require_writable("--report", tmp_path / "x.html", tmp_path)
    make_folder("--out", tmp_path / "new" / "folder")
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "folder"]


def test_what_the_system_says_while_writing_names_the_option(tmp_path):
    with (
        pytest.raises(UsageError, match=r"^--out .*a cannot be written: Is a directory; choose"),
        writing("--out", tmp_path / "a"),
    ):
        tmp_path.write_text("x")


def test_the_report_is_kept_where_no_unknown_picture_can_be_read(
    judging_model, journey, run_tlx, tmp_path
):
    (tmp_path / "strange").mkdir()
    bad = tmp_path / "strange" / "bad.jpg"
    bad.write_bytes(b"")
    out, page = tmp_path / "out", tmp_path / "page.html"
    ran = run_tlx(
        *("eval", judging_model, journey.data / "test", "--unknown", bad.parent, "--json"),
        *("--out", out, "--report", page),
    )
    assert ran.code == 1
    (found,) = ran.json
    assert found["pictures"] == 30
    row = {"path": str(bad), "error": "empty file (0 bytes)"}
    assert found["unknown"] == {"pictures": 0, "unreadable": [row]}
    assert f"  {bad}: empty file (0 bytes)" in ran.err.splitlines()
    assert json.loads((out / "report.json").read_text()) == found
    assert page.is_file()


def test_plots_of_an_earlier_evaluation_do_not_stay_beside_the_new_report(
    judging_model, journey, run_tlx, tmp_path
):
    test, blue = journey.data / "test", journey.data / "test" / "blue"
    assert run_tlx("eval", judging_model, test, "--unknown", blue, "--out", tmp_path).code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert "unknown.png" in names
    for name in ("labels.png", "notes.txt"):  # as by a multi-label file; somebody's own
        (tmp_path / name).write_text("x")
    assert run_tlx("eval", judging_model, journey.data / "val", "--out", tmp_path).code == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == names - {"unknown.png", "unknown.csv"} | {"notes.txt"}


def test_a_plot_of_somebody_else_is_refused_whatever_the_task(journey, run_tlx, tmp_path):
    (tmp_path / "labels.png").write_text("mine")
    ran = run_tlx("eval", journey.run / "model.onnx", journey.data / "test", "--out", tmp_path)
    assert "labels.png exists and was not written by tlx" in ran.error
