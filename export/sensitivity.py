"""Which layers suffer most from INT8: each is quantized alone, and the logits are compared."""

import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnxruntime.quantization.calibrate import TensorsData

from ..inference.session import ModelSession
from ..samples.sample import Sample
from .int8_graph import FloatGraph, write_int8
from .int8_ranges import prepared
from .int8_recipes import Recipe

PICTURES = 16
"""Calibration pictures that a layer's error is measured on."""


@dataclass(frozen=True)
class SensitivityProgress:
    """How many of the layers have been quantized alone."""

    done: int
    total: int


def measure_sensitivity(
    graph: FloatGraph, ranges: TensorsData, base: Recipe, samples: Sequence[Sample]
) -> Generator[SensitivityProgress, None, dict[str, float]]:
    """Quantize one layer at a time and measure what that does to the logits.

    Args:
        graph: by `open_float_graph`.
        ranges: of its tensors.
        base: how the layer is quantized.
        samples: the calibration pictures; `PICTURES` of them, evenly spaced, are used.

    Returns:
        For each layer that `base` quantizes the mean squared error of the logits as a share of
        their variance, the largest first.
    """
    count = min(PICTURES, len(samples))
    some = [samples[index * len(samples) // count] for index in range(count)]
    pictures = [prepared(sample, graph.card) for sample in some]
    expected, _ = ModelSession(graph.source).scores(pictures)
    layers = [layer for layer in graph.layers if layer not in base.float_layers]
    errors: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="tlx-int8-") as folder:
        path = Path(folder) / "one.onnx"
        for layer in layers:
            write_int8(
                graph,
                ranges,
                path,
                nodes=[layer],
                activations=base.activations,
                per_channel=base.per_channel,
                reduce_range=base.reduce_range,
            )
            found, _ = ModelSession(path).scores(pictures)
            errors[layer] = float(np.mean((found - expected) ** 2) / max(expected.var(), 1e-30))
            yield SensitivityProgress(len(errors), len(layers))
    return dict(sorted(errors.items(), key=lambda item: -item[1]))
