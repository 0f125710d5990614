"""fp16: half the size, the same inputs and outputs, gated on size and accuracy."""

import numpy as np
import onnx
import pytest
from scipy.special import expit, softmax

from tlx.errors import DataError, VerificationError
from tlx.export import fp16_file
from tlx.export.fp16_file import make_fp16, write_fp16
from tlx.inference.events import finish
from tlx.inference.preprocessing import preprocess
from tlx.inference.session import ModelSession
from tlx.samples.sample import Sample


@pytest.fixture(scope="module")
def fp16_file_path(model_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("fp16") / "model.fp16.onnx"
    write_fp16(model_file, path)
    return path


@pytest.fixture(scope="module")
def validation(split_folder) -> list[Sample]:
    return [Sample(p, p.parent.name) for p in sorted((split_folder / "val").glob("*/*.jpg"))]


@pytest.fixture(scope="module")
def images(validation, model_file) -> np.ndarray:
    rule = ModelSession(model_file).card.preprocessing
    return np.stack([preprocess(sample.path, rule) for sample in validation])


def test_it_is_half_as_large_and_asks_for_no_newer_a_runtime(fp16_file_path, model_file):
    assert model_file.stat().st_size / fp16_file_path.stat().st_size == pytest.approx(2, abs=0.02)
    model = onnx.load(fp16_file_path)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 18)]
    assert model.ir_version == 9
    assert ModelSession(fp16_file_path).card == ModelSession(model_file).card


def test_every_weight_is_fp16_and_the_normalisation_is_not(fp16_file_path):
    weights = {w.name: w for w in onnx.load(fp16_file_path).graph.initializer}
    half, full = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
    assert all(w.data_type == half for name, w in weights.items() if name.startswith("network."))
    assert {weights[f"normalise.{name}"].data_type for name in ("mean", "std")} == {full}


def test_inputs_and_outputs_are_those_of_the_float_file(fp16_file_path, model_file):
    found, expected = ModelSession(fp16_file_path), ModelSession(model_file)
    assert found.inputs == expected.inputs
    assert found.outputs == expected.outputs


def test_it_answers_as_the_float_file_does_to_the_precision_of_fp16(
    fp16_file_path, model_file, images
):
    found, expected = ModelSession(fp16_file_path).run(images), ModelSession(model_file).run(images)
    for name in ("logits", "activation_maps", "features"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert 0 < np.abs(ours - theirs).max() < 5e-3 * np.abs(theirs).max()
    np.testing.assert_allclose(softmax(found.logits, 1), found.probabilities, atol=1e-6)


def test_probabilities_of_several_labels_stay_a_sigmoid_each(multi_label_run, tmp_path):
    write_fp16(multi_label_run / "model.onnx", tmp_path / "half.onnx")
    session = ModelSession(tmp_path / "half.onnx")
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    found = session.run(images)
    np.testing.assert_allclose(expit(found.logits), found.probabilities, atol=1e-6)


def test_a_temperature_stays_in_fp32(model_file, images, tmp_path):
    model = onnx.load(model_file)
    graph = model.graph
    graph.initializer.append(onnx.numpy_helper.from_array(np.float32(1.2345678), "temperature"))
    position = [node.op_type for node in graph.node].index("Softmax")
    graph.node[position].input[0] = "scaled"
    graph.node.insert(position, onnx.helper.make_node("Div", ["logits", "temperature"], ["scaled"]))
    onnx.save(model, tmp_path / "warm.onnx")
    write_fp16(tmp_path / "warm.onnx", tmp_path / "half.onnx")
    found = ModelSession(tmp_path / "half.onnx").run(images)
    expected = softmax(found.logits / np.float32(1.2345678), 1)
    np.testing.assert_allclose(expected, found.probabilities, atol=1e-6)


def test_a_file_that_passes_is_left_with_what_its_card_needs(model_file, validation, tmp_path):
    target = tmp_path / "target"
    made = finish(make_fp16(model_file, validation, target))
    assert ModelSession(target).card.labels == ("blue", "green", "red")
    written = made.quantization
    assert (written.kind, written.calibration_pictures, written.pictures) == ("fp16", 0, 30)
    assert (written.metric, written.drop, written.agreement) == ("accuracy", 0, 1)
    assert written.drop_interval[0] < 0 < written.drop_interval[1]
    assert (written.speedup, written.measured_on) == (None, None)
    assert made.chosen.passed
    assert made.trials == (made.chosen,)
    # 30 pictures cannot tell half a point.
    assert made.notes[0].startswith(
        "30 validation pictures do not tell whether the true loss is within 0.5 points; about "
    )


def test_a_file_that_loses_too_much_is_not_left(model_file, validation, tmp_path):
    with pytest.raises(VerificationError, match=r"no fp16 file passes.*accuracy falls by 0.00"):
        finish(make_fp16(model_file, validation, tmp_path / "target", max_drop=-0.01))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_about_half_as_large_is_not_left(
    model_file, validation, tmp_path, monkeypatch
):
    monkeypatch.setattr(fp16_file, "MAX_SIZE", 0.4)
    with pytest.raises(VerificationError, match=r"only 2\.00 times smaller"):
        finish(make_fp16(model_file, validation, tmp_path / "target"))
    assert list(tmp_path.iterdir()) == []


def test_weights_beyond_the_range_of_fp16_do_not_pass(model_file, validation, tmp_path):
    model = onnx.load(model_file)
    for weight in model.graph.initializer:
        if weight.name == "network.conv1.weight":
            values = onnx.numpy_helper.to_array(weight) * 1e7
            weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    onnx.save(model, tmp_path / "large.onnx")
    with pytest.raises(VerificationError, match="some answers are not numbers"):
        finish(make_fp16(tmp_path / "large.onnx", validation, tmp_path / "target"))
    assert not (tmp_path / "target").exists()


def test_where_something_computes_in_fp16_it_has_to_be_faster_there(
    model_file, validation, tmp_path, monkeypatch
):
    from tlx.export import speed

    monkeypatch.setattr(speed, "SECONDS", 0.0)
    # A processor converts back to fp32: it computes, and gains nothing.
    monkeypatch.setattr(fp16_file, "FP16_PROVIDERS", ("CPUExecutionProvider",))
    try:
        made = finish(make_fp16(model_file, validation, tmp_path / "target"))
    except VerificationError as error:
        assert "not measured faster" in str(error)
    else:
        assert made.quantization.speedup > 1


def test_without_validation_pictures_there_is_nothing_to_measure(model_file, tmp_path):
    with pytest.raises(DataError, match="fp16 needs validation pictures"):
        finish(make_fp16(model_file, [], tmp_path / "target"))
