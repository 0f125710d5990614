"""onnxruntime 1.17.3, in an environment of its own, loads what an export writes by default."""

import numpy as np
import pytest

import tlx
from tlx.export import pictures
from tlx.export.options import ExportOptions
from tlx.inference.graph_input import as_tensor, prepare
from tlx.inference.session import OUTPUTS, ModelSession

pytestmark = pytest.mark.slow


def _assert_same(old_runtime, path, split_folder) -> None:
    session = ModelSession(path)
    paths = sorted((split_folder / "test").glob("*/*.jpg"))
    images = np.stack([prepare(picture, session.card) for picture in paths])
    found = old_runtime(path, as_tensor(images, session.card))
    expected = session.run(images)
    assert [*found] == [*OUTPUTS]
    for name, values in found.items():
        other = getattr(expected, name)
        np.testing.assert_allclose(values, other, rtol=0, atol=1e-4 * max(1, np.abs(other).max()))
    assert len(found["logits"]) == 30


def test_the_default_file_answers_the_same(old_runtime, model_file, split_folder):
    _assert_same(old_runtime, model_file, split_folder)


def test_a_graph_for_any_size_answers_the_same(old_runtime, any_size_file, split_folder):
    _assert_same(old_runtime, any_size_file, split_folder)


def test_floats_in_an_older_opset_are_answered_the_same(
    old_runtime, light_run, split_folder, monkeypatch
):
    monkeypatch.setattr(pictures, "FEWEST", 10)
    options = ExportOptions(formats=("onnx",), input="float-nchw", opset=13)
    (file,) = tlx.export(light_run, options=options)
    _assert_same(old_runtime, file.path, split_folder)
