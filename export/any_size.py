"""A graph that takes pictures of any size: the card's resize and crop, in ONNX operators.

ONNX's Resize on uint8 with `antialias` and `exclude_outside` is Pillow's algorithm: horizontal
pass, vertical pass, rounded to whole levels after each. What is left: its scale is a float32, so
that an exact half, of which some sizes have many, may be rounded the other way; and Pillow from 13
on takes the vertical pass first where a picture is more than about twice as high as wide (Pillow's
pull request 9549). Measured: docs/verification.md.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from ..inference.preprocessing import Preprocessing
from ..inference.session import INPUT

PREPARED = "prepared"
"""Name of the value after resize and crop, uint8 `[N, S, S, 3]`."""


def embed_resize(model: ModelProto, rule: Preprocessing) -> None:
    """Put resize and crop in front of a graph that takes uint8 `[N, S, S, 3]`.

    Afterwards it takes uint8 `[N, H, W, 3]`; the card is the caller's to change.
    """
    graph = model.graph
    for node in graph.node:
        node.input[:] = [PREPARED if name == INPUT else name for name in node.input]
    for position, node in enumerate(_nodes(rule)):
        graph.node.insert(position, node)
    constants = {"side": rule.resize_side, "crop": rule.crop, "half": np.float32(0.5)}
    arrays = {name: np.asarray([value]) for name, value in constants.items()}
    arrays["hw"] = np.array([1, 2])
    graph.initializer.extend(
        numpy_helper.from_array(array, f"resize.{name}") for name, array in arrays.items()
    )
    batch = graph.input[0].type.tensor_type.shape.dim[0]
    size = batch.dim_value or batch.dim_param
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(INPUT, TensorProto.UINT8, [size, "H", "W", 3]))


def _nodes(rule: Preprocessing) -> list[NodeProto]:
    """Compute as `inference/preprocessing.py` does: `resized_size`, `resize`, `crop_centre`."""
    # Not the longer side too: side * short / short is side whatever the shape.
    return [
        _node("Shape", [INPUT], "size", start=1, end=3),  # [H, W]
        _node("ReduceMin", ["size"], "short", keepdims=1),
        _node("Mul", ["size", "side"], "scaled"),
        _node("Div", ["scaled", "short"], "target"),  # of integers: rounded down, as int() does
        helper.make_node(
            "Resize",
            [INPUT, "", "", "resize.target"],
            ["resize.resized"],
            name="resize.resize",
            mode="linear",
            antialias=1,
            exclude_outside=1,
            coordinate_transformation_mode="half_pixel",
            axes=[1, 2],
        ),
        _node("Sub", ["target", "crop"], "spare"),
        _node("Cast", ["spare"], "spare_float", to=TensorProto.FLOAT),
        _node("Mul", ["spare_float", "half"], "middle"),
        _node("Round", ["middle"], "start_float"),  # to even, as Python's round()
        _node("Cast", ["start_float"], "start", to=TensorProto.INT64),
        _node("Add", ["start", "crop"], "end"),
        helper.make_node(
            "Slice",
            ["resize.resized", "resize.start", "resize.end", "resize.hw"],
            [PREPARED],
            name="resize.crop",
        ),
    ]


def _node(operator: str, inputs: list[str], output: str, **options: int) -> NodeProto:
    names = [name if name == INPUT else f"resize.{name}" for name in inputs]
    node = helper.make_node(operator, names, [f"resize.{output}"], name=f"resize.{output}")
    node.attribute.extend(helper.make_attribute(name, value) for name, value in options.items())
    return node
