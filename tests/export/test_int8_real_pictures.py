"""INT8 and fp16 of a network that knows something, on real pictures."""

from pathlib import Path

import pytest

import tlx
from tlx.errors import DataError
from tlx.export.calibration_pictures import choose_calibration
from tlx.export.fp16_file import make_fp16
from tlx.export.int8_search import search_int8
from tlx.export.trial import Gates
from tlx.inference.events import finish
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
    tlx.export(run)
    return run / "model.onnx"


def split(data: Path, float_file: Path, name: str) -> list[Sample]:
    return read_split(float_file.parent / "split.csv", data, name)


def test_int8_is_small_fast_and_says_what_the_float_file_says(data, float_file, tmp_path):
    training = split(data, float_file, "train")
    calibration = choose_calibration(training, 128, 0)
    validation = split(data, float_file, "validation")
    target = tmp_path / "int8.onnx"
    found = finish(search_int8(float_file, calibration, validation, target, max_drop=0.01))
    score = found.chosen.score
    assert len(validation) == score.difference.pictures > 300
    assert found.chosen.smaller > 3.5
    assert found.chosen.speed.interval[0] > 1  # how much faster: docs/quantization.md
    assert score.agreement >= 0.98
    assert score.clear_agreement >= 0.99
    assert score.difference.value <= 0.01
    assert ModelSession(target).card.labels == ModelSession(float_file).card.labels


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
