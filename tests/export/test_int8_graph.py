"""What of a graph is computed in INT8, and what the written file is like."""

import numpy as np
import onnx
import pytest
from scipy.special import expit, softmax

from tlx.errors import ModelFileError, VerificationError
from tlx.export.int8_graph import FloatGraph, open_float_graph, write_int8
from tlx.export.int8_ranges import measure_ranges
from tlx.inference.events import finish
from tlx.inference.preprocessing import preprocess
from tlx.inference.session import UNKNOWN, ModelSession
from tlx.samples.sample import Sample

RECIPE = {"activations": "uint8", "per_channel": True, "reduce_range": False}


def quantize(source, paths, target, **changes):
    """Quantize all but the head, on min-max ranges of some pictures."""
    with open_float_graph(source) as graph:
        ranges = finish(measure_ranges(graph, [Sample(path, "") for path in paths], "min-max"))
        nodes = [node for node in graph.nodes if node != graph.layers[-1]]
        write_int8(graph, ranges, target, **{"nodes": nodes, **RECIPE, **changes})
    return target


@pytest.fixture(scope="module")
def graph(model_file) -> FloatGraph:
    with open_float_graph(model_file) as opened:
        yield opened


@pytest.fixture(scope="module")
def paths(split_folder) -> list:
    return sorted((split_folder / "train").glob("*/00*.jpg"))


@pytest.fixture(scope="module")
def int8_file(model_file, paths, tmp_path_factory):
    return quantize(model_file, paths, tmp_path_factory.mktemp("int8") / "int8.onnx")


@pytest.fixture(scope="module")
def images(split_folder, model_file) -> np.ndarray:
    rule = ModelSession(model_file).card.preprocessing
    return np.stack([preprocess(p, rule) for p in sorted((split_folder / "val").glob("*/*"))])


def test_the_layers_are_those_of_the_network_in_order(graph):
    titles = [graph.title(layer) for layer in graph.layers]
    assert len(titles) == 21
    assert titles[:3] == ["conv1", "layer1.0.conv1", "layer1.0.conv2"]
    assert titles[-1] == "fc"
    assert "layer2.0.downsample.0" in titles


def test_normalisation_maps_pooling_and_softmax_are_not_quantized(graph, int8_file):
    kinds = {node.name: node.op_type for node in graph.model.graph.node}
    assert {kinds[name] for name in graph.nodes} == {"Conv", "Add", "Relu", "MaxPool", "Gemm"}
    nodes = list(onnx.load(int8_file).graph.node)
    first = [node.op_type for node in nodes].index("QuantizeLinear")
    before = [node.op_type for node in nodes[:first] if node.op_type != "DequantizeLinear"]
    assert before == ["Reshape", "Cast", "Div", "Sub", "Div", "Reshape", "Transpose"]
    scales = [node for node in nodes if node.op_type == "DequantizeLinear"]
    assert len(scales) > 40
    (maps,) = (node for node in nodes if "activation_maps" in node.output)
    weights = {weight.name: weight for weight in onnx.load(int8_file).graph.initializer}
    assert weights[maps.input[1]].data_type == onnx.TensorProto.FLOAT


def test_the_file_asks_for_no_newer_a_runtime_than_the_float_file(int8_file, model_file):
    found, source = onnx.load(int8_file), onnx.load(model_file)
    assert [(entry.domain, entry.version) for entry in found.opset_import] == [("", 18)]
    assert (found.ir_version, source.ir_version) == (9, 9)


def test_it_holds_the_float_files_card_and_nothing_else_about_where_it_was_made(
    int8_file, model_file
):
    model = onnx.load(int8_file)
    assert [entry.key for entry in model.metadata_props] == ["tlx.card"]
    assert ModelSession(int8_file).card == ModelSession(model_file).card
    assert not any(node.doc_string or len(node.metadata_props) for node in model.graph.node)
    assert str(int8_file.parent).encode() not in int8_file.read_bytes()


def test_it_is_nearly_four_times_smaller(int8_file, model_file):
    # The graph itself, which stays as large, counts more in a narrow network.
    assert model_file.stat().st_size / int8_file.stat().st_size > 3.7


