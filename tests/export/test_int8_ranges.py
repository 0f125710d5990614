"""The ranges of a network's tensors, measured on training pictures."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnxruntime.quantization import calibrate

from tlx.errors import DataError
from tlx.export import int8_ranges
from tlx.export.int8_graph import FloatGraph, open_float_graph
from tlx.export.int8_ranges import CalibrationProgress, measure_ranges
from tlx.inference.events import finish
from tlx.inference.preprocessing import preprocess
from tlx.samples.sample import Sample


@pytest.fixture(scope="module")
def graph(model_file) -> FloatGraph:
    with open_float_graph(model_file) as opened:
        yield opened


@pytest.fixture(scope="module")
def samples(split_folder) -> list[Sample]:
    paths = sorted((split_folder / "train").glob("*/00*.jpg"))[::3]
    return [Sample(path, path.parent.name) for path in paths]  # 10


def seen(graph: FloatGraph, samples: list[Sample], name: str) -> np.ndarray:
    """Compute a tensor's values for these pictures."""
    model = onnx.load(graph.path)
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    images = np.stack([preprocess(s.path, graph.card.preprocessing) for s in samples])
    return session.run([name], {"images": images})[0]


def ends(found: calibrate.TensorData) -> tuple[float, float]:
    low, high = found.range_value
    return np.ravel(low)[0], np.ravel(high)[0]


def test_min_max_is_what_was_seen(graph, samples):
    ranges = finish(measure_ranges(graph, samples, "min-max"))
    for name in ("relu", "relu_8", "div_1"):
        values = seen(graph, samples, name)
        low, high = ends(ranges[name])
        assert (low, high) == pytest.approx((values.min(), values.max()), rel=1e-5)


@pytest.mark.parametrize("method", ["percentile", "entropy"])
def test_the_other_methods_keep_most_of_what_was_seen(graph, samples, method):
    ranges = finish(measure_ranges(graph, samples, method))
    for name in ("relu", "relu_8"):
        values = seen(graph, samples, name)
        low, high = ends(ranges[name])
        assert -0.02 * high <= low <= 0
        assert np.quantile(values, 0.9) < high <= 1.001 * values.max()


def test_events_count_the_pictures(graph, samples):
    events = []
    finish(measure_ranges(graph, samples, "min-max"), events.append)
    assert events[0] == CalibrationProgress("min-max", 2, 10)
    assert events[-1] == CalibrationProgress("min-max", 10, 10)


# Not entropy: the width of its bins, and so its choice, goes by the pictures that come first.
@pytest.mark.parametrize("method", ["min-max", "percentile"])
def test_how_many_are_sent_at_once_changes_little(graph, samples, method, monkeypatch):
    few = finish(measure_ranges(graph, samples, method))
    monkeypatch.setattr(int8_ranges, "AT_ONCE", 10)
    all_at_once = finish(measure_ranges(graph, samples, method))
    for name in ("relu", "relu_8"):
        assert ends(few[name]) == pytest.approx(ends(all_at_once[name]), rel=0.1)


def test_no_more_pictures_than_said_are_held_in_memory(graph, samples, monkeypatch):
    held = []
    collect = calibrate.HistogramCollector.collect

    def watched(self, values):
        held.append(sum(len(one) for one in values["relu"]))
        return collect(self, values)

    monkeypatch.setattr(calibrate.HistogramCollector, "collect", watched)
    finish(measure_ranges(graph, samples, "percentile"))
    assert held == [2] * 5


def test_a_picture_that_is_gone_is_an_error(graph):
    with pytest.raises(DataError, match=r"none\.jpg cannot be read any more.*calibrated"):
        finish(measure_ranges(graph, [Sample(Path("none.jpg"), "red")], "min-max"))
