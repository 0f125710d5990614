"""`verification.json`, and what an export may remove."""

import hashlib
import json
from pathlib import Path

import pytest

import tlx
from tlx.errors import UsageError
from tlx.export.record import ExportedFile, clear_the_way, write_record
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing
from tlx.training.checkpoint import Checkpoint

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
CARD = ModelCard(("a", "b"), Preprocessing(37, 32), PROVENANCE)
CHECKPOINT = Checkpoint(CARD, 1, {}, {}, sha256="c" * 64)
NAMES = ("model.onnx", "model.ts")


def _publish(folder: Path, name: str, content: bytes = b"graph") -> ExportedFile:
    (folder / name).write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return ExportedFile(folder / name, "onnx", True, 30, 1e-7, 1.0, sha256)


def test_the_record_says_what_was_published_and_with_what(tmp_path):
    file = _publish(tmp_path, "model.onnx")
    write_record(tmp_path, CHECKPOINT, [file])
    content = json.loads((tmp_path / "verification.json").read_text(encoding="utf-8"))
    assert content["tlx"] == tlx.__version__
    assert content["checkpoint_sha256"] == "c" * 64
    assert {"torch", "onnxruntime", "numpy"} <= content.keys()
    assert content["files"] == [
        {
            "path": "model.onnx",
            "format": "onnx",
            "verified": True,
            "pictures": 30,
            "max_probability_difference": 1e-7,
            "agreement": 1.0,
            "sha256": file.sha256,
        }
    ]
    assert str(tmp_path) not in (tmp_path / "verification.json").read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"model.onnx", "verification.json"}


def test_what_an_earlier_export_wrote_is_removed(tmp_path):
    write_record(tmp_path, CHECKPOINT, [_publish(tmp_path, name) for name in NAMES])
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
    write_record(tmp_path, CHECKPOINT, [_publish(tmp_path, name) for name in NAMES])
    (tmp_path / "model.ts").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"model\.ts is not what tlx export wrote"):
        clear_the_way(tmp_path, NAMES)
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "verification.json"}


def test_a_folder_called_as_a_model_file_is_refused(tmp_path):
    (tmp_path / "model.onnx").mkdir()
    with pytest.raises(UsageError, match=r"model\.onnx is not what tlx export wrote"):
        clear_the_way(tmp_path, NAMES)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": [1]}', '{"files": [{}]}'])
def test_a_record_of_something_else_is_refused_and_stays(tmp_path, content):
    (tmp_path / "verification.json").write_text(content)
    with pytest.raises(UsageError, match="is not a record of tlx export"):
        clear_the_way(tmp_path, NAMES)
    assert (tmp_path / "verification.json").read_text() == content


def test_a_record_whose_files_are_gone_is_removed(tmp_path):
    file = _publish(tmp_path, "model.onnx")
    write_record(tmp_path, CHECKPOINT, [file])
    file.path.unlink()
    clear_the_way(tmp_path, NAMES)
    assert list(tmp_path.iterdir()) == []
