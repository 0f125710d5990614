"""The normalisation of an INT8 file works along rows, and gives the same numbers."""

import numpy as np
import onnx
import onnxruntime
import pytest

from tlx.export.normalised_rows import normalise_in_rows
from tlx.inference.preprocessing import preprocess
from tlx.inference.session import ModelSession


@pytest.fixture(scope="module")
def normalisation(model_file):
    """The beginning of a file's graph, up to the normalised pictures."""
    model = onnx.load(model_file)
    (end,) = [node.input[0] for node in model.graph.node if node.op_type == "Conv"][:1]
    kept = list(model.graph.node)[:5]
    assert kept[-1].output[0] == end
    del model.graph.node[:], model.graph.output[:], model.graph.value_info[:]
    model.graph.node.extend(kept)
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(end))
    return model


def changed(model):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    normalise_in_rows(copy.graph)
    return copy


def answer(model, images):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"images": images})[0]


def test_every_number_of_real_pictures_stays_the_same_to_the_bit(
    normalisation, model_file, split_folder
):
    rule = ModelSession(model_file).card.preprocessing
    images = np.stack([preprocess(p, rule) for p in sorted(split_folder.glob("val/*/*"))[:6]])
    rows = changed(normalisation)
    kinds = [node.op_type for node in rows.graph.node]
    assert kinds == ["Reshape", "Cast", "Div", "Sub", "Div", "Reshape", "Transpose"]
    expected = answer(normalisation, images)
    assert np.ptp(expected) > 1
    np.testing.assert_array_equal(answer(rows, images), expected)


def test_constants_that_nothing_needs_any_more_are_gone(normalisation):
    rows = changed(normalisation)
    names = {constant.name for constant in rows.graph.initializer}
    used = {name for node in rows.graph.node for name in node.input}
    before = {name for node in normalisation.graph.node for name in node.input}
    assert not names & (before - used)


def test_a_graph_for_any_size_stays_as_it_is(normalisation):
    model = onnx.ModelProto()
    model.CopyFrom(normalisation)
    for side in (1, 2):
        model.graph.input[0].type.tensor_type.shape.dim[side].dim_param = "any"
    assert changed(model) == model


def test_a_constant_that_is_not_one_a_channel_stops_the_rewriting(normalisation):
    model = onnx.ModelProto()
    model.CopyFrom(normalisation)
    (mean,) = (c for c in model.graph.initializer if c.name == model.graph.node[3].input[1])
    mean.dims[:] = [3]  # along the width, which is wrong, but not ours to change
    assert [node.op_type for node in changed(model).graph.node][:3] == ["Reshape", "Cast", "Div"]
    assert [node.op_type for node in changed(model).graph.node][3:5] == ["Reshape", "Transpose"]
