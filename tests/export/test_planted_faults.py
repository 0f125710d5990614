"""Faults planted in the graph or the card of an ONNX file: each is caught, named, not published."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import GraphProto, NodeProto, helper, numpy_helper

import tlx
from tlx.errors import VerificationError
from tlx.export import publish
from tlx.export.events import Verified
from tlx.inference.card import ModelCard


def _weights(graph: GraphProto, name: str) -> np.ndarray:
    (found,) = (tensor for tensor in graph.initializer if tensor.name == name)
    return numpy_helper.to_array(found).copy()


def _set_weights(graph: GraphProto, name: str, values: np.ndarray) -> None:
    (found,) = (tensor for tensor in graph.initializer if tensor.name == name)
    found.CopyFrom(numpy_helper.from_array(values.astype(np.float32), name))


def _node(graph: GraphProto, output: str) -> NodeProto:
    (found,) = (node for node in graph.node if output in node.output)
    return found


def _add_constant(graph: GraphProto, name: str, values: np.ndarray) -> str:
    graph.initializer.append(numpy_helper.from_array(values, name))
    return name


def _insert_after(graph: GraphProto, output: str, operator: str, *inputs: str, **options) -> None:
    """Send what was `output` through one more node, which takes over its name."""
    before = _node(graph, output)
    before.output[list(before.output).index(output)] = "planted"
    position = list(graph.node).index(before) + 1
    node = helper.make_node(operator, ["planted", *inputs], [output], **options)
    graph.node.insert(position, node)


def _disturb(graph: GraphProto, name: str) -> None:
    """Disturb weights by 1 % of their spread."""
    values = _weights(graph, name)
    noise = np.random.default_rng(0).normal(0, 0.01 * values.std(), values.shape)
    _set_weights(graph, name, values + noise)


def _swap(values: np.ndarray) -> np.ndarray:
    return values[[1, 0, 2]]


def test_a_healthy_file_raises_no_false_alarm(plant_graph, light_run):
    plant_graph()
    (file,) = tlx.export(light_run)
    assert file.verified
    assert file.path == light_run / "model.onnx"
    assert file.path.exists()


def test_two_labels_swapped_in_the_card_are_named(plant_graph, refusal):
    plant_graph(change_card=lambda card: replace(card, labels=("green", "blue", "red")))
    assert "is card: its labels have changed places: 'blue', 'green'" in refusal()


def test_a_changed_temperature_in_the_card_is_named(plant_graph, refusal):
    plant_graph(change_card=lambda card: replace(card, temperature=2.0))
    assert "is card: its temperature is 2.0" in refusal()


def test_two_rows_of_the_head_swapped_are_named(plant_graph, refusal):
    def swap_rows(graph: GraphProto) -> None:
        for name in ("network.fc.weight", "network.fc.bias", "unsqueeze_1"):
            _set_weights(graph, name, _swap(_weights(graph, name)))

    plant_graph(swap_rows)
    text = refusal()
    assert "is logits: outputs have changed places: 'blue', 'green'" in text
    assert "largest difference in probability" in text
    assert "worst picture" in text


def test_a_wrong_mean_is_named_with_its_values(plant_graph, refusal):
    mean = np.array([0.5, 0.456, 0.406]).reshape(1, 3, 1, 1)
    plant_graph(lambda graph: _set_weights(graph, "normalise.mean", mean))
    assert "is normalisation: it uses mean [0.5, 0.456, 0.406] and std [0.229" in refusal()


def test_a_wrong_deviation_is_named_with_its_values(plant_graph, refusal):
    std = np.array([0.229, 0.224, 0.25]).reshape(1, 3, 1, 1)
    plant_graph(lambda graph: _set_weights(graph, "normalise.std", std))
    assert "and std [0.229, 0.224, 0.25], not [0.485" in refusal()


def test_a_missing_division_by_255_is_normalisation(plant_graph, refusal):
    plant_graph(lambda graph: _set_weights(graph, "val_0", np.array(1.0)))
    assert "is normalisation: it uses mean" in refusal()


def test_channels_in_bgr_order_are_named(plant_graph, refusal):
    def reverse_channels(graph: GraphProto) -> None:
        order = _add_constant(graph, "order", np.array([2, 1, 0]))
        first = next(node for node in graph.node if "images" in node.input)
        first.input[0] = "reversed"
        graph.node.insert(0, helper.make_node("Gather", ["images", order], ["reversed"], axis=3))

    plant_graph(reverse_channels)
    assert "is normalisation: the channels are in BGR order" in refusal()


def test_a_picture_turned_on_its_side_is_normalisation(plant_graph, refusal):
    def turn(graph: GraphProto) -> None:
        (first,) = (node for node in graph.node if node.op_type == "Transpose")
        first.attribute[0].ints[:] = [0, 3, 2, 1]

    plant_graph(turn)
    assert "is normalisation: mean, std or the order of channels or axes differs" in refusal()


@pytest.mark.parametrize(
    ("layer", "stage"),
    [
        ("conv1", "stem"),
        ("layer1.0.conv1", "layer1"),
        ("layer2.0.downsample.0", "layer2"),
        ("layer3.1.conv2", "layer3"),
        ("layer4.1.conv1", "layer4"),
    ],
)
def test_one_layers_weights_disturbed_by_1_percent_are_named(plant_graph, refusal, layer, stage):
    plant_graph(lambda graph: _disturb(graph, f"network.{layer}.weight"))
    assert f"is {stage}: weights or BatchNorm statistics of {stage}" in refusal()


def test_the_heads_weights_disturbed_by_1_percent_are_named(plant_graph, refusal):
    plant_graph(lambda graph: _disturb(graph, "network.fc.weight"))
    assert "is logits: the head's weights or bias" in refusal()


def test_a_dropped_temperature_is_named(plant_graph, warm_run, refusal):
    plant_graph()  # the healthy graph was written for a temperature of 1
    assert "is probabilities: temperature, softmax or sigmoid differs" in refusal()


def test_a_temperature_in_the_logits_is_named(plant_graph, warm_run, refusal):
    def cool_logits(graph: GraphProto) -> None:
        value = _add_constant(graph, "temperature", np.array(1.7, np.float32))
        _insert_after(graph, "logits", "Div", value)

    plant_graph(cool_logits)
    text = refusal()
    assert "is logits: they are 0.5882 times too large" in text
    assert "largest difference in logits, relative" in text


def test_a_softmax_that_is_taken_twice_is_named(plant_graph, refusal):
    plant_graph(lambda graph: _insert_after(graph, "probabilities", "Softmax", axis=-1))
    assert "is probabilities: temperature, softmax or sigmoid differs" in refusal()


def test_a_sigmoid_in_the_place_of_softmax_is_named(plant_graph, refusal):
    def replace_softmax(graph: GraphProto) -> None:
        node = _node(graph, "probabilities")
        node.CopyFrom(helper.make_node("Sigmoid", list(node.input), list(node.output)))

    plant_graph(replace_softmax)
    assert "is probabilities: temperature, softmax or sigmoid differs" in refusal()


def test_wrong_activation_maps_alone_are_named(plant_graph, refusal):
    plant_graph(lambda graph: _disturb(graph, "unsqueeze_1"))
    text = refusal()
    assert "is activation maps: they are not the head's weights" in text
    assert "largest difference in activation maps, relative" in text


def test_wrong_features_alone_are_named(plant_graph, refusal):
    def scale(graph: GraphProto) -> None:
        for node in graph.node:
            if node.op_type == "Gemm":
                node.input[0] = "planted"
        value = _add_constant(graph, "scale", np.array(1.01, np.float32))
        _insert_after(graph, "features", "Mul", value)

    plant_graph(scale)
    assert "is features: the pooling differs" in refusal()


def test_a_batch_size_that_was_fixed_by_the_exporter_is_named(plant_graph, refusal):
    def fix(graph: GraphProto) -> None:
        for value in (*graph.input, *graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = 2

    plant_graph(fix)
    assert "model.onnx takes 2 pictures a run, not any number" in refusal()


def test_pictures_of_a_batch_that_influence_each_other_are_named(plant_graph, refusal):
    def mix(graph: GraphProto) -> None:
        _insert_after(graph, "logits", "Add", "mixed")
        position = list(graph.node).index(_node(graph, "logits"))
        axes = _add_constant(graph, "axes", np.array([0]))
        nodes = [
            helper.make_node("ReduceMean", ["planted", axes], ["mean"], keepdims=1),
            helper.make_node("Sub", ["mean", "planted"], ["mixed"]),
        ]
        for node in reversed(nodes):
            graph.node.insert(position, node)

    plant_graph(mix)
    assert "pictures of one batch influence each other" in refusal()


def test_a_card_that_changes_when_it_is_rewritten_is_caught(plant_graph, refusal, monkeypatch):
    plant_graph()
    (target,) = publish.FORMATS

    def rewrite(path, card: ModelCard) -> None:
        target.rewrite_card(path, replace(card, labels=("red", "green", "blue")))

    monkeypatch.setattr(publish, "FORMATS", (replace(target, rewrite_card=rewrite),))
    assert "is card: its labels have changed places: 'blue', 'red'" in refusal()


def test_a_graph_that_changes_when_the_card_is_rewritten_is_caught(
    plant_graph, refusal, monkeypatch
):
    plant_graph()
    (target,) = publish.FORMATS

    def rewrite(path, card: ModelCard) -> None:
        target.rewrite_card(path, card)
        model = onnx.load(path)
        _disturb(model.graph, "network.layer2.0.conv1.weight")
        onnx.save(model, path)

    monkeypatch.setattr(publish, "FORMATS", (replace(target, rewrite_card=rewrite),))
    assert "answered differently after its card was written" in refusal()


def test_the_table_is_given_before_the_export_fails(plant_graph, light_run):
    plant_graph(lambda graph: _insert_after(graph, "probabilities", "Softmax", axis=-1))
    events = publish.export_events(light_run)
    verified = next(event for event in events if isinstance(event, Verified))
    assert not verified.verification.passed
    with pytest.raises(VerificationError):
        list(events)
