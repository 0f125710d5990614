"""`tlx export`: JSON and tables, a failed verification, runs that cannot be exported."""

import hashlib
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from tlx.export import writing

FILE = {
    "path": str,
    "format": str,
    "verified": bool,
    "pictures": int,
    "source": str,
    "max_probability_difference": float,
    "agreement": float,
    "sha256": str,
    "metric": str,
    "score": float,
    "checkpoint_score": float,
    "score_interval": list,
    "conditions": list,
    "quantization": type(None),
}
ANY_SIZE = "model.any-size.onnx"
NEEDED = ("best.pt", "config.json", "split.csv")


@pytest.fixture
def run(journey, tmp_path):
    """A copy of a run, not exported."""
    (tmp_path / "run").mkdir()
    for name in NEEDED:
        shutil.copy(journey.run / name, tmp_path / "run")
    return tmp_path / "run"


def test_json_is_one_object_with_all_files(journey):
    assert journey.exported.code == 0
    (content,) = journey.exported.json
    assert list(content) == ["files", "bundle", "triton"]
    assert content["bundle"] is content["triton"] is None
    for file in content["files"]:
        assert {name: type(value) for name, value in file.items()} == FILE
        assert file["verified"] is True
        assert (file["pictures"], file["source"]) == (64, "validation and training")
        assert file["score"] == file["checkpoint_score"] > 0.9
        assert [set(row) for row in file["conditions"]] == [
            {"condition", "pictures", "max_probability_difference", "passed", "problem"}
        ] * len(file["conditions"])
        assert file["agreement"] == 1.0
        assert 0 <= file["max_probability_difference"] <= 1e-4
    paths = {file["format"]: file["path"] for file in content["files"]}
    assert paths == {
        "onnx": str(journey.run / "model.onnx"),
        "torchscript": str(journey.run / "model.ts"),
        "pt2": str(journey.run / "model.pt2"),
    }


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_hashes_are_those_of_the_files(journey):
    for file in journey.exported.json[0]["files"]:
        assert _sha256(Path(file["path"])) == file["sha256"]


def test_a_table_for_each_file_says_what_was_compared(journey):
    for name in ("model.onnx", "model.ts", "model.pt2"):
        assert f"{name} against the checkpoint" in journey.exported.err
    for what in (
        "validation and training pictures compared, from bytes to label",
        "logits: largest, mean difference",
        "probabilities: largest, mean difference",
        "the checkpoint's own distance, fp32 from fp64",
        "limit in probability",
        "same label, outside",
        "with CPU, 1 thread, batches of 8",
        "with CPU, all threads, one picture at a time",
        "with CPU, all threads, batches of 24",
        "accuracy: checkpoint, file",
        "+0.0000 (95% -0.05",
    ):
        assert journey.exported.err.count(what) == 3
    verdicts = [line for line in journey.exported.err.splitlines() if "verdict" in line]
    assert ["passed" in line for line in verdicts] == [True] * 3
    assert "\x1b" not in journey.exported.err


def test_pictures_that_have_moved_are_asked_for_with_data(run, run_tlx):
    error = run_tlx("export", run).error
    assert "before/val/blue/000.jpg is gone" in error
    assert "--data" in error
    assert not list(run.glob("*model*"))


@pytest.mark.slow
def test_out_takes_all_files_and_rows_are_on_stdout(run, run_tlx, tmp_path, journey):
    ran = run_tlx("export", run, "--data", journey.data, "--out", tmp_path / "files")
    assert (ran.code, ran.err) == (0, "")
    assert "model.onnx against the checkpoint" in ran.out
    assert f"{tmp_path / 'files' / 'model.ts'} (" in ran.out
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == [
        *("model.onnx", "model.ts", "verification.json")
    ]
    assert sorted(path.name for path in run.iterdir()) == sorted(NEEDED)


def disturbed(checkpoint):
    """Restore a network whose first label has a little more weight than in the checkpoint."""
    from tlx.training.checkpoint import restore_network

    model = restore_network(checkpoint)
    with torch.no_grad():
        model.network.fc.bias[0] += 0.01
    return model


@pytest.mark.slow
def test_a_file_that_answers_differently_ends_with_1_and_is_not_published(
    run, run_tlx, monkeypatch, journey
):
    monkeypatch.setattr(writing, "restore_network", disturbed)
    ran = run_tlx("export", run, "--data", journey.data, "--json")
    assert (ran.code, ran.out) == (1, "")
    *rows, error = ran.err.splitlines()
    assert error.startswith("tlx: model.onnx does not answer as the checkpoint does")
    assert error.count("; it was not published") == 2
    assert "; and model.ts does not answer" in error
    assert any("with torch's older exporter" in row for row in rows)
    assert any("FAILED" in row for row in rows)
    assert any("worst picture" in row and ".jpg │" in row for row in rows)
    assert not list(run.glob("*model*"))


