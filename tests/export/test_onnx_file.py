"""The ONNX file keeps the contract of the graph, and needs onnxruntime and numpy alone."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import ModelProto, TensorProto

import tlx
from tlx.export.deployed import DeployedNetwork
from tlx.export.onnx_file import rewrite_onnx_card, write_onnx
from tlx.export.options import ExportOptions
from tlx.export.torchscript_file import load_torchscript
from tlx.inference.card import CARD_KEY, ModelCard, Provenance
from tlx.inference.card_json import card_from_json
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.inference.session import ModelSession
from tlx.training.checkpoint import load_checkpoint
from tlx.training.resnet import PictureNetwork, build_resnet

LIMIT = 1e-5


@pytest.fixture(scope="module")
def model(model_file) -> ModelProto:
    return onnx.load(model_file)


@pytest.fixture(scope="module")
def session(model_file) -> ModelSession:
    return ModelSession(model_file)


@pytest.fixture(scope="module")
def images(split_folder) -> np.ndarray:
    paths = sorted((split_folder / "test").glob("*/00[0-2].jpg"))
    return np.stack([preprocess(path, Preprocessing(37, 32)) for path in paths])


def _shape(value: onnx.ValueInfoProto) -> list[int | str]:
    return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]


def test_the_input_is_uint8_pictures_of_any_number(model):
    (images,) = model.graph.input
    assert images.name == "images"
    assert images.type.tensor_type.elem_type == TensorProto.UINT8
    assert _shape(images) == ["N", 32, 32, 3]


def test_the_outputs_are_those_of_the_contract(model, features):
    assert {value.name: _shape(value) for value in model.graph.output} == {
        "logits": ["N", 3],
        "probabilities": ["N", 3],
        "activation_maps": ["N", 3, 1, 1],
        "features": ["N", features],
    }
    assert {v.type.tensor_type.elem_type for v in model.graph.output} == {TensorProto.FLOAT}


def test_older_runtimes_can_load_it(model):
    assert model.ir_version == 9
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 18)]
    assert {node.domain for node in model.graph.node} == {""}
    assert len(model.functions) == 0
    onnx.checker.check_model(model, full_check=True)


def test_it_is_one_file(model, model_file):
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    assert {path.name for path in model_file.parent.glob("model*")} == {"model.onnx", "model.ts"}
    assert list(model_file.parent.glob("*.data")) == []


def test_no_path_of_the_machine_and_no_line_of_source_is_in_it(model, model_file):
    content = model_file.read_bytes()
    for folder in (Path(tlx.__file__).parent, Path(torch.__file__).parents[1], Path.cwd()):
        assert str(folder).encode() not in content
    assert str(model_file.parent).encode() not in content
    assert b"site-packages" not in content
    structure = ModelProto.FromString(content)
    del structure.graph.initializer[:]  # weights may look like anything
    texts = re.findall(r'"(.*)"', str(structure))
    assert "node_permute" in texts
    for trace in (".py", "File ", "/", "forward", "stack_trace"):
        assert not any(trace in text for text in texts)


def test_the_card_alone_stands_in_the_metadata(model, model_file):
    assert [entry.key for entry in model.metadata_props] == [CARD_KEY]
    card = card_from_json(model.metadata_props[0].value)
    trained = load_checkpoint(model_file.parent / "best.pt").card
    assert card.labels == trained.labels
    assert card.provenance == trained.provenance
    assert card.results == trained.results
    assert trained.verification is None
    assert card.verification.pictures == 64
    assert card.verification.agreement == 1
    assert 0 <= card.verification.max_probability_difference <= card.verification.limit == 1e-4


def test_the_card_can_be_read_without_the_onnx_package(model_file):
    found = onnxruntime.InferenceSession(model_file).get_modelmeta().custom_metadata_map
    assert json.loads(found[CARD_KEY])["labels"] == ["blue", "green", "red"]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_picture_gets_the_same_answer_alone_and_in_a_batch(session, images, count):
    together = session.run(images)
    part = session.run(images[:count])
    for name in ("logits", "probabilities", "activation_maps", "features"):
        found, expected = getattr(part, name), getattr(together, name)[:count]
        np.testing.assert_allclose(found, expected, rtol=0, atol=LIMIT * np.abs(expected).max())


def test_the_mean_of_a_map_and_the_bias_are_the_logit(session, images, model_file):
    bias = load_checkpoint(model_file.parent / "best.pt").weights["fc.bias"].numpy()
    found = session.run(images)
    means = found.activation_maps.mean(axis=(2, 3))
    np.testing.assert_allclose(means + bias, found.logits, rtol=0, atol=1e-4)


def test_the_probabilities_are_the_softmax_of_the_logits(session, images):
    found = session.run(images)
    shares = np.exp(found.logits - found.logits.max(axis=1, keepdims=True))
    expected = shares / shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.probabilities, expected, rtol=0, atol=1e-6)


def test_another_card_leaves_the_graph_as_it_is(model, model_file, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(model_file.read_bytes())
    card = ModelSession(path).card
    rewrite_onnx_card(path, ModelCard(("x", "y", "z"), card.preprocessing, card.provenance))
    assert onnx.load(path).graph.SerializeToString() == model.graph.SerializeToString()
    assert ModelSession(path).card.labels == ("x", "y", "z")


def test_temperature_sigmoid_and_larger_pictures_are_exported_too(tmp_path):
    provenance = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
    card = ModelCard(
        ("a", "b"), Preprocessing(73, 64), provenance, task="multi-label", temperature=1.5
    )
    torch.manual_seed(0)
    model = PictureNetwork(build_resnet("resnet18", 2), card.preprocessing)
    network = DeployedNetwork(model, card).eval()
    write_onnx(network, card, tmp_path / "model.onnx", ExportOptions())
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    found = ModelSession(tmp_path / "model.onnx").run(images)
    with torch.no_grad():
        expected = network(torch.from_numpy(images))
    names = ("logits", "probabilities", "activation_maps", "features")
    for name, output in zip(names, expected, strict=True):
        np.testing.assert_allclose(getattr(found, name), output.numpy(), rtol=0, atol=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


BLOCKED = """
import sys
for name in ("torch", "torchvision", "onnx", "onnxscript", "sklearn", "scipy", "matplotlib"):
    sys.modules[name] = None
