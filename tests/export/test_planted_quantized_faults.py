"""Faults planted in fp16 and INT8 files, whose numbers are coarse: each is caught and named."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, NodeProto, helper, numpy_helper

import tlx
from tlx.errors import VerificationError
from tlx.export import publish, smaller
from tlx.export.deployed import DeployedNetwork
from tlx.export.fp16_file import write_fp16
from tlx.export.onnx_file import save_onnx, write_onnx
from tlx.export.onnx_opened import OnnxFile
from tlx.export.options import ExportOptions
from tlx.inference.card import CARD_KEY, Quantization
from tlx.inference.card_json import card_from_json
from tlx.training.checkpoint import load_checkpoint, restore_network

KINDS = ("fp16", pytest.param("int8", marks=pytest.mark.slow))
FP16 = ExportOptions(formats=("onnx",), quantize=("fp16",), max_drop=10)
BOTH = replace(FP16, quantize=("fp16", "int8"), for_another_device=True, calibration=30)
Change = Callable[[ModelProto], None]


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of smaller file."""
    return request.param


@pytest.fixture(scope="module")
def quantized_run(kind, _exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its float file and the smaller one."""
    run = tmp_path_factory.mktemp("quantized") / "run"
    ignored = shutil.ignore_patterns("model.*", "verification.json", "last.pt", "features")
    shutil.copytree(_exported, run, ignore=ignored)
    options = FP16 if kind == "fp16" else replace(BOTH, quantize=("int8",))
    tlx.export(run, options=options)
    return run


@pytest.fixture
def planted(quantized_run, tmp_path) -> Callable[[str, Change], str]:
    """Change one of its files, verify it, which has to fail, and give the error's text."""

    def plant(name: str, change: Change) -> str:
        model = onnx.load(quantized_run / name)
        change(model)
        texts = {row.key: row.value for row in model.metadata_props}
        save_onnx(model, card_from_json(texts[CARD_KEY]), tmp_path / name)
        with pytest.raises(VerificationError) as caught:
            tlx.verify(tmp_path / name, quantized_run)
        return str(caught.value)

    return plant


def _maker(model: ModelProto, output: str) -> tuple[int, NodeProto]:
    nodes = list(model.graph.node)
    (index,) = (i for i, node in enumerate(nodes) if output in node.output)
    return index, nodes[index]


def _insert_after(model: ModelProto, output: str, operator: str, *inputs: str, **options) -> None:
    index, before = _maker(model, output)
    before.output[list(before.output).index(output)] = "planted"
    node = helper.make_node(operator, ["planted", *inputs], [output], name="planted", **options)
    model.graph.node.insert(index + 1, node)


def softmax_twice(model: ModelProto) -> None:
    _insert_after(model, "probabilities", "Softmax", axis=-1)


def another_temperature(model: ModelProto) -> None:
    """Take the logits four times before the softmax."""
    index, softmax = next(
        (i, node) for i, node in enumerate(model.graph.node) if "probabilities" in node.output
    )
    model.graph.initializer.append(numpy_helper.from_array(np.float32(4), "four"))
    node = helper.make_node("Mul", [softmax.input[0], "four"], ["warm"], name="warm")
    softmax.input[0] = "warm"
    model.graph.node.insert(index, node)


def other_maps(model: ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.float32(-100), "factor"))
    _insert_after(model, "activation_maps", "Mul", "factor")


def other_features(model: ModelProto) -> None:
    """Give features twice as large to whoever asks; the head reads the right ones."""
    index, maker = _maker(model, "features")
    maker.output[list(maker.output).index("features")] = "right"
    for node in model.graph.node:
        node.input[:] = ["right" if name == "features" else name for name in node.input]
    model.graph.initializer.append(numpy_helper.from_array(np.float32(2), "two"))
    model.graph.node.insert(index + 1, helper.make_node("Mul", ["right", "two"], ["features"]))


FAULTS = {
    "softmax twice": (softmax_twice, "is probabilities: temperature, softmax or sigmoid differs"),
    "temperature": (another_temperature, "is probabilities: temperature, softmax"),
    "maps": (other_maps, "is activation maps: their mean and the head's bias are not the logits"),
    "features": (other_features, "is logits: they are not the head's answer to the features"),
}


