"""fp16: half the size, weights and sums in 16 bits, inputs and outputs as they were."""

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from ..errors import DataError
from ..inference.card import CARD_KEY
from ..inference.card_json import card_from_json
from ..inference.graph_input import prepare
from ..inference.session import SCORES, ModelSession
from ..samples.sample import Sample
from .int8_graph import before_first_layer, name_nodes
from .onnx_file import make_portable, save_onnx
from .quantized_file import QuantizedFile, TrialFinished, TrialStarted, notes_on, refusal
from .quantized_score import ScoringProgress, answer, score_quantized
from .speed import Speedup, measure_speedup
from .trial import Gates, Trial, card_entry

RECIPE = "float16; normalisation and probabilities in fp32"
MAX_SIZE = 0.55
"""Largest size as a share of the float file's: half, and the graph around the weights."""
FP16_PROVIDERS = (
    *("TensorrtExecutionProvider", "CUDAExecutionProvider", "MIGraphXExecutionProvider"),
    *("DmlExecutionProvider", "CoreMLExecutionProvider"),
)
"""onnxruntime's names of what computes in fp16. A processor mostly does not: it converts back."""

Fp16Event = ScoringProgress | TrialStarted | TrialFinished


def write_fp16(source: Path, target: Path) -> None:
    """Write a float file's network in fp16, with its card.

    Input and outputs keep their types. The normalisation stays in fp32, as does what makes
    probabilities of logits. onnxruntime's own converter is not used: it rounds the values between
    the nodes that it is told to leave in fp32, and with them the probabilities.

    Args:
        source: a float ONNX file with its card.
        target: written or replaced.
    """
    model = onnx.load(source)
    card = card_from_json({entry.key: entry.value for entry in model.metadata_props}[CARD_KEY])
    name_nodes(model.graph)
    outer = [*before_first_layer(model.graph), *_after_logits(model.graph)]
    _halve(model.graph, {node.name for node in outer})
    make_portable(model)
    save_onnx(model, card, target)


def make_fp16(
    float_file: Path, validation: Sequence[Sample], target: Path, *, max_drop: float = 0.005
) -> Generator[Fp16Event, None, QuantizedFile]:
    """Write an fp16 file that is about half as large and no worse than allowed.

    Where onnxruntime has a provider that computes in fp16, it has to be measured faster there too.

    Args:
        float_file: written by `tlx export`, with its card.
        validation: pictures with truth.
        target: where the file is left if it passes.
        max_drop: largest loss of accuracy (multi-label: mean average precision), in 0..1.

    Raises:
        DataError: there are no validation pictures, or one cannot be read any more.
        VerificationError: it does not pass; no file is left.
    """
    if not validation:
        raise DataError("fp16 needs validation pictures to measure its loss on, and there is none")
    yield TrialStarted(1, RECIPE)
    try:
        write_fp16(float_file, target)
        trial = yield from _judge(float_file, target, validation, max_drop)
        yield TrialFinished(1, trial)
        if not trial.passed:
            raise refusal("fp16", [trial])
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return QuantizedFile(trial, (trial,), card_entry(trial, 0), notes_on(trial))


def _judge(
    float_file: Path, target: Path, validation: Sequence[Sample], max_drop: float
) -> Generator[Fp16Event, None, Trial]:
    reference = yield from answer(float_file, validation, float_file.name)
    answers = yield from answer(target, validation, RECIPE)
    provider = _fp16_provider()
    return Trial(
        kind="fp16",
        recipe=RECIPE,
        float_layers=(),
        size=target.stat().st_size,
        float_size=float_file.stat().st_size,
        score=score_quantized(reference, answers, validation),
        speed=_speedup(float_file, target, validation[0], provider) if provider else None,
        gates=Gates(max_drop, MAX_SIZE, faster=provider is not None),
    )


def _fp16_provider() -> str | None:
    available = onnxruntime.get_available_providers()
    return next((name for name in FP16_PROVIDERS if name in available), None)


def _speedup(float_file: Path, other: Path, sample: Sample, provider: str) -> Speedup:
    card = ModelSession(other).card
    return measure_speedup(float_file, other, prepare(sample.path, card), provider)


def _after_logits(graph: GraphProto) -> list[NodeProto]:
    """List what turns logits into probabilities: temperature, softmax or sigmoid."""
    reached = {SCORES[0]}
    found: list[NodeProto] = []
    for node in graph.node:
        if reached & set(node.input):
            found.append(node)
            reached.update(node.output)
    read = {name for node in found for name in node.input}
    return found + [n for n in graph.node if n.op_type == "Constant" and read & set(n.output)]


def _halve(graph: GraphProto, outer: set[str]) -> None:
    """Compute all nodes but the outer ones in fp16, with casts where a value crosses over."""
    inner = [node for node in graph.node if node.name not in outer]
    outside = [node for node in graph.node if node.name in outer]
    read, made = _inputs(inner), {name for node in inner for name in node.output}
    weights = {weight.name for weight in graph.initializer}
    entering = read - made - weights - {""}
    leaving = made & (_inputs(outside) | {output.name for output in graph.output})
    for weight in graph.initializer:
        if weight.name in read:
            _halve_tensor(weight)
    halves = {name: f"{name}_fp16" for name in entering | leaving}
    for node in inner:
        for names in (node.input, node.output):
            names[:] = [halves.get(name, name) for name in names]
        for attribute in node.attribute:
            _halve_tensor(attribute.t)
    down = {name: _cast(name, halves[name], TensorProto.FLOAT16) for name in sorted(entering)}
    up = {halves[name]: _cast(halves[name], name, TensorProto.FLOAT) for name in leaving}
    nodes = [down[value.name] for value in graph.input if value.name in down]
    for node in graph.node:
        nodes += [node, *((down | up)[name] for name in node.output if name in down | up)]
    ordered = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:], graph.value_info[:]
    graph.node.extend(ordered)


def _inputs(nodes: Sequence[NodeProto]) -> set[str]:
    return {name for node in nodes for name in node.input}


def _halve_tensor(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT:
        with np.errstate(over="ignore"):  # becomes infinite, and does not pass
            values = numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def _cast(source: str, target: str, to: int) -> NodeProto:
    return helper.make_node("Cast", [source], [target], name=f"{source}_cast", to=to)
