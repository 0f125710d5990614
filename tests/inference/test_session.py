"""A model file opens only if it is one, has a card, and the card agrees with the graph."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from tlx.errors import CardError, ModelFileError
from tlx.inference.card import ModelCard
from tlx.inference.card_json import card_to_json
from tlx.inference.session import ModelSession, TensorSpec

WriteModel = Callable[..., Path]


def refused(path: Path) -> str:
    """Give the error's text, which names the file and is one line."""
    with pytest.raises(ModelFileError) as caught:
        ModelSession(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def refused_card(path: Path) -> str:
    with pytest.raises(CardError):
        ModelSession(path)
    return refused(path)


def test_a_model_file_gives_its_card(small_model: Path, card: ModelCard):
    assert ModelSession(small_model).card == card
    assert ModelSession(str(small_model)).card == card


def test_a_model_file_tells_its_inputs_and_outputs(small_model: Path):
    session = ModelSession(small_model)
    assert session.inputs == (TensorSpec("images", "uint8", ("N", 32, 32, 3)),)
    assert session.outputs == (
        TensorSpec("logits", "float32", ("N", 3)),
        TensorSpec("probabilities", "float32", ("N", 3)),
        TensorSpec("activation_maps", "float32", ("N", 3, 32, 32)),
        TensorSpec("features", "float32", ("N", 3)),
    )


@pytest.mark.parametrize("count", [1, 2, 5])
def test_all_outputs_come_under_their_own_names(small_model: Path, count: int):
    images = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    outputs = ModelSession(small_model).run(images)
    means = images.mean(axis=(1, 2))
    assert np.allclose(outputs.features, means, rtol=1e-5)
    assert np.allclose(outputs.logits, means[:, ::-1] / 16, rtol=1e-5)
    assert np.allclose(outputs.probabilities.sum(axis=1), 1)
    assert np.allclose(outputs.activation_maps.mean(axis=(2, 3)), outputs.logits, rtol=1e-4)


def test_scores_are_the_logits_and_probabilities_of_a_run(small_model: Path):
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    session = ModelSession(small_model)
    logits, probabilities = session.scores(images)
    assert np.array_equal(logits, session.run(images).logits)
    assert np.array_equal(probabilities, session.run(images).probabilities)


def test_a_path_in_any_script_can_be_opened(write_model: WriteModel, tmp_path: Path):
    folder = tmp_path / "модель é 模型"
    folder.mkdir()
    assert ModelSession(write_model(folder / "größe.onnx")).card.labels[0] == "blue"


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    assert "no such file" in refused(tmp_path / "model.onnx")


def test_a_folder_is_refused_with_the_way_out(tmp_path: Path):
    assert "is a folder; give the model file in it" in refused(tmp_path)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"")
    assert "is empty" in refused(path)


def test_a_checkpoint_is_refused_with_the_way_out(tmp_path: Path):
    path = tmp_path / "best.pt"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"tensors")
    assert "checkpoint, TorchScript or pt2 file" in refused(path)
    assert "tlx export" in refused(path)


@pytest.mark.parametrize("content", [b"not a model", b"\x89PNG\r\n\x1a\n", b"\0" * 1000])
def test_what_is_not_onnx_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert refused(path) == (
        f"{path} cannot be opened as an ONNX file: it is another kind of file, or cut off; export "
        "or copy it again"
    )


@pytest.mark.parametrize(("opset", "version"), [(99, 9), (17, 99)])
def test_a_file_of_a_newer_onnx_is_refused_in_plain_words(
    small_model: Path, tmp_path: Path, opset: int, version: int
):
    model = onnx.load(small_model)
    model.ir_version = version
    model.opset_import[0].version = opset
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    said = refused(path)
    assert "newer ONNX version than this onnxruntime reads; export it with an older opset" in said
    assert "ONNXRuntimeError" not in said


def test_a_graph_that_does_not_hold_is_refused_without_onnxruntimes_codes(
    small_model: Path, tmp_path: Path
):
    model = onnx.load(small_model)
    model.graph.node[0].op_type = "Unheard"
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    assert f"{path} cannot be opened as an ONNX file: This is an invalid model" in refused(path)


def test_a_model_file_cut_short_is_refused(small_model: Path, tmp_path: Path):
    path = tmp_path / "model.onnx"
    path.write_bytes(small_model.read_bytes()[:-700])
    assert refused(path)


def test_a_name_that_the_system_refuses_is_a_clear_error(tmp_path: Path):
    assert "cannot be read" in refused(tmp_path / ("x" * 300 + ".onnx"))


def test_a_file_without_a_card_is_refused(write_model: WriteModel, tmp_path: Path):
    path = write_model(tmp_path / "bare.onnx", card_text=None)
    assert "has no card" in refused_card(path)


@pytest.mark.parametrize("text", ["", "{", "{}", '{"schema": 99}'])
def test_a_file_with_a_card_that_cannot_be_read_is_refused(
    write_model: WriteModel, tmp_path: Path, text: str
):
    assert "the card" in refused_card(write_model(tmp_path / "model.onnx", card_text=text))


def test_a_card_with_an_unknown_field_is_refused_by_the_fields_name(
    write_model: WriteModel, tmp_path: Path, card: ModelCard
):
    text = json.dumps({**json.loads(card_to_json(card)), "sharpen": True})
    path = write_model(tmp_path / "model.onnx", card_text=text)
    assert "unknown field 'sharpen'" in refused_card(path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"labels": 4}, "the card has 3 labels, the graph's logits"),
        ({"labels": 2}, "the card has 3 labels, the graph's logits"),
        ({"flat": True}, "the card has 3 labels, the graph's logits the shape []"),
        ({"side": 64}, "the card says pictures of 32 x 32 x 3, the graph (64, 64, 3)"),
        ({"side": 31}, "the card says pictures of 32 x 32 x 3, the graph (31, 31, 3)"),
        ({"dtype": TensorProto.FLOAT}, "the graph's input is not uint8 'images'"),
        ({"input_name": "pixels"}, "the graph's input is not uint8 'images'"),
        ({"without": "logits"}, "the graph has no output 'logits'"),
        ({"without": "probabilities"}, "the graph has no output 'probabilities'"),
        ({"without": "activation_maps"}, "the graph has no output 'activation_maps'"),
        ({"without": "features"}, "the graph has no output 'features'"),
    ],
)
def test_a_card_that_disagrees_with_the_graph_is_refused(
    write_model: WriteModel, tmp_path: Path, wrong: dict[str, Any], said: str
):
    assert said in refused_card(write_model(tmp_path / "model.onnx", **wrong))


def test_a_card_with_another_count_of_labels_is_refused(
    write_model: WriteModel, tmp_path: Path, card: ModelCard
):
    text = card_to_json(replace(card, labels=("blue", "green")))
    path = write_model(tmp_path / "model.onnx", card_text=text)
    assert "the card has 2 labels" in refused_card(path)