def test_it_answers_nearly_as_the_float_file_does(int8_file, model_file, images):
    found, expected = ModelSession(int8_file).run(images), ModelSession(model_file).run(images)
    assert (found.logits.argmax(1) == expected.logits.argmax(1)).mean() > 0.9
    assert 0 < np.abs(found.probabilities - expected.probabilities).mean() < 0.05
    for name in ("activation_maps", "features"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert ours.shape == theirs.shape
        assert 0 < np.abs(ours - theirs).max() < 0.2 * np.abs(theirs).max()


def test_its_outputs_belong_together_exactly(int8_file, images):
    found = ModelSession(int8_file).run(images)
    head = {w.name: onnx.numpy_helper.to_array(w) for w in onnx.load(int8_file).graph.initializer}
    bias = head["network.fc.bias"]
    np.testing.assert_allclose(found.activation_maps.mean((2, 3)) + bias, found.logits, atol=1e-4)
    np.testing.assert_allclose(softmax(found.logits, 1), found.probabilities, atol=1e-6)
    logits = found.features @ head["network.fc.weight"].T + bias
    np.testing.assert_allclose(logits, found.logits, atol=1e-4)


def test_one_picture_and_many_are_answered_alike(int8_file, images):
    session = ModelSession(int8_file)
    alone = np.concatenate([session.scores(images[i : i + 1])[0] for i in range(5)])
    np.testing.assert_allclose(alone, session.scores(images[:5])[0], atol=1e-5)


@pytest.mark.parametrize(
    "changes", [{"activations": "int8"}, {"per_channel": False}, {"reduce_range": True}]
)
def test_every_kind_of_recipe_gives_a_file_that_answers(
    model_file, paths, images, tmp_path, changes
):
    path = quantize(model_file, paths[:6], tmp_path / "int8.onnx", **changes)
    found, expected = ModelSession(path).run(images), ModelSession(model_file).run(images)
    assert 0 < np.abs(found.probabilities - expected.probabilities).mean() < 0.1
    weights = [w for w in onnx.load(path).graph.initializer if w.name.endswith("weight_quantized")]
    largest = max(np.abs(onnx.numpy_helper.to_array(weight)).max() for weight in weights)
    assert largest == (64 if "reduce_range" in changes else 127)


def test_probabilities_of_several_labels_stay_a_sigmoid_each(multi_label_run, tmp_path):
    paths = sorted((multi_label_run.parent / "data").glob("*.png"))
    path = quantize(multi_label_run / "model.onnx", paths[::4], tmp_path / "int8.onnx")
    images = np.stack([preprocess(p, ModelSession(path).card.preprocessing) for p in paths])
    found = ModelSession(path).run(images)
    np.testing.assert_allclose(expit(found.logits), found.probabilities, atol=1e-6)


def test_quantizing_prints_nothing(model_file, paths, tmp_path, capfd):
    quantize(model_file, paths[:2], tmp_path / "int8.onnx")
    assert capfd.readouterr() == ("", "")


def test_a_graph_without_layers_is_refused(model_file, tmp_path):
    model = onnx.load(model_file)
    kept = [
        node for node in model.graph.node if node.op_type in ("Transpose", "Cast", "Div", "Sub")
    ]
    del model.graph.node[:], model.graph.output[:]
    model.graph.node.extend(kept)
    value = onnx.helper.make_tensor_value_info("div_1", onnx.TensorProto.FLOAT, None)
    model.graph.output.append(value)
    onnx.save(model, tmp_path / "none.onnx")
    with (
        pytest.raises(VerificationError, match=r"none\.onnx: its graph has no layers"),
        open_float_graph(tmp_path / "none.onnx"),
    ):
        pass


def test_a_file_with_its_rule_for_unknown_pictures_is_not_quantized(model_file, tmp_path):
    judging = onnx.load(model_file)
    judging.graph.output.append(onnx.helper.make_tensor_value_info(UNKNOWN, 1, ["N"]))
    onnx.save(judging, tmp_path / "judging.onnx")
    with (
        pytest.raises(ModelFileError, match="which is added last; quantize the file before"),
        open_float_graph(tmp_path / "judging.onnx"),
    ):
        pass