"""

PLAIN = """
import numpy, onnxruntime
model, images, answers = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
outputs = session.run(None, {"images": numpy.load(images)})
numpy.savez(answers, **{o.name: v for o, v in zip(session.get_outputs(), outputs)})
"""

WITH_TLX = """
import numpy, tlx
model, pictures, answers = sys.argv[1:]
classifier = tlx.Classifier(model)
rows = [classifier.classify(path) for path in open(pictures, encoding="utf-8").read().split("\\n")]
numpy.savez(answers, logits=[r.logits for r in rows], labels=[r.label for r in rows])
"""


def _run_blocked(code: str, *arguments: Path) -> dict[str, np.ndarray]:
    command = [sys.executable, "-c", BLOCKED + code, *map(str, arguments)]
    subprocess.run(command, check=True, cwd=arguments[-1].parent)
    with np.load(arguments[-1]) as found:
        return dict(found)


def test_onnxruntime_and_numpy_alone_answer_as_torchscript_does(model_file, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    found = _run_blocked(PLAIN, model_file, tmp_path / "images.npy", tmp_path / "answers.npz")
    module, _ = load_torchscript(model_file.with_name("model.ts"))
    with torch.no_grad():
        expected = module(torch.from_numpy(images))
    names = ("logits", "probabilities", "activation_maps", "features")
    for name, output in zip(names, expected, strict=True):
        magnitude = float(output.abs().max())
        np.testing.assert_allclose(found[name], output.numpy(), rtol=0, atol=LIMIT * magnitude)


def test_the_classifier_answers_without_torch_as_with_it(model_file, split_folder, tmp_path):
    paths = sorted((split_folder / "test").glob("*/00[0-2].jpg"))
    (tmp_path / "pictures.txt").write_text("\n".join(map(str, paths)), encoding="utf-8")
    found = _run_blocked(WITH_TLX, model_file, tmp_path / "pictures.txt", tmp_path / "a.npz")
    here = [tlx.Classifier(model_file).classify(path) for path in paths]
    assert found["labels"].tolist() == [prediction.label for prediction in here]
    np.testing.assert_array_equal(found["logits"], [prediction.logits for prediction in here])
