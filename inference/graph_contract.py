"""What a graph's tensors have to be, and whether a card agrees with them."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import CardError
from .card import ModelCard
from .graph_input import ANY_SIZE, FLOAT

INPUT = "images"
OUTPUTS = ("logits", "probabilities", "activation_maps", "features")
"""The last two explain an answer; a file may be without both of them."""
SCORES = OUTPUTS[:2]
UNKNOWN = "unknown_score"
"""An output of files with a rule for unknown pictures."""


@dataclass(frozen=True)
class TensorSpec:
    """An input or output: its name, its element type, its shape; a name stands for any size."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


def hold_against_graph(
    card: ModelCard,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    path: Path,
    given: bool = False,
) -> None:
    """Check that a graph has the tensors of a file of tlx, as its card says.

    Args:
        card: what the tensors have to be.
        inputs: of the graph.
        outputs: of the graph.
        path: of the model file.
        given: whether the card comes from a file of its own, so that it may be what is wrong.

    Raises:
        CardError: the first that is not so.
    """
    step = "correct the card (docs/card.md)" if given else "export it again"
    images = next((spec for spec in inputs if spec.name == INPUT), None)
    dtype = "float32" if card.input == FLOAT else "uint8"
    if len(inputs) != 1 or images is None or images.dtype != dtype:
        raise CardError(f"{path}: the graph's input is not {dtype} {INPUT!r}; {step}")
    _hold_against_shape(card, images.shape, path, step)
    found = {spec.name: spec for spec in outputs}
    wanted = OUTPUTS if found.keys() & set(OUTPUTS[2:]) else SCORES
    for name in wanted:
        if name not in found:
            raise CardError(f"{path}: the graph has no output {name!r}; {step}")
    if (card.unknown_threshold is not None) != (UNKNOWN in found):
        has, graph = ("a", "no") if card.unknown_threshold is not None else ("no", "an")
        raise CardError(
            f"{path}: the card has {has} threshold for unknown pictures, the graph {graph} output "
            f"{UNKNOWN!r}; {step}"
        )
    for name in wanted[:3]:
        shape = found[name].shape
        if shape[1:2] != (len(card.labels),):
            raise CardError(
                f"{path}: the card has {len(card.labels)} labels, the graph's {name} "
                f"the shape {list(shape)}; {step}"
            )


def _hold_against_shape(
    card: ModelCard, shape: tuple[int | str, ...], path: Path, step: str
) -> None:
    side = card.preprocessing.crop
    if card.input == ANY_SIZE:
        fits = len(shape) == 4 and shape[3] == 3 and not any(type(s) is int for s in shape[1:3])
    else:
        fits = shape[1:] == ((3, side, side) if card.input == FLOAT else (side, side, 3))
    if not fits:
        size = "any size" if card.input == ANY_SIZE else f"{side} x {side}"
        raise CardError(
            f"{path}: the card says pictures of {size} x 3, the graph {shape[1:]}; {step}"
        )
