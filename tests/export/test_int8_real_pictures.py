"""INT8 and fp16 of a network that knows something, on real pictures."""

from pathlib import Path

import pytest

import tlx
from tlx.errors import DataError
from tlx.export.calibration_pictures import choose_calibration
from tlx.export.fp16_file import make_fp16
from tlx.export.int8_search import search_int8
from tlx.export.options import ExportOptions
from tlx.export.quantized_file import QuantizedFile
from tlx.export.trial import Gates
from tlx.inference.events import finish
from tlx.inference.processor import describe_processor
from tlx.inference.session import ModelSession
from tlx.samples.sample import Sample
from tlx.samples.splitting import read_split

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(real_pictures) -> Path:
    return real_pictures / "clothing"


@pytest.fixture(scope="module")
def float_file(data, starter_weights, tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "clothing"
    tlx.train(data, out=run, weights=str(starter_weights), imgsz=96, epochs=3, seed=0)
    tlx.export(run, options=ExportOptions(formats=("onnx",), refuse=0))  # quantized before its rule
    return run / "model.onnx"


def split(data: Path, float_file: Path, name: str) -> list[Sample]:
    return read_split(float_file.parent / "split.csv", data, name)


FAST = any(describe_processor().features.get(name) for name in ("VNNI", "dot product"))
"""Whether this processor multiplies int8 in one step; on others INT8 may be the slower one."""


@pytest.fixture(scope="module")
def int8(data, float_file, tmp_path_factory) -> tuple[QuantizedFile, Path]:
    """What the search finds with the gates as they are by default, and the file."""
    calibration = choose_calibration(split(data, float_file, "train"), 256, 0)
    validation = split(data, float_file, "validation")
    target = tmp_path_factory.mktemp("int8") / "int8.onnx"
    events = search_int8(float_file, calibration, validation, target, for_another_device=not FAST)
    return finish(events), target


def test_int8_is_small_and_says_what_the_float_file_says(int8, float_file):
    found, target = int8
    score = found.chosen.score
    assert score.difference.pictures > 300
    assert found.chosen.gates.max_drop == 0.005
    assert score.difference.value <= 0.005
    assert found.chosen.smaller >= 3.5
    assert score.agreement >= 0.98
    assert score.clear_agreement >= 0.99
    assert ModelSession(target).card.labels == ModelSession(float_file).card.labels


@pytest.mark.skipif(not FAST, reason="INT8 is not promised to be faster without VNNI (dot product)")
def test_int8_was_measured_faster_than_the_float_file(int8):
    """The gate and no more: the interval of the ratio lies above 1.

    Both files take turns, so that a busy machine hits both, yet how many times faster still
    depends on what else it does. That it is at least 2 times at 224 px is measured by
    `benchmarks/int8_speed.py`, on a machine at rest, and stands in docs/quantization.md.
    """
    found, _ = int8
    assert found.chosen.speed is not None
    assert found.chosen.speed.interval[0] > 1


def test_fp16_is_half_as_large_and_says_the_same(data, float_file, tmp_path):
    validation = split(data, float_file, "validation")
    found = finish(make_fp16(float_file, validation, tmp_path / "fp16.onnx"))
    assert found.chosen.smaller > 1.95
    assert found.chosen.score.agreement >= 0.99
    assert found.chosen.score.clear_agreement == 1
    assert found.chosen.gates == Gates(0.005, 0.55, faster=False)


def test_calibration_on_one_label_is_refused(data, float_file, tmp_path):
    shoes = [one for one in split(data, float_file, "train") if one.label == "shoes"]
    validation = split(data, float_file, "validation")[:8]
    with pytest.raises(DataError, match="show 1 of 10 labels"):
        finish(search_int8(float_file, shoes, validation, tmp_path / "int8.onnx"))
    assert list(tmp_path.iterdir()) == []
