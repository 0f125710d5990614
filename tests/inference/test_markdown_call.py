"""How a file is called: the code of its card is run, and answers as tlx does."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

import tlx
from tlx.export.options import ExportOptions
from tlx.export.torchscript_file import write_torchscript
from tlx.inference.card import CARD_KEY, ModelCard
from tlx.inference.card_json import card_to_json
from tlx.inference.inspection import FileDescription, describe, describe_onnx
from tlx.inference.markdown_call import call_text, preprocessing_text, tensors_text
from tlx.inference.session import TensorSpec


def program(found: FileDescription) -> str:
    return call_text(found).split("```python\n")[1].split("\n```")[0]


def answer(found: FileDescription, picture: Path) -> str:
    """Run the code in a process of its own, in the file's folder, on a picture."""
    code = program(found).replace("picture.jpg", picture.as_posix())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=found.path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def large_photo(tmp_path_factory) -> Path:
    """A JPEG that is decoded at a DCT scale, and turned by its EXIF orientation."""
    path = tmp_path_factory.mktemp("photo") / "large.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    chance = np.random.default_rng(0)
    small = Image.fromarray(chance.integers(0, 256, (12, 17, 3), dtype=np.uint8))
    small.resize((1700, 1200)).save(path, exif=exif)
    return path


def test_the_program_without_tlx_answers_exactly_as_tlx(
    small_model, write_pictures, large_photo, tmp_path
):
    classifier, found = tlx.Classifier(small_model), describe_onnx(small_model)
    for path in (*sorted(write_pictures(tmp_path, 1).rglob("*.jpg")), large_photo):
        expected = classifier.classify(path)
        label, probability = answer(found, path).split()
        assert label == expected.label
        assert np.float32(probability) == np.float32(expected.probability)


def test_the_program_of_an_exported_file_answers_as_tlx(model_file, split_folder):
    path = split_folder / "test" / "red" / "001.jpg"
    expected = tlx.Classifier(model_file).classify(path)
    label, probability = answer(describe_onnx(model_file), path).split()
    assert (label, float(probability)) == (expected.label, pytest.approx(expected.probability))


def test_the_program_of_a_multi_label_file_gives_the_labels_it_chooses(multi_label_run):
    path = multi_label_run.parent / "data" / "blue-red-03.png"
    model = multi_label_run / "model.onnx"
    found = re.findall(r"\('(\w+)', ([\d.e-]+)\)", answer(describe_onnx(model), path))
    expected = {row.label: row.probability for row in tlx.Classifier(model).classify(path).chosen}
    assert len(expected) == 2
    assert {label: float(value) for label, value in found} == pytest.approx(expected)


def test_the_program_of_a_torchscript_file_answers_as_tlx(model_file, split_folder):
    path = split_folder / "test" / "green" / "002.jpg"
    expected = tlx.Classifier(model_file).classify(path)
    images = TensorSpec("images", "uint8", ("N", 32, 32, 3))
    card = describe_onnx(model_file).card
    found = describe(model_file.with_name("model.ts"), "torchscript", card, (images,), ())
    label, probability = answer(found, path).split()
    assert (label, float(probability)) == (expected.label, pytest.approx(expected.probability))


def _mean_colour(path: Path, card: ModelCard, dtype: int, shape: list, axes: list) -> None:
    """Write a graph whose probabilities are the softmax of the mean of each colour.

    The score for unknown pictures is the mean of red.
    """
    node, real = helper.make_node, TensorProto.FLOAT
    nodes = [
        node("Cast", ["images"], ["float"], to=real),
        node("ReduceMean", ["float", "axes"], ["means"], keepdims=0),
        node("Softmax", ["means"], ["probabilities"], axis=1),
        node("Gather", ["means", "red"], ["unknown_score"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("images", dtype, shape)],
        [
            helper.make_tensor_value_info("probabilities", real, [shape[0], 3]),
            helper.make_tensor_value_info("unknown_score", real, [shape[0]]),
        ],
        [
            onnx.numpy_helper.from_array(np.array(axes), "axes"),
            onnx.numpy_helper.from_array(np.array(0), "red"),
        ],
    )
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    helper.set_model_props(model, {CARD_KEY: card_to_json(card)})
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("kind", "dtype", "shape", "axes"),
    [
        ("float-nchw", TensorProto.FLOAT, ["N", 3, 32, 32], [2, 3]),
        ("uint8-any-size", TensorProto.UINT8, ["N", "H", "W", 3], [1, 2]),
        ("uint8-nhwc", TensorProto.UINT8, [4, 32, 32, 3], [1, 2]),
    ],
)
def test_the_program_feeds_the_other_inputs_as_they_want_it(
    card, tmp_path, kind, dtype, shape, axes
):
    other = replace(card, input=kind, labels=("red", "green", "blue"))
    path = tmp_path / "model.onnx"
    _mean_colour(path, other, dtype, shape, axes)
    Image.new("RGB", (50, 40), (10, 200, 30)).save(tmp_path / "green.png")
    found = describe(path, "onnx", other, (TensorSpec("images", "any", tuple(shape)),), ())
    label, probability = answer(found, tmp_path / "green.png").split()
    values = np.array([10, 200, 30]) / (255 if kind == "float-nchw" else 1)
    assert label == "green"
    assert float(probability) == pytest.approx(np.exp(values[1] - 200) / sum(np.exp(values - 200)))


