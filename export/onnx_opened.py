"""An ONNX file opened for verification: its answers, and the values between its stages."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import GraphProto, TensorProto

from ..evaluation.unknown import UnknownRule
from ..inference.graph_input import Pixels, as_tensor, batches
from ..inference.session import CPU, INPUT, ModelSession
from .answers import Answers, Stages
from .any_size import PREPARED
from .condition import USUAL, Condition
from .unknown_graph import read_rule

_LAST_STAGES = {
    "features": "features",
    "logits": "logits",
    "probabilities": "probabilities",
    "activation maps": "activation_maps",
    "unknown score": "unknown_score",
}
"""The stages that are outputs of the graph, and their names there."""


class OnnxFile:
    """An ONNX file in onnxruntime."""

    def __init__(self, path: Path, condition: Condition = USUAL) -> None:
        self._path = path
        self._session = ModelSession(path, condition.threads, condition.provider)
        self.card = self._session.card
        self.batch = self._session.batch
        self.explains = self._session.explains

    @property
    def rule(self) -> UnknownRule | None:
        """The rule for unknown pictures, from the graph's constants."""
        return read_rule(onnx.load(self._path), self.card)

    @property
    def numbers(self) -> str | None:
        """What the graph is quantized to, by its nodes and weights; None for fp32."""
        graph = onnx.load(self._path).graph
        if any(node.op_type == "QuantizeLinear" for node in graph.node):
            return "int8"
        half = (weight.data_type == TensorProto.FLOAT16 for weight in graph.initializer)
        return "fp16" if any(half) else None

    def run(self, images: Sequence[Pixels]) -> Answers:
        """Answer pictures, uint8 `[H, W, 3]` each."""
        found = self._session.run(images)
        return Answers(**vars(found))

    def stages(self, images: Sequence[Pixels], blocks: Sequence[int]) -> Stages:
        """Run a copy of the graph that also gives the values between the stages."""
        model = onnx.load(self._path)
        given = {output.name for output in model.graph.output}
        last = {stage: name for stage, name in _LAST_STAGES.items() if name in given}
        names = _stage_values(model.graph, blocks) | last
        for name in {*names.values()} - given:
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
        (batch, count), *_ = batches(images, self.batch)
        outputs = _session(model).run(list(names.values()), {INPUT: as_tensor(batch, self.card)})
        found = zip(names, outputs, strict=True)
        return {stage: np.asarray(value)[:count] for stage, value in found}

    def prepared(self, images: Iterable[Pixels]) -> Iterator[Pixels]:
        """Compute what a graph for any size makes of pictures: uint8 `[S, S, 3]` each."""
        model = onnx.load(self._path)
        del model.graph.output[:]
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(PREPARED))
        session = _session(model)
        for image in images:
            (batch, _), *_ = batches([image], self.batch)
            (found,) = session.run([PREPARED], {INPUT: batch})
            yield np.asarray(found)[0].astype(np.uint8)


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), sess_options=options, providers=[CPU]
    )


def _stage_values(graph: GraphProto, blocks: Sequence[int]) -> dict[str, str]:
    """Find the values between the stages by the graph's structure, whoever exported it.

    The first Conv reads the normalised pictures; the MaxPool ends the stem; each residual block
    ends in an Add followed by a Relu.
    """
    makers = {output: node.op_type for node in graph.node for output in node.output}
    values = {
        "normalisation": [node.input[0] for node in graph.node if node.op_type == "Conv"],
        "stem": [node.output[0] for node in graph.node if node.op_type == "MaxPool"],
    }
    ends = [
        node.output[0]
        for node in graph.node
        if node.op_type == "Relu" and makers.get(node.input[0]) == "Add"
    ]
    if len(ends) == sum(blocks):
        values |= {f"layer{i}": [ends[last - 1]] for i, last in enumerate(np.cumsum(blocks), 1)}
    return {stage: found[0] for stage, found in values.items() if found}