def test_a_healthy_file_raises_no_false_alarm(quantized_run, kind):
    verified = tlx.verify(quantized_run / f"model.{kind}.onnx", quantized_run)
    assert verified.verification.quantized
    assert verified.verification.passed


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_accuracy_cannot_see_is_caught_and_named(planted, kind, fault):
    change, named = FAULTS[fault]
    text = planted(f"model.{kind}.onnx", change)
    assert "its outputs contradict each other" in text
    assert named in text


def weights_off_by_a_tenth(model: ModelProto) -> None:
    """Disturb the convolutions of layer3 by 10 % of their spread."""
    chance = np.random.default_rng(0)
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if "layer3" in weight.name and values.ndim == 4:
            noise = 0.1 * values.astype(np.float32).std() * chance.standard_normal(values.shape)
            changed = (values + noise).astype(values.dtype)
            weight.CopyFrom(numpy_helper.from_array(changed, weight.name))


ONLY_FP16 = pytest.mark.parametrize("kind", ["fp16"], indirect=True, scope="module")


@ONLY_FP16
def test_weights_that_are_off_are_named_by_their_stage(planted, kind):
    text = planted("model.fp16.onnx", weights_off_by_a_tenth)
    assert "largest difference in probability" in text
    assert "the first stage that differs is layer3: weights or BatchNorm" in text
    assert "lost too much" not in text


@pytest.mark.slow
@ONLY_FP16
def test_the_weights_of_another_seed_are_found_out(quantized_run, kind, split_folder, tmp_path):
    training = {"weights": "none", "epochs": 2, "imgsz": 32, "batch": 16, "workers": 0, "seed": 2}
    tlx.train(split_folder, out=tmp_path / "other", **training)
    other = load_checkpoint(tmp_path / "other" / "best.pt")
    card = OnnxFile(quantized_run / "model.fp16.onnx").card
    network = DeployedNetwork(restore_network(other), card).eval()
    write_onnx(network, card, tmp_path / "float.onnx", ExportOptions(legacy_exporter=True))
    write_fp16(tmp_path / "float.onnx", tmp_path / "model.fp16.onnx")
    with pytest.raises(VerificationError, match="first stage that differs is stem: weights"):
        tlx.verify(tmp_path / "model.fp16.onnx", quantized_run)


def _says_int8(model: ModelProto) -> None:
    """Put the entry of a lenient quantization into the card."""
    card = card_from_json({row.key: row.value for row in model.metadata_props}[CARD_KEY])
    entry = Quantization("int8", "none", 1, 1, "accuracy", 0.0, None, 1.0, 1.0)
    model.metadata_props[0].value = _json(replace(card, quantization=entry))


def _says_nothing(model: ModelProto) -> None:
    card = card_from_json({row.key: row.value for row in model.metadata_props}[CARD_KEY])
    model.metadata_props[0].value = _json(replace(card, quantization=None))


def _json(card) -> str:
    from tlx.inference.card_json import card_to_json

    return card_to_json(card)


def test_a_float_file_cannot_ask_for_the_limits_of_a_quantized_one(planted):
    text = planted("model.onnx", _says_int8)
    assert "is card: it says int8, the graph is fp32" in text


def test_a_quantized_file_cannot_hide_that_it_is(planted, kind):
    text = planted(f"model.{kind}.onnx", _says_nothing)
    assert f"is card: it says fp32, the graph is {kind}" in text


@pytest.mark.slow
def test_a_refused_kind_keeps_no_other_file_back(light_run, monkeypatch):
    def refuse(*_args, **_options):
        raise VerificationError("fp16 is refused")
        yield

    monkeypatch.setattr(smaller, "make_fp16", refuse)
    with pytest.raises(VerificationError, match="fp16 is refused"):
        tlx.export(light_run, options=replace(BOTH, formats=("onnx", "torchscript")))
    names = {path.name for path in light_run.glob("model.*")}
    assert names == {"model.onnx", "model.ts", "model.int8.onnx"}


def test_an_exporter_that_raises_is_replaced_by_the_older_one(light_run, monkeypatch):
    real = publish.FORMATS[0]

    def write(network, card, path, options) -> None:
        if not options.legacy:
            raise RuntimeError("planted")
        real.write(network, card, path, options)

    monkeypatch.setattr(publish, "FORMATS", (replace(real, write=write),))
    (file,) = tlx.export(light_run, options=ExportOptions(formats=("onnx",)))
    assert file.verified
