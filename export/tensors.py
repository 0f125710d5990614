"""The note of inputs and outputs beside a torch file: read without torch by `tlx inspect`."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import Tensor

from ..inference.card import ModelCard
from ..inference.graph_input import FLOAT
from ..inference.session import INPUT, OUTPUTS, UNKNOWN, TensorSpec


def tensors_note(card: ModelCard, outputs: Sequence[Tensor], batch: int | None) -> str:
    """Describe the tensors as JSON.

    Args:
        card: of the file.
        outputs: of one run, in the order of `OUTPUTS`, all or the first two, and then that of a
            rule for unknown pictures if the card has one.
        batch: pictures a run, None for any number.
    """
    count, side = batch or "N", card.preprocessing.crop
    taken = (count, 3, side, side) if card.input == FLOAT else (count, side, side, 3)
    dtype = "float32" if card.input == FLOAT else "uint8"
    names = (
        (*OUTPUTS[: len(outputs) - 1], UNKNOWN) if card.unknown_threshold is not None else OUTPUTS
    )
    specs = {
        "inputs": [asdict(TensorSpec(INPUT, dtype, taken))],
        "outputs": [
            asdict(TensorSpec(name, _name(output.dtype), (count, *output.shape[1:])))
            for name, output in zip(names, outputs, strict=False)
        ],
    }
    return json.dumps(specs)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
