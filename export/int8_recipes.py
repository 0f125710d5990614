"""The ways of quantizing that are tried, in order: a short list, not a grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..inference.processor import Processor
from .int8_ranges import METHODS

SENSITIVE = 3
"""Layers kept in fp32 where the most sensitive ones are: about one in 20 of a ResNet-50."""
ORDER = ("percentile", "min-max", "entropy")
"""Of `METHODS`, the one that is best most often first."""
assert set(ORDER) == set(METHODS)


@dataclass(frozen=True)
class Recipe:
    """A way of quantizing.

    Attributes:
        ranges: how they are measured, of `int8_ranges.METHODS`.
        float_layers: names of the layers that stay in fp32.
        kept: which layers these are, in words; empty if there is none.
        activations: "uint8" or "int8"; weights are int8.
        per_channel: a range for each output channel's weights, or one for all.
        reduce_range: weights in 7 bits.
    """

    ranges: str
    float_layers: tuple[str, ...] = ()
    kept: str = ""
    activations: str = "uint8"
    per_channel: bool = True
    reduce_range: bool = False

    @property
    def text(self) -> str:
        """The recipe in words."""
        weights = "int8 in 7 bits" if self.reduce_range else "int8"
        channels = "per-channel" if self.per_channel else "per-tensor"
        text = f"{channels}, {self.activations} x {weights}, {self.ranges}"
        return f"{text}; {self.kept} in fp32" if self.kept else text


def overflows(processor: Processor) -> bool | None:
    """Tell whether uint8 x int8 sums overflow on a processor; None where that is unknown.

    Before VNNI, x86 adds pairs of products in 16 bits with saturation (VPMADDUBSW), and
    onnxruntime advises weights in 7 bits: its documentation, "Quantize ONNX models". ARM does not.
    """
    if "VNNI" not in processor.features:
        return False
    vnni = processor.features["VNNI"]
    return None if vnni is None else not vnni


def first_recipes(layers: Sequence[str], processor: Processor) -> list[Recipe]:
    """List what is always tried first: each way of measuring ranges, the head in fp32.

    The head is small, and its rounding would go straight into the logits.

    Args:
        layers: the network's, in order; the last is the head.
        processor: the one that accuracy is measured on.
    """
    reduce_range = overflows(processor) is True
    return [
        Recipe(ranges, (layers[-1],), "last layer", reduce_range=reduce_range) for ranges in ORDER
    ]


def closer_recipes(base: Recipe, layers: Sequence[str], sensitive: Sequence[str]) -> list[Recipe]:
    """List what comes closer to the float file than `base` and takes more time.

    Args:
        base: with the last layer in fp32.
        layers: the network's, in order.
        sensitive: its layers, the most sensitive first.
    """
    head = base.float_layers
    most = tuple(layer for layer in sensitive if layer not in head)[:SENSITIVE]
    named = f"last and {len(most)} most sensitive layers"
    return [
        replace(base, float_layers=(layers[0], *head), kept="first and last layer"),
        replace(base, float_layers=(*most, *head), kept=named),
    ]


def faster_recipes(base: Recipe) -> list[Recipe]:
    """List what may be faster than `base` on some processors.

    int8 activations come last: x86 computes them by way of uint8, and mostly gains nothing.
    """
    return [
        replace(base, per_channel=False),
        replace(base, float_layers=(), kept=""),
        replace(base, activations="int8"),
    ]
