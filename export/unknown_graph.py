"""The unknown rule in an ONNX graph: nodes after the features, constants beside the weights."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from ..evaluation.unknown import UnknownRule
from ..inference.card import ModelCard
from ..inference.session import FEATURES, SCORES, UNKNOWN

_PREFIX = "unknown."
RULE_CONSTANTS = ("whitening", "shift", "means")
_HALVED = f"{FEATURES}_fp16"
"""The features of an fp16 file that does not give them."""
_AXES_AS_INPUT = 18
"""Opset from which ReduceMin takes its axes so."""


def name_features(model: ModelProto) -> None:
    """Call the value that the head reads "features" in a graph that does not give it."""
    graph = model.graph
    if any(FEATURES in node.output for node in graph.node):
        return
    head = next(node for node in graph.node if SCORES[0] in node.output)
    value = head.input[0]
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [FEATURES if name == value else name for name in names]


def add_unknown_score(model: ModelProto, rule: UnknownRule) -> None:
    """Add the output `unknown_score` to a graph that computes "features" `[N, F]`, in fp32.

    The squared distance is |w|^2 - 2 w.m + |m|^2 over the labels' means m, which is two products
    of matrices in place of a value for every picture, label and feature.
    """
    graph = model.graph
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    size = graph.output[0].type.tensor_type.shape.dim[0]
    graph.node.extend(_nodes(graph, axes_as_input=opset >= _AXES_AS_INPUT))
    arrays = {
        **{name: getattr(rule, name) for name in RULE_CONSTANTS},
        "squares": np.square(rule.means).sum(axis=1),
        "ones": np.ones((len(rule.shift), 1), np.float32),
        **({"axis": np.array([1])} if opset >= _AXES_AS_INPUT else {}),
    }
    graph.initializer.extend(
        numpy_helper.from_array(array, _PREFIX + name) for name, array in arrays.items()
    )
    shape = [size.dim_value or size.dim_param]
    graph.output.append(helper.make_tensor_value_info(UNKNOWN, TensorProto.FLOAT, shape))


def read_rule(model: ModelProto, card: ModelCard) -> UnknownRule | None:
    """Read a graph's rule back; None where it has none."""
    found = {weight.name: weight for weight in model.graph.initializer}
    named = [found.get(_PREFIX + name) for name in RULE_CONSTANTS]
    return rule_of([numpy_helper.to_array(weight) for weight in named if weight is not None], card)


def rule_of(constants: Sequence[NDArray[np.float32]], card: ModelCard) -> UnknownRule | None:
    """Put a rule together of what a file holds of `RULE_CONSTANTS`, and of its card."""
    if card.unknown_threshold is None or len(constants) != len(RULE_CONSTANTS):
        return None
    return UnknownRule(*constants, threshold=card.unknown_threshold)


def features_value(graph: GraphProto) -> str:
    """Name the features in a graph: in fp16 without the output they are halves."""
    made = {name for node in graph.node for name in node.output}
    return FEATURES if FEATURES in made else _HALVED


def _nodes(graph: GraphProto, axes_as_input: bool) -> list[NodeProto]:
    nodes: list[NodeProto] = []
    values = features_value(graph)
    if values == _HALVED:
        values = f"{_PREFIX}features"
        nodes.append(helper.make_node("Cast", [_HALVED], [values], to=TensorProto.FLOAT))
    axis = ["axis"] if axes_as_input else []
    nearest = helper.make_node("ReduceMin", _own("distances", *axis), _own("nearest"), keepdims=0)
    if not axes_as_input:
        nearest.attribute.append(helper.make_attribute("axes", [1]))
    nodes += [
        helper.make_node("Gemm", [values, *_own("whitening", "shift")], _own("whitened")),
        helper.make_node("Mul", _own("whitened", "whitened"), _own("squared")),
        helper.make_node("MatMul", _own("squared", "ones"), _own("length")),
        helper.make_node(
            "Gemm", _own("whitened", "means", "squares"), _own("crossed"), alpha=-2.0, transB=1
        ),
        helper.make_node("Add", _own("length", "crossed"), _own("distances")),
        nearest,
        # Rounding may bring a distance of 0 below it.
        helper.make_node("Relu", _own("nearest"), _own("positive")),
        helper.make_node("Sqrt", _own("positive"), [UNKNOWN]),
    ]
    for node in nodes:
        node.name = node.output[0] if node.output[0] != UNKNOWN else f"{_PREFIX}score"
    return nodes


def _own(*names: str) -> list[str]:
    return [_PREFIX + name for name in names]
