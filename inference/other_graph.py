"""A graph that another program wrote, used by a card that was given beside it.

It takes one tensor of pictures and gives one of logits, under names of its own. What files of tlx
compute inside the graph, the temperature and softmax or sigmoid, is computed here.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import CardError
from .card import ModelCard
from .graph_contract import INPUT, SCORES, TensorSpec
from .graph_input import CHANNELS_FIRST

LOGITS = SCORES[0]


@dataclass(frozen=True)
class OtherNames:
    """What a graph of another program calls its pictures and its logits."""

    images: str
    logits: str


def is_other(inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> bool:
    """Tell a graph of another program from one of tlx, by its names."""
    names = {spec.name for spec in outputs}
    return not (names.issuperset(SCORES) and [spec.name for spec in inputs] == [INPUT])


def read_names(
    card: ModelCard, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...], path: Path
) -> OtherNames:
    """Find the tensor of pictures and that of logits, and hold the card against them.

    Raises:
        CardError: there is no telling which they are, or they are not as the card says.
    """
    if len(inputs) != 1:
        names = ", ".join(spec.name for spec in inputs) or "none"
        raise CardError(f"{path}: the graph has not one input but {len(inputs)}: {names}")
    if card.unknown_threshold is not None:
        raise CardError(
            f"{path}: the card has a threshold for unknown pictures, which only files of tlx "
            "have; set unknown_threshold to null"
        )
    _hold_pictures(card, inputs[0], path)
    named = [spec for spec in outputs if spec.name == LOGITS] or list(outputs)
    if len(named) != 1:
        names = ", ".join(spec.name for spec in named)
        raise CardError(
            f"{path}: which of the outputs are the logits? ({names}); export it with one output, "
            f"or with one that is called {LOGITS!r}"
        )
    _hold_logits(card, named[0], path)
    return OtherNames(inputs[0].name, named[0].name)


def _hold_pictures(card: ModelCard, spec: TensorSpec, path: Path) -> None:
    side = card.preprocessing.crop
    first = card.input in CHANNELS_FIRST
    wanted = TensorSpec(
        card.input,
        "float32" if first else "uint8",
        ("N", 3, side, side) if first else ("N", side, side, 3),
    )
    pairs = zip(spec.shape[1:], wanted.shape[1:], strict=False)
    fits = len(spec.shape) == 4 and all(size in (given, str(size)) for size, given in pairs)
    if spec.dtype != wanted.dtype or not fits:
        raise CardError(
            f"{path}: the card's input {card.input!r} and crop {side} are {_text(wanted)}, the "
            f"graph takes {_text(spec)}; correct the card (docs/card.md)"
        )


def _text(spec: TensorSpec) -> str:
    return f"{spec.dtype} [{', '.join(map(str, spec.shape))}]"


def _hold_logits(card: ModelCard, spec: TensorSpec, path: Path) -> None:
    count = len(card.labels)
    columns = spec.shape[-1] if len(spec.shape) == 2 else None
    if columns is None or columns not in (count, str(columns)):
        raise CardError(
            f"{path}: the card has {count} labels, the graph's output {spec.name!r} the shape "
            f"{list(spec.shape)}; correct the card (docs/card.md)"
        )


def hold_answer(card: ModelCard, logits: NDArray[np.float32], path: Path) -> None:
    """Look at the answer to a gray picture, for what the graph's description does not tell.

    Raises:
        CardError: it is not a number for each label, or already the probabilities.
    """
    count = len(card.labels)
    if logits.shape != (1, count) or not np.isfinite(logits).all():
        raise CardError(
            f"{path}: to a gray picture the graph answers {list(logits.shape)} values, not one "
            f"number for each of the card's {count} labels"
        )
    likely = (logits >= 0).all() and abs(float(logits.sum()) - 1) < 1e-3
    if card.task == "single-label" and likely:
        raise CardError(
            f"{path}: its output is probabilities, for they add up to 1; a graph that gives "
            "logits is needed: export it without the softmax at its end"
        )


def probabilities_of(logits: NDArray[np.float32], card: ModelCard) -> NDArray[np.float32]:
    """Compute the probabilities, float32 `[N, C]`, in float64: softmax or sigmoid of logits / T."""
    scaled = logits.astype(np.float64) / card.temperature
    if card.task == "multi-label":
        return (0.5 * (1 + np.tanh(scaled / 2))).astype(np.float32)  # cannot overflow
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
