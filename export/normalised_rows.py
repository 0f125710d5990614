"""The normalisation over whole rows of a picture: the same numbers, in less time."""

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from ..inference.session import INPUT

CHANNELS = 3
CHANNELS_FIRST = [0, 3, 1, 2]
ONE_BY_ONE = ("Cast", "Div", "Sub", "Mul", "Add")


def normalise_in_rows(graph: GraphProto) -> None:
    """Let the steps from pixels to the first layer work on `[N, S, S * 3]`.

    Before an INT8 layer onnxruntime keeps pictures as `[N, S, S, 3]`, where it takes up the mean
    anew for every three numbers. With the mean repeated along a row it takes a row at a time. Each
    number goes through the same operations, so it stays the same to the bit. A graph that does not
    begin with uint8 `[N, S, S, 3]`, or does anything else first, is left as it is.
    """
    found = _steps(graph)
    sides = [side.dim_value for side in graph.input[0].type.tensor_type.shape.dim]
    if len(found) < 2 or not all(sides[1:]):
        return
    transpose, *steps = found
    _, height, width, _ = sides
    before = {name for step in steps for name in step.input[1:]}
    for step in steps:
        for index, name in enumerate(step.input[1:], 1):
            step.input[index] = _along_a_row(graph, name, width)
    result = steps[-1].output[0]
    rows = _reshape(graph, INPUT, "picture_rows", [0, height, width * CHANNELS])
    back = _reshape(graph, "normalised_rows", "normalised", [0, height, width, CHANNELS])
    steps[0].input[0], steps[-1].output[0] = rows.output[0], back.input[0]
    transpose.input[0], transpose.output[0] = back.output[0], result
    rest = [node for node in graph.node if node not in (transpose, *steps)]
    ordered = [rows, *steps, back, transpose, *rest]
    del graph.node[:]
    graph.node.extend(ordered)
    used = {name for node in ordered for name in node.input}
    for constant in [one for one in graph.initializer if one.name in before - used]:
        graph.initializer.remove(constant)


def _steps(graph: GraphProto) -> list[NodeProto]:
    """Follow the input: its transpose, and what is then done to each number by itself."""
    found: list[NodeProto] = []
    value = INPUT
    while len(readers := [node for node in graph.node if value in node.input]) == 1:
        known = _is_one_by_one(graph, readers[0]) if found else _is_transpose(readers[0])
        if not known or readers[0].input[0] != value:
            break
        found.append(readers[0])
        value = readers[0].output[0]
    return found


def _is_transpose(node: NodeProto) -> bool:
    return node.op_type == "Transpose" and list(node.attribute[0].ints) == CHANNELS_FIRST


def _is_one_by_one(graph: GraphProto, node: NodeProto) -> bool:
    constants = [_constant(graph, name) for name in node.input[1:]]
    return node.op_type in ONE_BY_ONE and all(
        one is not None and (_is_scalar(one) or list(one.dims)[-3:] == [CHANNELS, 1, 1])
        for one in constants
    )


def _constant(graph: GraphProto, name: str) -> TensorProto | None:
    return next((one for one in graph.initializer if one.name == name), None)


def _is_scalar(constant: TensorProto) -> bool:
    return int(np.prod(constant.dims)) == 1


def _along_a_row(graph: GraphProto, name: str, width: int) -> str:
    """Put a number for each channel in the place of the first, `width` times over."""
    constant = _constant(graph, name)
    assert constant is not None  # looked up when the steps were found
    if _is_scalar(constant):
        return name
    row = np.tile(numpy_helper.to_array(constant).reshape(CHANNELS), width)
    if _constant(graph, f"{name}_row") is None:
        graph.initializer.append(numpy_helper.from_array(row, f"{name}_row"))
    return f"{name}_row"


def _reshape(graph: GraphProto, source: str, target: str, shape: list[int]) -> NodeProto:
    graph.initializer.append(numpy_helper.from_array(np.array(shape), f"{target}_shape"))
    return helper.make_node("Reshape", [source, f"{target}_shape"], [target], name=target)
