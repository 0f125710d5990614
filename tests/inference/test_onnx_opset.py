"""The opset that is read from a file's bytes is the one that the package onnx reads."""

from pathlib import Path

import pytest
from onnx import ModelProto, TensorProto, helper

from tlx.inference.onnx_opset import read_opset


def write(path: Path, *opsets: tuple[str, int]) -> Path:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4000])
    weights = helper.make_tensor("w", TensorProto.FLOAT, [4000], [0.5] * 4000)
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [4000])
    graph = helper.make_graph(nodes, "g", [value], [result], [weights])
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets]
    model = helper.make_model(graph, opset_imports=imports, model_version=2**62)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("opsets", "expected"),
    [
        ([("", 13)], 13),
        ([("ai.onnx.ml", 3), ("", 300)], 300),
        ([("com.microsoft", 1), ("ai.onnx", 18)], 18),
        ([("com.microsoft", 1)], None),
    ],
)
def test_it_is_that_of_onnx_own_operators(tmp_path, opsets, expected):
    assert read_opset(write(tmp_path / "m.onnx", *opsets)) == expected


def test_a_file_of_tlx_names_the_opset_that_onnx_reads(small_model):
    (entry,) = ModelProto.FromString(small_model.read_bytes()).opset_import
    assert read_opset(small_model) == entry.version


def test_a_file_that_is_cut_off_or_no_onnx_at_all_names_none(tmp_path):
    whole = write(tmp_path / "m.onnx", ("", 18)).read_bytes()
    path = tmp_path / "cut.onnx"
    for content in (b"", whole[:40], whole[:5000], b"\xff" * 3000, b"no model" * 400):
        path.write_bytes(content)
        assert read_opset(path) is None