def test_the_worst_picture_is_shown_by_its_whole_name_without_markup(capsys, tmp_path):
    from tlx.cli.export import show_export
    from tlx.cli.screen import Screen
    from tlx.export.answers import Answers
    from tlx.export.comparison import Comparison, Limits
    from tlx.export.events import Verified
    from tlx.export.verification import Verification

    numbers = {field.name: 1 for field in fields(Comparison)}
    found = Comparison(**{**numbers, "limits": Limits(0, 0, 0)})
    worst = tmp_path / ("[red]x[/red] " + "long " * 60 + "\n\x1b[31m.jpg")
    answers = Answers(np.zeros((1, 2)), np.zeros((1, 2)))
    verification = Verification(answers, found, worst, (), None, "folder")
    show_export(Verified("model.onnx", verification), Screen())
    shown = capsys.readouterr().out
    assert "[red]x[/red] " + "long " * 60 + r"\n\x1b[31m.jpg │" in shown


@pytest.mark.parametrize("name", ["nowhere", "empty", "text.txt"])
def test_what_is_no_run_folder_is_one_line(run_tlx, tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("a text\n")
    error = run_tlx("export", tmp_path / name).error
    assert f"{tmp_path / name / 'best.pt'}: no such file" in error


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"a text\n", "cut"])
def test_a_damaged_checkpoint_is_one_line(run, run_tlx, damage):
    whole = (run / "best.pt").read_bytes()
    (run / "best.pt").write_bytes(whole[:-5000] if damage == "cut" else damage)
    assert "best.pt" in run_tlx("export", run).error
    assert not list(run.glob("*model*"))


@pytest.mark.parametrize("name", ["config.json", "split.csv"])
def test_a_run_that_lacks_a_file_is_one_line(run, run_tlx, name):
    (run / name).unlink()
    assert name in run_tlx("export", run).error


def test_a_file_in_the_place_of_the_folder_is_one_line(run, run_tlx, tmp_path, journey):
    text = tmp_path / "text.txt"
    text.write_text("a text\n")
    error = run_tlx("export", run, "--data", journey.data, "--out", text).error
    assert str(text) in error
    assert text.read_text() == "a text\n"


def test_a_users_own_model_file_is_not_replaced(run, run_tlx, journey):
    (run / "model.onnx").write_bytes(b"mine")
    error = run_tlx("export", run, "--data", journey.data).error
    assert "model.onnx is not" in error
    assert "another --out" in error
    assert (run / "model.onnx").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "tflite"], "--format tflite: choose of onnx, torchscript, pt2"),
        (["--format", ", ,"], "--format names no format"),
        (["--quantize", "int4"], "--quantize int4: choose of fp16, int8"),
        (["--quantize", "int8", "--format", "pt2"], "--quantize makes ONNX files"),
        (["--dynamic", "--batch", 4], "--dynamic and --batch contradict each other"),
        (["--batch", 0], "--batch must be at least 1"),
        (["--imgsz", 8], "--imgsz must be at least 32"),
        (["--opset", 12], "--opset must be in 13 to 24"),
        (["--input", "uint8-any-size"], "--input uint8-any-size: choose uint8-nhwc or float-nchw"),
        (["--embed-resize", "--format", "onnx,pt2"], "--embed-resize is for ONNX"),
        (["--for-another-device"], "--for-another-device goes with --quantize int8"),
    ],
)
def test_options_that_cannot_be_are_one_line_and_nothing_is_done(run, run_tlx, options, said):
    before = {path: path.stat().st_mtime_ns for path in run.iterdir()}
    assert said in run_tlx("export", run, *options).error
    assert {path: path.stat().st_mtime_ns for path in run.iterdir()} == before


def test_a_graph_for_any_size_is_one_onnx_file_and_its_resize_is_told(run, run_tlx, journey):
    options = ["--embed-resize", "--legacy-exporter"]  # which is the quicker one
    options += ["--bundle", run / "b.zip", "--triton", run / "models"]
    ran = run_tlx("export", run, "--data", journey.data, *options, "--json")
    assert ran.code == 0
    bundle, triton = ran.json[0]["bundle"], ran.json[0]["triton"]
    assert bundle == {"path": str(run / "b.zip"), "sha256": _sha256(run / "b.zip")}
    folder = run / "models" / triton["name"]
    assert triton["path"] == str(folder)
    assert triton["sha256"] == _sha256(folder / "1" / "model.onnx") == _sha256(run / ANY_SIZE)
    (file,) = ran.json[0]["files"]
    assert file["path"] == str(run / ANY_SIZE)
    assert "resize in the graph against Pillow: levels, share of values" in ran.err
    assert "which moves probabilities by up to" in ran.err
    assert "on the same pictures resized by Pillow" in ran.err