def test_the_program_of_a_file_with_a_rule_says_what_is_unknown(card, tmp_path):
    ruled = replace(card, labels=("red", "green", "blue"), unknown_threshold=100.5)
    path, shape = tmp_path / "model.onnx", ("N", 32, 32, 3)
    _mean_colour(path, ruled, TensorProto.UINT8, [*shape], [1, 2])
    found = describe(path, "onnx", ruled, (TensorSpec("images", "uint8", shape),), ())
    for name, colour in (("known", (10, 200, 30)), ("odd", (101, 200, 30))):
        Image.new("RGB", (50, 40), colour).save(tmp_path / f"{name}.png")
    assert answer(found, tmp_path / "known.png") == "green 1.0"
    assert answer(found, tmp_path / "odd.png") == "unknown, nearest: green 1.0"


def test_the_program_of_a_torchscript_file_with_a_rule_says_what_is_unknown(card, tmp_path):
    ruled = replace(card, labels=("red", "green", "blue"), unknown_threshold=100.5)

    class Means(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            means = images.float().mean(dim=[1, 2])
            return means, torch.softmax(means, dim=1), means[:, 0]

    path = tmp_path / "model.ts"
    write_torchscript(Means(), ruled, path, ExportOptions())
    images = TensorSpec("images", "uint8", ("N", 32, 32, 3))
    found = describe(path, "torchscript", ruled, (images,), ())
    Image.new("RGB", (50, 40), (101, 200, 30)).save(tmp_path / "odd.png")
    assert answer(found, tmp_path / "odd.png") == "unknown, nearest: green 1.0"


def test_a_checkpoint_is_exported_not_called(small_model):
    found = replace(describe_onnx(small_model), kind="checkpoint")
    assert "`tlx export` makes model files of the run folder" in call_text(found)
    assert "```" not in call_text(found)


def test_the_steps_to_the_input_give_every_number_of_the_rule(small_model):
    found = describe_onnx(small_model)
    steps = preprocessing_text(found).splitlines()
    assert [step[:2] for step in steps] == [f"{number}." for number in range(1, 7)]
    assert "short side of 144 or more" in steps[0]
    assert "resize the short side to 36" in steps[2]
    assert "32 x 32" in steps[3]
    assert "uint8, laid out `[N, S, S, 3]`" in steps[4]
    assert "mean (0.485, 0.456, 0.406)" in steps[5]


def test_steps_that_lie_in_the_graph_are_told_to_lie_there(small_model):
    found = describe_onnx(small_model)
    anything = replace(found, card=replace(found.card, input="uint8-any-size"))
    steps = preprocessing_text(anything).splitlines()
    assert steps[2] == "3. give it as uint8, laid out `[N, H, W, 3]`"
    assert all("inside the graph: " in step for step in steps[3:])
    assert len(steps) == 6
    floats = replace(found, card=replace(found.card, input="float-nchw"))
    assert "float32 in 0..1, laid out `[N, 3, S, S]`" in preprocessing_text(floats)


def test_each_tensor_is_named_with_its_meaning(small_model):
    rows = tensors_text(describe_onnx(small_model)).splitlines()
    assert rows[2].startswith("| in | `images` | `uint8 [N, 32, 32, 3]` | RGB pixels after resize")
    assert rows[4] == (
        "| out | `probabilities` | `float32 [N, 3]` | the softmax of logits / temperature, a "
        "column a label |"
    )
    assert len(rows) == 2 + 1 + 4
