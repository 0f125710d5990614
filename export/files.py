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

from ..errors import VerificationError
from ..inference import preprocessing
from ..inference.card import ModelCard
from ..inference.card_json import card_from_json
from ..inference.preprocessing import Preprocessing, preprocess
from ..inference.session import INPUT, ModelSession
from .answers import Answers, Stages, join
from .reference import BATCH, ComparisonProgress
from .torchscript_file import load_torchscript

_LAST_STAGES = {
    "features": "features",
    "logits": "logits",
    "probabilities": "probabilities",
    "activation maps": "activation_maps",
}
"""The stages that are outputs of the graph, and their names there."""


class OpenedFile(Protocol):
    """A model file that can be asked."""

    card: ModelCard

    def run(self, images: NDArray[np.uint8]) -> Answers:
        """Answer uint8 `[N, S, S, 3]`."""
        ...

    def stages(self, images: NDArray[np.uint8], blocks: Sequence[int]) -> Stages:
        """Compute the stages of the network; `blocks` counts the residual blocks a layer.

        A stage that the file does not have as such is left out.
        """
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
        names = {**values, **_LAST_STAGES}
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
        network = self._module.network
        with torch.no_grad():
            pixels = self._module.normalise(torch.from_numpy(images))
            value = network.maxpool(network.relu(network.bn1(network.conv1(pixels))))
            stages = {"normalisation": pixels.numpy(), "stem": value.numpy()}
            for name in ("layer1", "layer2", "layer3", "layer4"):
                value = getattr(network, name)(value)
                stages[name] = value.numpy()
        answers = self.run(images)
        return {**stages, **{name: getattr(answers, own) for name, own in _LAST_STAGES.items()}}


def file_pixels(path: Path, rule: Preprocessing) -> NDArray[np.uint8]:
    """Bring a picture to the graph's input as whoever uses the file does: uint8 `[S, S, 3]`."""
    return preprocess(path, rule)


def file_rgb(path: Path, rule: Preprocessing) -> NDArray[np.uint8]:
    """Decode a picture, which is the first part of that: uint8 `[H, W, 3]`."""
    return np.asarray(preprocessing.decode(path, rule.resize_side))


def ask_file(
    file: OpenedFile, paths: Sequence[Path], side: str
) -> Generator[ComparisonProgress, None, Answers]:
    """Send pictures through a file, from their bytes on, by the file's own card.

    Raises:
        VerificationError: the file cannot be run.
    """
    rule = file.card.preprocessing
    batches: list[Answers] = []
    for start in range(0, len(paths), BATCH):
        images = np.stack([file_pixels(path, rule) for path in paths[start:][:BATCH]])
        batches.append(_answers(file, images, side))
        yield ComparisonProgress(side, min(start + BATCH, len(paths)), len(paths))
    return join(batches)


def _answers(file: OpenedFile, images: NDArray[np.uint8], side: str) -> Answers:
    try:
        return file.run(images)
    except Exception as error:  # noqa: BLE001 - the runtimes' errors share no base
        # TorchScript tells the way to the error first, and the error in the last line.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise VerificationError(
            f"the {side} file cannot answer a batch of {len(images)} and was not published: "
            f"{reason[:300]}"
        ) from None


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
