"""onnxruntime 1.17.3, in an environment of its own, loads what an export writes by default."""

import numpy as np
import onnx
import pytest

import tlx
from tlx.export import pictures, unknown_fit
from tlx.export.comparison import ITSELF
from tlx.export.options import ExportOptions
from tlx.inference.graph_input import as_tensor, prepare
from tlx.inference.session import OUTPUTS, UNKNOWN, ModelSession

pytestmark = pytest.mark.slow


FLOAT = 1e-4
"""How far an output may be, as a share of its largest magnitude (at least 1)."""


def _assert_same(old_runtime, path, split_folder, share=FLOAT) -> None:
    imports = {entry.domain: entry.version for entry in onnx.load(path).opset_import}
    assert [*imports] == [""]
    assert imports[""] <= 18
    session = ModelSession(path)
    paths = sorted((split_folder / "test").glob("*/*.jpg"))
    images = np.stack([prepare(picture, session.card) for picture in paths])
    found = old_runtime(path, as_tensor(images, session.card))
    expected = session.run(images)
    assert [*found] == [*OUTPUTS, *([UNKNOWN] if session.judges else [])]
    for name, values in found.items():
        other = getattr(expected, name)
        np.testing.assert_allclose(values, other, rtol=0, atol=share * max(1, np.abs(other).max()))
    assert len(found["logits"]) == 30


def test_the_default_file_answers_the_same(old_runtime, model_file, split_folder):
    _assert_same(old_runtime, model_file, split_folder)


def test_the_default_int8_file_answers_nearly_the_same(old_runtime, light_run, split_folder):
    """The tolerance is that of a quantized file against itself: a sum may round to the next step.

    `--for-another-device` leaves the stop-watch out, not a node of the graph.
    """
    options = ExportOptions(
        formats=("onnx",), quantize=("int8",), max_drop=20, for_another_device=True
    )
    _, file = tlx.export(light_run, options=options)
    assert file.path.name == "model.int8.onnx"
    nodes = {node.op_type for node in onnx.load(file.path).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} < nodes
    _assert_same(old_runtime, file.path, split_folder, ITSELF.relative)


def test_a_file_with_a_rule_for_unknown_pictures_answers_the_same(
    old_runtime, light_run, split_folder, monkeypatch
):
    monkeypatch.setattr(unknown_fit, "FEWEST", 20)
    monkeypatch.setattr(pictures, "FEWEST", 10)
    (file,) = tlx.export(light_run, options=ExportOptions(formats=("onnx",)))
    assert ModelSession(file.path).judges
    _assert_same(old_runtime, file.path, split_folder)


def test_a_graph_for_any_size_answers_the_same(old_runtime, any_size_file, split_folder):
    _assert_same(old_runtime, any_size_file, split_folder)


def test_floats_in_an_older_opset_are_answered_the_same(
    old_runtime, light_run, split_folder, monkeypatch
):
    monkeypatch.setattr(pictures, "FEWEST", 10)
    options = ExportOptions(formats=("onnx",), input="float-nchw", opset=13)
    (file,) = tlx.export(light_run, options=options)
    _assert_same(old_runtime, file.path, split_folder)
