"""What was tried for a smaller file stands beside it, and never says more than is there."""

import hashlib
import json
from pathlib import Path

import pytest

import tlx
from tlx.errors import UsageError, VerificationError
from tlx.export import int8_search, publish
from tlx.export.options import ExportOptions
from tlx.export.publish import export_events
from tlx.export.quantized_file import QuantizedFile
from tlx.training.checkpoint import load_checkpoint

SMALLER = ExportOptions(
    formats=("onnx",), quantize=("int8",), calibration=6, max_drop=50, for_another_device=True
)


@pytest.fixture
def run(plant_graph, light_run, monkeypatch) -> Path:
    """A run whose export ends with the first INT8 file that is tried."""
    plant_graph()
    monkeypatch.setattr(int8_search, "GOOD_AGREEMENT", 0.0)
    return light_run


def rows(folder: Path) -> list[dict[str, object]]:
    return json.loads((folder / "quantization.json").read_text())["trials"]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_row_says_of_which_checkpoint_and_file_it_is(run):
    _, smaller = tlx.export(run, options=SMALLER)
    (row,) = rows(run)
    assert smaller.path.name == row["file"] == "model.int8.onnx"
    assert row["chosen"] is True
    assert row["sha256"] == sha256(run / "model.int8.onnx")
    assert row["checkpoint_sha256"] == load_checkpoint(run / "best.pt").sha256
    (record,) = (
        file
        for file in json.loads((run / "verification.json").read_text())["files"]
        if file["path"] == "model.int8.onnx"
    )
    for key in ("checkpoint_sha256", "versions", "machine"):
        assert row[key] == record[key]
    assert row["versions"]["tlx"] == tlx.__version__


def test_the_command_for_another_device_has_the_published_names(run):
    (found,) = (e for e in export_events(run, options=SMALLER) if isinstance(e, QuantizedFile))
    assert found.notes[-1].endswith("; there: tlx bench model.onnx model.int8.onnx")


def test_nothing_is_chosen_before_the_file_is_published(run, monkeypatch):
    tlx.export(run, options=SMALLER)
    publish_file = publish._publish

    def fail(job, target, made, name, rule, quantization=None):
        if quantization:
            raise VerificationError("planted")
        return publish_file(job, target, made, name, rule)

    monkeypatch.setattr(publish, "_publish", fail)
    with pytest.raises(VerificationError, match="planted"):
        tlx.export(run, options=SMALLER)
    assert not (run / "model.int8.onnx").exists()
    assert [(row["passed"], row["chosen"], row["sha256"]) for row in rows(run)] == [
        (True, False, None)
    ]


def test_an_export_that_is_broken_off_leaves_no_rows_of_a_file_that_went(run):
    tlx.export(run, options=SMALLER)
    before = rows(run)
    for event in export_events(run, options=SMALLER):
        if isinstance(event, publish.Writing) and event.name == "model.onnx":
            assert rows(run) == before  # the INT8 file is still there
        if isinstance(event, publish.Writing) and event.name == "model.int8.onnx":
            break
    assert not (run / "quantization.json").exists()


@pytest.mark.parametrize("change", ["gone", "replaced", "none"])
def test_an_export_of_the_float_file_alone_leaves_what_is_still_true(run, change):
    tlx.export(run, options=SMALLER)
    (before,) = rows(run)
    if change == "gone":
        (run / "model.int8.onnx").unlink()
    elif change == "replaced":
        (run / "model.int8.onnx").write_bytes(b"another")
    tlx.export(run, options=ExportOptions(formats=("onnx",)))
    assert rows(run) == [before | {"chosen": change == "none"}]


def test_a_table_of_somebody_else_is_left_as_it_is(run):
    (run / "quantization.json").write_text('{"mine": 1}')
    with pytest.raises(UsageError, match=r"quantization\.json is not what tlx export wrote"):
        tlx.export(run, options=SMALLER)
    assert (run / "quantization.json").read_text() == '{"mine": 1}'
    assert not (run / "model.onnx").exists()
