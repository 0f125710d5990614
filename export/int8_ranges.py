"""The ranges of a network's tensors, measured on training pictures."""

import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationMethod
from onnxruntime.quantization.calibrate import (
    CalibrationDataReader,
    TensorsData,
    create_calibrator,
)

from ..errors import DataError, PictureError
from ..inference.card import ModelCard
from ..inference.graph_input import Pixels, as_tensor, batches, prepare
from ..inference.session import INPUT
from ..samples.sample import Sample
from .int8_graph import QUANTIZED, FloatGraph, silent

AT_ONCE = 2
"""Pictures whose intermediate values are held in memory: up to 100 MB each in a ResNet-50."""

_METHODS: dict[str, tuple[CalibrationMethod, dict[str, Any]]] = {
    "min-max": (CalibrationMethod.MinMax, {}),
    # Symmetric ranges would waste half of what comes out of a ReLU.
    "percentile": (CalibrationMethod.Percentile, {"symmetric": False, "percentile": 99.999}),
    "entropy": (CalibrationMethod.Entropy, {}),
}
METHODS = tuple(_METHODS)
"""Everything that was seen; all but the rarest values (99.999 % are kept); the range whose 8 bits
differ least from the values' distribution (Kullback-Leibler divergence, as in TensorRT)."""


@dataclass(frozen=True)
class CalibrationProgress:
    """How many of the calibration pictures have gone through the network."""

    method: str
    done: int
    total: int


def measure_ranges(
    graph: FloatGraph, samples: Sequence[Sample], method: str
) -> Generator[CalibrationProgress, None, TensorsData]:
    """Send pictures through the float network and measure the range of every tensor.

    Memory does not grow with the number of pictures: values are counted into histograms.

    Args:
        graph: by `open_float_graph`.
        samples: the calibration pictures.
        method: of `METHODS`.

    Raises:
        DataError: a picture cannot be read any more.
    """
    kind, options = _METHODS[method]
    with tempfile.TemporaryDirectory(prefix="tlx-int8-") as folder:
        with silent():
            calibrator = create_calibrator(
                graph.path, QUANTIZED, str(Path(folder) / "seen.onnx"), kind, extra_options=options
            )
        for start in range(0, len(samples), AT_ONCE):
            some = samples[start : start + AT_ONCE]
            tensors = network_inputs(graph, [prepared(sample, graph.card) for sample in some])
            with silent():
                calibrator.collect_data(_Reader(tensors))
            yield CalibrationProgress(method, min(start + AT_ONCE, len(samples)), len(samples))
        with silent():
            return calibrator.compute_data()


def prepared(sample: Sample, card: ModelCard) -> Pixels:
    """Bring a picture to what the graph takes, uint8 `[S, S, 3]`.

    Raises:
        DataError: it cannot be read any more.
    """
    try:
        return prepare(sample.path, card)
    except PictureError as error:
        raise DataError(
            f"{sample.path} cannot be read any more, and the file is calibrated on it "
            f"({error.reason})"
        ) from None


def network_inputs(
    graph: FloatGraph, pictures: Sequence[Pixels]
) -> list[NDArray[np.uint8] | NDArray[np.float32]]:
    """Put pictures together as the graph takes them."""
    (images,) = graph.model.graph.input
    size = images.type.tensor_type.shape.dim[0].dim_value or None
    return [as_tensor(batch, graph.card) for batch, _ in batches(pictures, size)]


class _Reader(CalibrationDataReader):
    """Gives a calibrator what it asks for."""

    def __init__(self, tensors: Sequence[NDArray[np.uint8] | NDArray[np.float32]]) -> None:
        self._tensors: Iterator[NDArray[np.uint8] | NDArray[np.float32]] = iter(tensors)

    def get_next(self) -> dict[str, NDArray[np.uint8] | NDArray[np.float32]] | None:  # pyright: ignore[reportIncompatibleMethodOverride] - None ends it, says onnxruntime
        """Give the next batch by the input's name, or None at the end."""
        tensor = next(self._tensors, None)
        return None if tensor is None else {INPUT: tensor}
