"""The file's side of a verification: model files opened as a user would, and their stages."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import GraphProto

from ..inference.card import ModelCard
from ..inference.card_json import card_from_json
from ..inference.preprocessing import preprocess
from ..inference.session import INPUT, ModelSession
from .answers import Answers, Stages, join
from .reference import BATCH, ComparisonProgress
from .torchscript_file import load_torchscript


class OpenedFile(Protocol):
    """A model file that can be asked."""

    card: ModelCard

    def run(self, images: NDArray[np.uint8]) -> Answers:
        """Answer uint8 `[N, S, S, 3]`."""
        ...

    def stages(self, images: NDArray[np.uint8], blocks: Sequence[int]) -> Stages:
        """Compute the stages of the network; `blocks` counts the residual blocks a layer."""
        ...


class OnnxFile:
    """An ONNX file in onnxruntime."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session = ModelSession(path)
        self.card = self._session.card

    def run(self, images: NDArray[np.uint8]) -> Answers:
        """Answer uint8 `[N, S, S, 3]`."""
        found = self._session.run(images)
        return Answers(found.logits, found.probabilities, found.activation_maps, found.features)

    def stages(self, images: NDArray[np.uint8], blocks: Sequence[int]) -> Stages:
        """Run a copy of the graph that also gives the values between the stages."""
        model = onnx.load(self._path)
        values = _stage_values(model.graph, blocks)
        for value in values.values():
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(value))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), sess_options=options, providers=["CPUExecutionProvider"]
        )
        names = {**values, **{name: name for name in ("features", "logits", "probabilities")}}
        outputs = session.run(list(names.values()), {INPUT: images})
        return {name: np.asarray(value) for name, value in zip(names, outputs, strict=True)}


class TorchScriptFile:
    """A TorchScript file in torch."""

    def __init__(self, path: Path) -> None:
        self._module, card = load_torchscript(path)
        self.card = card_from_json(card)

    def run(self, images: NDArray[np.uint8]) -> Answers:
        """Answer uint8 `[N, S, S, 3]`."""
        with torch.no_grad():
            return Answers(*(output.numpy() for output in self._module(torch.from_numpy(images))))

    def stages(self, images: NDArray[np.uint8], blocks: Sequence[int]) -> Stages:
        """Call the scripted stages one after the other."""
        network = self._module.model.network
        with torch.no_grad():
            pixels = self._module.model.normalise(torch.from_numpy(images))
            value = network.maxpool(network.relu(network.bn1(network.conv1(pixels))))
            stages = {"normalisation": pixels.numpy(), "stem": value.numpy()}
            for name in ("layer1", "layer2", "layer3", "layer4"):
                value = getattr(network, name)(value)
                stages[name] = value.numpy()
        answers = self.run(images)
        last = {name: getattr(answers, name) for name in ("features", "logits", "probabilities")}
        return {**stages, **last}


def ask_file(
    file: OpenedFile, paths: Sequence[Path], side: str
) -> Generator[ComparisonProgress, None, Answers]:
    """Send pictures through a file, from their bytes on, by the file's own card."""
    rule = file.card.preprocessing
    batches: list[Answers] = []
    for start in range(0, len(paths), BATCH):
        images = np.stack([preprocess(path, rule) for path in paths[start:][:BATCH]])
        batches.append(file.run(images))
        yield ComparisonProgress(side, min(start + BATCH, len(paths)), len(paths))
    return join(batches)


def _stage_values(graph: GraphProto, blocks: Sequence[int]) -> dict[str, str]:
    """Find the values between the stages by the graph's structure, whoever exported it.

    The first Conv reads the normalised pictures; the MaxPool ends the stem; each residual block
    ends in an Add followed by a Relu.
    """
    makers = {output: node.op_type for node in graph.node for output in node.output}
    ends = [
        node.output[0]
        for node in graph.node
        if node.op_type == "Relu" and makers.get(node.input[0]) == "Add"
    ]
    first_conv = next(node for node in graph.node if node.op_type == "Conv")
    pool = next(node for node in graph.node if node.op_type == "MaxPool")
    layers = {
        f"layer{index}": ends[last - 1] for index, last in enumerate(np.cumsum(blocks), start=1)
    }
    return {"normalisation": first_conv.input[0], "stem": pool.output[0], **layers}
