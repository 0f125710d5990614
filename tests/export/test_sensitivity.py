"""Which layers suffer most from INT8."""

import numpy as np
import onnx
import pytest

from tlx.export.int8_graph import open_float_graph
from tlx.export.int8_ranges import measure_ranges
from tlx.export.int8_recipes import Recipe
from tlx.export.sensitivity import SensitivityProgress, measure_sensitivity
from tlx.inference.events import finish
from tlx.samples.sample import Sample

PLANTED = "layer2.0.conv1"


@pytest.fixture
def spoilt_file(model_file, tmp_path):
    """The network with one layer that per-tensor weights cannot express: one is far too large."""
    model = onnx.load(model_file)
    (weight,) = (w for w in model.graph.initializer if w.name == f"network.{PLANTED}.weight")
    values = onnx.numpy_helper.to_array(weight).copy()
    values[0, 0, 0, 0] = 100 * np.abs(values).max()
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    onnx.save(model, tmp_path / "spoilt.onnx")
    return tmp_path / "spoilt.onnx"


def test_the_layer_that_suffers_most_is_found(spoilt_file, split_folder):
    paths = sorted((split_folder / "train").glob("*/00*.jpg"))[::5]
    samples = [Sample(path, path.parent.name) for path in paths]
    events = []
    with open_float_graph(spoilt_file) as graph:
        ranges = finish(measure_ranges(graph, samples, "min-max"))
        base = Recipe("min-max", (graph.layers[-1],), "last layer", per_channel=False)
        errors = finish(measure_sensitivity(graph, ranges, base, samples), events.append)
        titles = [graph.title(layer) for layer in errors]
    assert titles[0] == PLANTED
    assert "fc" not in titles
    found = list(errors.values())
    assert found == sorted(found, reverse=True)
    assert found[0] > 3 * found[1] > 0
    assert events[-1] == SensitivityProgress(20, 20)
