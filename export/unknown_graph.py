"""The unknown rule in an ONNX graph: nodes after the features, constants beside the weights."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from ..evaluation.unknown import RULE_CONSTANTS, UnknownRule
from ..inference.card import ModelCard
from ..inference.session import FEATURES, SCORES, UNKNOWN

_PREFIX = "unknown."
_WIDENED = ("scale", "shift", "directions", "means")
"""Constants that the distances are computed of."""
_AXES_AS_INPUT = 18
"""Opset from which ReduceMin and ReduceLogSumExp take their axes so."""


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
    """Add the output `unknown_score`, float32, to a graph that computes "features" and "logits".

    A squared distance |x - m|^2 is |x|^2 - 2 x.m + |m|^2, which is a product of matrices in place
    of a value for every picture, label and feature.
    """
    graph = model.graph
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    size = graph.output[0].type.tensor_type.shape.dim[0]
    nodes = _nodes()
    means = rule.means.astype(np.float64)
    turned = means @ rule.directions.astype(np.float64)
    arrays = {
        **{name: getattr(rule, name) for name in RULE_CONSTANTS},
        "turned_means": turned,
        "squares": np.square(means).sum(axis=1) - np.square(turned).sum(axis=1),
        "ones": np.ones((len(rule.shift), 1)),
        "turned_ones": np.ones((turned.shape[1], 1)),
    }
    if opset >= _AXES_AS_INPUT:
        arrays["axis"] = np.array([1])
    for node in nodes:
        if node.op_type.startswith("Reduce"):
            _reduce_labels(node, opset)
    graph.node.extend(nodes)
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


def _nodes() -> list[NodeProto]:
    """Compute as `UnknownScore` of `export/deployed.py` does.

    In float64 up to the distance: a small difference of large squares keeps few digits in fp32.
    """
    return [
        _wide(FEATURES, "features"),
        *(_wide(_PREFIX + name, f"wide_{name}") for name in _WIDENED),
        _node("Mul", _own("features", "wide_scale"), "scaled"),
        _node("Add", _own("scaled", "wide_shift"), "placed"),
        _node("MatMul", _own("placed", "wide_directions"), "turned"),
        _node("Mul", _own("placed", "placed"), "placed_squared"),
        _node("Mul", _own("turned", "turned"), "turned_squared"),
        _node("MatMul", _own("placed_squared", "ones"), "length"),
        _node("MatMul", _own("turned_squared", "turned_ones"), "turned_length"),
        _node("Sub", _own("length", "turned_length"), "lengths"),
        _node("Gemm", _own("placed", "wide_means", "squares"), "crossed", alpha=-2.0, transB=1),
        _node("Gemm", _own("turned", "turned_means"), "turned_crossed", alpha=2.0, transB=1),
        _node("Add", _own("lengths", "crossed"), "partly"),
        _node("Add", _own("partly", "turned_crossed"), "distances"),
        _node("ReduceMin", _own("distances"), "nearest"),
        _node("Relu", _own("nearest"), "positive"),  # rounding may bring a distance of 0 below it
        _node("Sqrt", _own("positive"), "wide_distance"),
        _node("Cast", _own("wide_distance"), "distance", to=TensorProto.FLOAT),
        _node("ReduceLogSumExp", [SCORES[0]], "sum"),
        _node("Add", _own("sum", "level"), "surplus"),
        _node("Mul", _own("surplus", "weight"), "weighed"),
        helper.make_node("Sub", _own("distance", "weighed"), [UNKNOWN], name=f"{_PREFIX}score"),
    ]


def _wide(value: str, output: str) -> NodeProto:
    return _node("Cast", [value], output, to=TensorProto.DOUBLE)


def _node(operator: str, inputs: list[str], output: str, **options: float) -> NodeProto:
    name = _PREFIX + output
    node = helper.make_node(operator, inputs, [name], name=name)
    node.attribute.extend(helper.make_attribute(key, value) for key, value in options.items())
    return node


def _reduce_labels(node: NodeProto, opset: int) -> None:
    """Let a node reduce `[N, K]` to `[N]`."""
    node.attribute.append(helper.make_attribute("keepdims", 0))
    if opset >= _AXES_AS_INPUT:
        node.input.extend(_own("axis"))
    else:
        node.attribute.append(helper.make_attribute("axes", [1]))


def _own(*names: str) -> list[str]:
    return [_PREFIX + name for name in names]
