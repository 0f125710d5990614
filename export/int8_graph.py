"""What of a network's graph is computed in INT8, and how it is rewritten for that."""

import copy
import logging
import tempfile
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, NodeProto
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.calibrate import TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.shape_inference import quant_pre_process

from ..errors import ModelFileError, VerificationError
from ..inference.card import CARD_KEY, ModelCard
from ..inference.card_json import card_from_json
from ..inference.session import UNKNOWN
from .normalised_rows import normalise_in_rows
from .onnx_file import make_portable, save_onnx

LAYERS = ("Conv", "Gemm", "MatMul")
"""What has weights."""
QUANTIZED = (*LAYERS, "Add", "Relu", "MaxPool")
"""What is computed in INT8 from the first layer to the last. The pooling is not: features and
activation maps are made of what it takes."""
MAPS = "activation_maps"


@dataclass(frozen=True, eq=False)
class FloatGraph:
    """A float file, prepared for quantization.

    Attributes:
        source: the file.
        model: with folded constants and the shape of every tensor.
        path: that model, in a temporary folder.
        card: of the file.
        nodes: names of what can be computed in INT8, in order. Not among them: the
            normalisation, the activation maps, and softmax or sigmoid.
        layers: those of them with weights; the last is the head.
    """

    source: Path
    model: ModelProto
    path: Path
    card: ModelCard
    nodes: tuple[str, ...]
    layers: tuple[str, ...]

    def title(self, layer: str) -> str:
        """Name a layer as torchvision does, such as "layer1.0.conv1", where the file tells."""
        node = next(node for node in self.model.graph.node if node.name == layer)
        _, known, name = node.input[1].partition("network.")
        return name.removesuffix(".weight") if known else layer


@contextmanager
def open_float_graph(source: Path) -> Generator[FloatGraph]:
    """Prepare a float file in a temporary folder.

    Raises:
        ModelFileError: the file has its rule for unknown pictures already, which is computed in
            float64: the rule comes last, from the features of the quantized file.
        VerificationError: the graph has no two layers to quantize.
    """
    given = onnx.load(source)
    card = card_from_json({entry.key: entry.value for entry in given.metadata_props}[CARD_KEY])
    if UNKNOWN in (output.name for output in given.graph.output):
        raise ModelFileError(
            f"{source}: has a rule for unknown pictures, which is added last; quantize the file "
            "before, as tlx export --quantize int8 does"
        )
    with tempfile.TemporaryDirectory(prefix="tlx-int8-") as folder:
        path = Path(folder) / "float.onnx"
        with silent():
            quant_pre_process(source, path)
        model = onnx.load(path)
        name_nodes(model.graph)
        onnx.save(model, path)
        nodes = _between_first_and_last_layer(model.graph)
        layers = tuple(node.name for node in nodes if node.op_type in LAYERS)
        if len(layers) < 2:
            raise VerificationError(f"{source.name}: its graph has no layers to quantize")
        yield FloatGraph(source, model, path, card, tuple(node.name for node in nodes), layers)


def write_int8(
    graph: FloatGraph,
    ranges: TensorsData,
    path: Path,
    *,
    nodes: Sequence[str],
    activations: str,
    per_channel: bool,
    reduce_range: bool,
) -> None:
    """Write a file in which some nodes are computed in INT8, with the float file's card.

    Args:
        graph: what is quantized.
        ranges: of its tensors, as measured.
        path: written or replaced.
        nodes: of `graph.nodes`, those in INT8; the others stay in fp32.
        activations: "uint8" or "int8"; weights are int8.
        per_channel: a range for each output channel's weights, or one for all of them.
        reduce_range: weights in 7 bits, for processors that overflow with 8.
    """
    kind = {"uint8": QuantType.QUInt8, "int8": QuantType.QInt8}[activations]
    with silent():
        quantizer = QDQQuantizer(
            copy.deepcopy(graph.model),
            per_channel,
            reduce_range,
            QuantType.QInt8,
            kind,
            ranges,
            list(nodes),
            [],
            list(QUANTIZED),
            {},
        )
        quantizer.quantize_model()
        quantizer.model.topological_sort()
    model = quantizer.model.model
    normalise_in_rows(model.graph)
    make_portable(model)  # the quantizer asks for opsets that no node uses
    del model.graph.value_info[:]  # shapes of the float graph's tensors
    save_onnx(model, graph.card, path)


def name_nodes(graph: GraphProto) -> None:
    """Give every node without a name of its own one; nodes are chosen by name."""
    seen: set[str] = set()
    for index, node in enumerate(graph.node):
        if not node.name or node.name in seen:
            node.name = f"{node.op_type}_{index}"
        seen.add(node.name)


def before_first_layer(graph: GraphProto) -> tuple[NodeProto, ...]:
    """List what turns the input into normalised pictures: everything up to the first layer."""
    needed = {node.input[0] for node in [n for n in graph.node if n.op_type in LAYERS][:1]}
    found: list[NodeProto] = []
    for node in reversed(graph.node):
        if needed & set(node.output):
            found.append(node)
            needed.update(node.input)
    return tuple(reversed(found))


def _between_first_and_last_layer(graph: GraphProto) -> list[NodeProto]:
    outside = {node.name for node in before_first_layer(graph)}
    last = max((i for i, node in enumerate(graph.node) if _is_layer(node)), default=-1)
    return [
        node
        for node in list(graph.node)[: last + 1]
        if node.op_type in QUANTIZED and node.name not in outside and MAPS not in node.output
    ]


def _is_layer(node: NodeProto) -> bool:
    return node.op_type in LAYERS and MAPS not in node.output


@contextmanager
def silent() -> Generator[None]:
    """Keep the prints, notes and warnings of onnxruntime's tools from the user's terminal."""
    logger, level = logging.getLogger(), logging.getLogger().level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
