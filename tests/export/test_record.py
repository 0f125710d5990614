"""`verification.json`, and what an export may remove."""

import getpass
import hashlib
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

import tlx
from tlx.errors import UsageError
from tlx.export.record import ExportedFile, clear_the_way, write_record
from tlx.export.verification import ConditionResult
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing
from tlx.training.checkpoint import Checkpoint

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
CARD = ModelCard(("a", "b"), Preprocessing(37, 32), PROVENANCE)
CHECKPOINT = Checkpoint(CARD, 1, {}, {}, sha256="c" * 64)
NAMES = ("model.onnx", "model.ts")
BROKEN = ('{"files": [1]}', '{"files": [{}]}', '{"files": [{"path": 1, "sha256": 2}]}')


OTHER = replace(CHECKPOINT, sha256="d" * 64)


def _publish(folder: Path, name: str, checkpoint: Checkpoint = CHECKPOINT) -> ExportedFile:
    """Put a file into a folder and record it."""
    (folder / name).write_bytes(b"graph")
    file = ExportedFile(
        path=folder / name,
        format="onnx",
        verified=True,
        pictures=64,
        source="validation",
        max_probability_difference=1e-7,
        agreement=1.0,
        sha256=hashlib.sha256(b"graph").hexdigest(),
        metric="accuracy",
        score=0.75,
        checkpoint_score=0.75,
        score_interval=(-0.05, 0.05),
        conditions=(ConditionResult("CPU, 1 thread, batches of 8", 25, 1e-7, True),),
    )
    write_record(folder, checkpoint, file)
    return file


def _rows(folder: Path) -> dict[str, dict]:
    content = json.loads((folder / "verification.json").read_text(encoding="utf-8"))
    assert list(content) == ["files"]
    return {row["path"]: row for row in content["files"]}


def test_the_record_says_what_was_published_and_with_what(tmp_path):
    file = _publish(tmp_path, "model.onnx")
    row = _rows(tmp_path)["model.onnx"]
    assert row["checkpoint_sha256"] == "c" * 64
    assert row["versions"]["tlx"] == tlx.__version__
    assert {"python", "torch", "torchvision", "onnx", "onnxruntime", "numpy"} < {*row["versions"]}
    assert (row["format"], row["verified"], row["pictures"]) == ("onnx", True, 64)
    assert (row["source"], row["sha256"]) == ("validation", file.sha256)
    assert (row["max_probability_difference"], row["agreement"]) == (1e-7, 1)
    assert (row["metric"], row["score"], row["checkpoint_score"]) == ("accuracy", 0.75, 0.75)
    assert row["score_interval"] == [-0.05, 0.05]
    assert row["conditions"][0]["condition"] == "CPU, 1 thread, batches of 8"
    assert row["quantization"] is None
    assert {path.name for path in tmp_path.iterdir()} == {"model.onnx", "verification.json"}


def test_the_machine_is_described_and_neither_it_nor_its_user_named(tmp_path):
    _publish(tmp_path, "model.onnx")
    machine = _rows(tmp_path)["model.onnx"]["machine"]
    assert machine["cores"] >= 1
    assert "CPUExecutionProvider" in machine["providers"]
    assert all(machine[name] for name in ("system", "processor"))
    values = json.dumps(_rows(tmp_path))
    named = f'"{getpass.getuser()}"', f'"{socket.gethostname()}"'
    for name in (str(tmp_path), f"{Path.home()}/", *named):
        assert name not in values


def test_another_file_is_added_and_the_same_one_replaced(tmp_path):
    for name in (*NAMES, "model.onnx"):
        _publish(tmp_path, name)
    assert list(_rows(tmp_path)) == ["model.ts", "model.onnx"]


def test_files_of_another_checkpoint_stay_with_its_hash(tmp_path):
    _publish(tmp_path, "model.ts")
    _publish(tmp_path, "model.onnx", OTHER)
    hashes = {name: row["checkpoint_sha256"] for name, row in _rows(tmp_path).items()}
    assert hashes == {"model.ts": "c" * 64, "model.onnx": "d" * 64}
    clear_the_way(tmp_path, NAMES)
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_about_to_be_written_again_is_removed(tmp_path):
    for name in (*NAMES, "model.pt2"):
        _publish(tmp_path, name)
    clear_the_way(tmp_path, NAMES)
    assert {path.name for path in tmp_path.iterdir()} == {"model.pt2", "verification.json"}
    assert list(_rows(tmp_path)) == ["model.pt2"]


def test_what_an_earlier_export_wrote_is_removed(tmp_path):
    for name in NAMES:
        _publish(tmp_path, name)
    (tmp_path / "best.pt").write_bytes(b"weights")
    clear_the_way(tmp_path, NAMES)
    assert [path.name for path in tmp_path.iterdir()] == ["best.pt"]


def test_a_folder_is_made_where_there_is_none(tmp_path):
    clear_the_way(tmp_path / "a" / "b", NAMES)
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_that_nobody_recorded_is_refused_and_stays(tmp_path):
    (tmp_path / "model.ts").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"model\.ts is not what tlx export wrote"):
        clear_the_way(tmp_path, NAMES)
    assert (tmp_path / "model.ts").read_bytes() == b"mine"


def test_a_file_that_was_replaced_since_is_refused_and_nothing_is_removed(tmp_path):
    for name in NAMES:
        _publish(tmp_path, name)
    (tmp_path / "model.ts").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"model\.ts is not what tlx export wrote"):
        clear_the_way(tmp_path, NAMES)
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "verification.json"}


def test_a_folder_called_as_a_model_file_is_refused(tmp_path):
    (tmp_path / "model.onnx").mkdir()
    with pytest.raises(UsageError, match=r"model\.onnx is not what tlx export wrote"):
        clear_the_way(tmp_path, NAMES)


@pytest.mark.parametrize("content", ["", "[]", "{}", *BROKEN])
def test_a_record_of_something_else_is_refused_and_stays(tmp_path, content):
    (tmp_path / "verification.json").write_text(content)
    with pytest.raises(UsageError, match="is not a record of tlx export"):
        clear_the_way(tmp_path, NAMES)
    assert (tmp_path / "verification.json").read_text() == content


def test_a_record_whose_files_are_gone_is_removed(tmp_path):
    _publish(tmp_path, "model.onnx").path.unlink()
    clear_the_way(tmp_path, NAMES)
    assert list(tmp_path.iterdir()) == []
