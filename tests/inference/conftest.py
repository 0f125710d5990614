"""A card and a small graph by the contract: colours told apart by their mean, in milliseconds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tlx.inference.card import CARD_KEY, ModelCard, Provenance
from tlx.inference.card_json import card_to_json
from tlx.inference.preprocessing import Preprocessing

WriteModel = Callable[..., Path]


@pytest.fixture(scope="session")
def card() -> ModelCard:
    """Three colours at 32 px; `write_model` writes the graph for it."""
    provenance = Provenance(
        tlx="0.1.0",
        torch="2.14.1",
        architecture="resnet18",
        weights="none",
        weights_sha256=None,
        freeze="none",
        data_fingerprint="0" * 64,
        date="2026-11-23",
        seed=1,
    )
    rule = Preprocessing(resize_side=36, crop=32)
    return ModelCard(("blue", "green", "red"), rule, provenance)


@pytest.fixture(scope="session")
def write_model(card: ModelCard) -> WriteModel:
    """Give the function that writes a model file; what it takes makes the file a wrong one."""

    def write(
        path: Path,
        card_text: str | None = card_to_json(card),
        labels: int = 3,
        side: int = 32,
        dtype: int = TensorProto.UINT8,
        input_name: str = "images",
        without: str | None = None,
        flat: bool = False,
    ) -> Path:
        graph = _graph(labels, side, dtype, input_name, flat)
        outputs = [output for output in graph.output if output.name != without]
        del graph.output[:]
        graph.output.extend(outputs)
        opset = [helper.make_opsetid("", 18)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=9)
        if card_text is not None:
            helper.set_model_props(model, {CARD_KEY: card_text})
        onnx.save(model, path)
        return path

    return write


@pytest.fixture(scope="session")
def small_model(write_model: WriteModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A right model file of the card, to be read only."""
    return write_model(tmp_path_factory.mktemp("model") / "model.onnx")


def _graph(labels: int, side: int, dtype: int, name: str, flat: bool) -> onnx.GraphProto:
    # A label's logit is the mean of one colour: blue, green, red, and again from the start.
    weight = np.zeros((3, labels), np.float32)
    weight[[2 - label % 3 for label in range(labels)], range(labels)] = 1 / 16
    node, real = helper.make_node, TensorProto.FLOAT
    nodes = [
        node("Cast", [name], ["float"], to=real),
        node("MatMul", ["float", "weight"], ["pixel_logits"]),
        node("Transpose", ["pixel_logits"], ["activation_maps"], perm=[0, 3, 1, 2]),
        node("ReduceMean", ["float", "sides"], ["features"], keepdims=0),
        node("MatMul", ["features", "weight"], ["full_logits"]),
        node("ReduceMax" if flat else "Identity", ["full_logits"], ["logits"], **_flat(flat)),
        node("Softmax", ["full_logits"], ["probabilities"], axis=1),
    ]
    shapes = {
        "logits": [] if flat else ["N", labels],
        "probabilities": ["N", labels],
        "activation_maps": ["N", labels, side, side],
        "features": ["N", 3],
    }
    return helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info(name, dtype, ["N", side, side, 3])],
        [helper.make_tensor_value_info(output, real, shape) for output, shape in shapes.items()],
        [
            onnx.numpy_helper.from_array(weight, "weight"),
            onnx.numpy_helper.from_array(np.array([1, 2]), "sides"),
        ],
    )


def _flat(flat: bool) -> dict[str, int]:
    return {"keepdims": 0} if flat else {}
