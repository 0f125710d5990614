"""TorchScript and pt2 files opened for verification, in torch."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.fx import Interpreter, Node

from ..evaluation.unknown import RULE_CONSTANTS
from ..inference.card import CARD_KEY, TENSORS_KEY
from ..inference.card_json import card_from_json
from ..inference.graph_input import Pixels, as_tensor, batches
from ..inference.session import MAPS
from .answers import Answers, Stages, join
from .condition import USUAL, Condition
from .pt2_file import load_pt2
from .torchscript_file import load_torchscript
from .unknown_graph import rule_of


class _TorchFile:
    """What both have in common: a module that is called."""

    def __init__(
        self, module: torch.nn.Module, notes: dict[str, str], condition: Condition
    ) -> None:
        self._module = module
        self._threads = condition.threads
        self.card = card_from_json(notes[CARD_KEY])
        inputs, outputs = (json.loads(notes[TENSORS_KEY])[key] for key in ("inputs", "outputs"))
        size = inputs[0]["shape"][0]
        self.batch: int | None = size if isinstance(size, int) else None
        self._names = [output["name"] for output in outputs]
        self.explains = MAPS in self._names
        buffers = {name.rpartition("unknown.")[2]: value for name, value in module.named_buffers()}
        constants = [buffers[name].numpy() for name in RULE_CONSTANTS if name in buffers]
        self.rule = rule_of(constants, self.card)

    def run(self, images: Sequence[Pixels]) -> Answers:
        """Answer pictures, uint8 `[S, S, 3]` each."""
        parts: list[Answers] = []
        with torch.no_grad(), _threads(self._threads):
            for batch, count in batches(images, self.batch):
                outputs = self._module(self._tensor(batch))
                arrays = [output.numpy()[:count] for output in outputs]
                parts.append(Answers(**dict(zip(self._names, arrays, strict=True))))
        return join(parts)

    def _tensor(self, batch: Pixels) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(as_tensor(batch, self.card)))

    def _first_batch(self, images: Sequence[Pixels]) -> Tensor:
        (batch, _), *_ = batches(images, self.batch)
        return self._tensor(batch)


class TorchScriptFile(_TorchFile):
    """A TorchScript file."""

    def __init__(self, path: Path, condition: Condition = USUAL) -> None:
        super().__init__(*load_torchscript(path), condition)

    def stages(self, images: Sequence[Pixels], blocks: Sequence[int]) -> Stages:
        """Call the scripted stages one after the other."""
        deployed: Any = getattr(self._module, "deployed", self._module)  # scripts have no types
        network = deployed.network
        with torch.no_grad():
            pixels = deployed.normalise(self._first_batch(images))
            value = network.maxpool(network.relu(network.bn1(network.conv1(pixels))))
            stages = {"normalisation": pixels.numpy(), "stem": value.numpy()}
            for name in ("layer1", "layer2", "layer3", "layer4"):
                value = getattr(network, name)(value)
                stages[name] = value.numpy()
        return {**stages, **self.run(images).stages()}


class Pt2File(_TorchFile):
    """A file of torch.export."""

    def __init__(self, path: Path, condition: Condition = USUAL) -> None:
        program, notes = load_pt2(path)
        super().__init__(program.module(), notes, condition)

    def stages(self, images: Sequence[Pixels], blocks: Sequence[int]) -> Stages:
        """Interpret the program node by node and find the stages by its structure."""
        assert isinstance(self._module, torch.fx.GraphModule)
        collector = _Collector(self._module)
        with torch.no_grad():
            collector.run(self._first_batch(images))
        return {**collector.stages(blocks), **self.run(images).stages()}


class _Collector(Interpreter):
    """Keeps what convolutions read and what poolings and block ends give."""

    def __init__(self, module: torch.fx.GraphModule) -> None:
        super().__init__(module)
        self._first: Stages = {}
        self._ends: list[NDArray[np.floating]] = []

    def run_node(self, n: Node) -> object:
        """Compute a node's value, and keep it where a stage ends."""
        value = super().run_node(n)
        operator = _operator(n)
        if operator == "conv2d" and "normalisation" not in self._first:
            self._first["normalisation"] = self.env[cast(Node, n.args[0])].numpy().copy()
        if operator == "max_pool2d" and isinstance(value, Tensor):
            self._first.setdefault("stem", value.numpy().copy())
        before = n.args[0] if n.args else None
        if operator == "relu" and isinstance(before, Node) and _operator(before) == "add":
            assert isinstance(value, Tensor)
            self._ends.append(value.numpy().copy())
        return value

    def stages(self, blocks: Sequence[int]) -> Stages:
        """Name what was kept; `blocks` counts the residual blocks a layer."""
        if len(self._ends) != sum(blocks):
            return self._first
        last = {f"layer{i}": self._ends[end - 1] for i, end in enumerate(np.cumsum(blocks), 1)}
        return self._first | last


def _operator(node: Node) -> str:
    """Name an operator without overload and the underscore of its in-place form."""
    return str(node.target).removeprefix("aten.").split(".")[0].rstrip("_")


@contextmanager
def _threads(count: int | None) -> Generator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
