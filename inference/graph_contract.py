"""What a graph's tensors have to be, and whether a card agrees with them."""

from collections.abc import Iterator, Mapping, Sequence
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


Shape = tuple[int | str, ...]
"""Of a tensor; a name stands for any size."""


@dataclass(frozen=True)
class TensorSpec:
    """An input or output: its name, its element type, its shape."""

    name: str
    dtype: str
    shape: Shape


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
    problems = (
        *_input_problems(card, inputs),
        *_output_problems(card, {spec.name: spec.shape for spec in outputs}),
    )
    for problem in problems:
        raise CardError(f"{path}: {problem}; {step}")


def _input_problems(card: ModelCard, inputs: Sequence[TensorSpec]) -> Iterator[str]:
    dtype = "float32" if card.input == FLOAT else "uint8"
    if [(spec.name, spec.dtype) for spec in inputs] != [(INPUT, dtype)]:
        yield f"the graph's input is not {dtype} {INPUT!r}"
        return
    shape, side = inputs[0].shape, card.preprocessing.crop
    if card.input == ANY_SIZE:
        fits = len(shape) == 4 and shape[3] == 3 and not any(type(s) is int for s in shape[1:3])
    else:
        fits = shape[1:] == ((3, side, side) if card.input == FLOAT else (side, side, 3))
    if not fits:
        size = "any size" if card.input == ANY_SIZE else f"{side} x {side}"
        yield f"the card says pictures of {size} x 3, the graph {shape[1:]}"


def _output_problems(card: ModelCard, found: Mapping[str, Shape]) -> Iterator[str]:
    wanted = OUTPUTS if found.keys() & set(OUTPUTS[2:]) else SCORES
    missing = [name for name in wanted if name not in found]
    if missing:
        yield f"the graph has no output {missing[0]!r}"
        return
    if (card.unknown_threshold is not None) != (UNKNOWN in found):
        has, graph = ("a", "no") if card.unknown_threshold is not None else ("no", "an")
        yield (
            f"the card has {has} threshold for unknown pictures, the graph {graph} output "
            f"{UNKNOWN!r}"
        )
    for name in wanted[:3]:
        shape = found[name]
        if shape[1:2] != (len(card.labels),):
            yield (
                f"the card has {len(card.labels)} labels, the graph's {name} the shape "
                f"{list(shape)}"
            )
