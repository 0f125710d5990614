"""ONNX files of other programs, by a card beside them: read with care, answered as they mean."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

import tlx
from tlx.errors import CardError
from tlx.inference.card import INPUTS, ModelCard
from tlx.inference.card_file import MAX_BYTES, read_card_file
from tlx.inference.card_json import card_from_json, card_to_json
from tlx.inference.graph_input import as_tensor
from tlx.inference.inspection import describe_onnx
from tlx.inference.other_graph import hold_answer
from tlx.inference.session import ModelSession

LABELS = ["red", "green", "blue"]
CONTENT = {
    "schema": 2,
    "labels": LABELS,
    "input": "float-nchw-normalised",
    "preprocessing": {"resize_side": 36, "crop": 32},
}
FLOAT, UINT8 = TensorProto.FLOAT, TensorProto.UINT8


def write_other(
    path: Path,
    given: Any = (FLOAT, ["batch", 3, 32, 32]),
    outputs: dict[str, list] | None = None,
    last: str = "Identity",
    inputs: int = 1,
) -> Path:
    """Write a network of another program: its logits are the means of the channels."""
    node = helper.make_node
    floats = node("Cast", ["input"], ["values"], to=FLOAT)
    axes = [1, 2] if given[1][-1] == 3 else [2, 3]
    shapes = outputs or {"output": ["batch", 3]}
    nodes = [
        floats,
        node("ReduceMean", ["values", "sides"], ["means"], keepdims=0),
        *(node(last, ["means"], [name]) for name in shapes),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [
            helper.make_tensor_value_info(name, *given)
            for name in ("input", "mask", "third")[:inputs]
        ],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in shapes.items()],
        [onnx.numpy_helper.from_array(np.array(axes), "sides")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(made, path)
    return path


@pytest.fixture
def write_card(tmp_path: Path) -> Callable[..., Path]:
    def write(**changes: object) -> Path:
        path = tmp_path / "card.json"
        path.write_text(json.dumps({**CONTENT, **changes}), encoding="utf-8")
        return path

    return write


def refused(model: Path, card: Path) -> str:
    with pytest.raises(CardError) as caught:
        tlx.Classifier(model, card=card)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_pixels_are_normalised_before_the_graph(write_card: Callable, tmp_path: Path):
    card = write_card(
        preprocessing={**CONTENT["preprocessing"], "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}
    )
    classifier = tlx.Classifier(write_other(tmp_path / "a.onnx"), card=card)
    found = classifier.classify(Image.new("RGB", (50, 40), (51, 102, 204)))
    logits = (np.array([0.2, 0.4, 0.8]) - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    assert np.allclose(found.logits, logits, atol=1e-5)
    assert np.allclose(found.probabilities, np.exp(logits) / np.exp(logits).sum(), atol=1e-6)
    assert found.label == "blue"


def test_a_normalised_tensor_is_torchvisions_bit_for_bit(write_card: Callable):
    torch = pytest.importorskip("torch")
    from torchvision.transforms import functional

    card = read_card_file(write_card())
    pixels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    picture = functional.pil_to_tensor(Image.fromarray(pixels[0]))
    scaled = functional.convert_image_dtype(picture, torch.float)
    rule = card.preprocessing
    expected = functional.normalize(scaled, rule.mean, rule.std).numpy()
    assert np.array_equal(as_tensor(pixels, card)[0], expected)


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        ("float-nchw", (FLOAT, ["n", 3, 32, 32])),
        ("float-nchw", (FLOAT, [1, 3, 32, 32])),
        ("float-nchw", (FLOAT, ["n", 3, "height", "width"])),
        ("uint8-nhwc", (UINT8, ["n", 32, 32, 3])),
    ],
)
def test_what_the_graph_takes_is_what_the_card_says(
    write_card: Callable, tmp_path: Path, taken: str, given: tuple
):
    model = write_other(tmp_path / "a.onnx", given)
    classifier = tlx.Classifier(model, card=write_card(input=taken))
    found = classifier.classify(Image.new("RGB", (50, 40), (51, 102, 204)))
    expected = np.array([51, 102, 204]) / (255 if taken == "float-nchw" else 1)
    assert np.allclose(found.logits, expected, atol=1e-5)


def test_temperature_and_sigmoid_are_applied_outside(write_card: Callable, tmp_path: Path):
    model = write_other(tmp_path / "a.onnx")
    picture = Image.new("RGB", (40, 40), (51, 102, 204))
    plain = tlx.Classifier(model, card=write_card()).classify(picture).logits.astype(float)
    cooled = tlx.Classifier(model, card=write_card(temperature=2.0)).classify(picture)
    powers = np.exp(plain / 2)
    assert np.allclose(cooled.probabilities, powers / powers.sum(), atol=1e-6)
    several = tlx.Classifier(model, card=write_card(task="multi-label")).classify(picture)
    assert np.allclose(several.probabilities, 1 / (1 + np.exp(-plain)), atol=1e-6)
    assert {row.label for row in several.chosen} == {"blue"}


def test_many_files_are_answered_as_one(write_card: Callable, tmp_path: Path):
    model, card = write_other(tmp_path / "a.onnx"), write_card()
    paths = [tmp_path / f"{index:02}.png" for index in range(20)]
    for index, path in enumerate(paths):
        Image.new("RGB", (40, 40), (12 * index, 90, 255 - 12 * index)).save(path)
    classifier = tlx.Classifier(model, card=card)
    for outcome in classifier.classify_files(paths):
        alone = classifier.classify(outcome.path)
        assert np.allclose(outcome.prediction.logits, alone.logits, atol=1e-6)


def test_an_output_called_logits_is_taken_among_others(write_card: Callable, tmp_path: Path):
    outputs = {"hidden": ["n", 3], "logits": ["n", 3]}
    model = write_other(tmp_path / "a.onnx", outputs=outputs)
    assert tlx.Classifier(model, card=write_card()).card.labels == tuple(LABELS)


@pytest.mark.parametrize(
    ("graph", "changes", "said"),
    [
        ({}, {"labels": ["a", "b"]}, "has 2 labels, the graph's output 'output' the shape"),
        ({"outputs": {"a": ["n", 3], "b": ["n", 3]}}, {}, "which of the outputs are the logits"),
        ({"inputs": 2}, {}, "has not one input but 2: input, mask"),
        ({}, {"input": "uint8-nhwc"}, "are uint8 [N, 32, 32, 3], the graph takes float32"),
        ({}, {"preprocessing": {"resize_side": 36, "crop": 31}}, "float32 [N, 3, 31, 31]"),
        ({"given": (FLOAT, ["n", 32, 32, 3])}, {}, "the graph takes float32 [n, 32, 32, 3]"),
        ({"last": "Softmax"}, {}, "its output is probabilities"),
        (
            {"last": "Log"},
            {"preprocessing": {"resize_side": 36, "crop": 32, "mean": [0.9, 0.9, 0.9]}},
            "not one number for each",
        ),
        ({}, {"unknown_threshold": 1.5}, "set unknown_threshold to null"),
        ({}, {"input": "uint8-any-size"}, "the graph takes float32"),
    ],
)
def test_a_card_that_disagrees_with_the_graph_is_refused(
    write_card: Callable, tmp_path: Path, graph: dict, changes: dict, said: str
):
    model = write_other(tmp_path / "a.onnx", **graph)
    assert said in refused(model, write_card(**changes))


def test_an_answer_of_another_width_than_the_description_told_is_refused(write_card: Callable):
    card = read_card_file(write_card())
    with pytest.raises(CardError, match=r"answers \[1, 4\] values"):
        hold_answer(card, np.ones((1, 4), np.float32), Path("a.onnx"))


def test_a_file_without_a_card_is_refused_with_the_way_to_give_one(tmp_path: Path):
    model = write_other(tmp_path / "a.onnx")
    with pytest.raises(CardError, match="give one with --card FILE"):
        tlx.Classifier(model)


def test_a_file_with_a_card_takes_no_other(small_model: Path, write_card: Callable):
    assert "has a card of its own; leave --card out" in refused(small_model, write_card())


def test_a_file_of_tlx_that_lost_its_card_takes_it_from_beside(
    write_model: Callable, card: ModelCard, tmp_path: Path
):
    beside = tmp_path / "card.json"
    beside.write_text(card_to_json(card))
    bare = tlx.Classifier(write_model(tmp_path / "a.onnx", card_text=None), card=beside)
    whole = tlx.Classifier(write_model(tmp_path / "b.onnx"))
    picture = Image.new("RGB", (40, 40), (9, 99, 199))
    assert bare.session.explains
    assert np.array_equal(bare.classify(picture).probabilities,
                          whole.classify(picture).probabilities)  # fmt: skip


def test_a_card_beside_that_disagrees_with_a_file_of_tlx_is_what_is_to_be_corrected(
    write_model: Callable, card: ModelCard, tmp_path: Path
):
    beside = tmp_path / "card.json"
    rule = replace(card.preprocessing, crop=card.preprocessing.crop - 1)
    beside.write_text(card_to_json(replace(card, preprocessing=rule)))
    text = refused(write_model(tmp_path / "a.onnx", card_text=None), beside)
    assert text.endswith("; correct the card (docs/card.md)")


def test_a_card_comes_out_of_what_inspect_prints(
    small_model: Path, card: ModelCard, tmp_path: Path
):
    found = describe_onnx(small_model)
    content = {"path": "model.onnx", "kind": found.kind, "card": asdict(card)}
    (tmp_path / "card.json").write_text("\ufeff" + json.dumps(content), encoding="utf-8")
    assert read_card_file(tmp_path / "card.json") == card


def test_the_card_that_the_documentation_shows_is_one(tmp_path: Path):
    text = (Path(__file__).parents[2] / "docs" / "card.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```", text, re.S | re.M)
    (tmp_path / "card.json").write_text(shown, encoding="utf-8")
    card = read_card_file(tmp_path / "card.json")
    assert card.labels == ("cat", "dog", "horse")
    for taken in INPUTS[:2] + INPUTS[3:]:
        assert f"| `{taken}` |" in text


def test_a_card_without_provenance_says_that_nothing_is_known(write_card: Callable):
    origin = read_card_file(write_card()).provenance
    assert origin.adopted
    assert (origin.tlx, origin.architecture, origin.weights_sha256) == ("unknown", "unknown", None)


def test_a_card_in_a_file_cannot_ask_for_normalised_pictures(
    write_model: Callable, card: ModelCard, tmp_path: Path
):
    text = card_to_json(replace(card, input="float-nchw-normalised"))
    with pytest.raises(CardError, match="in a file of tlx cannot have the input"):
        ModelSession(write_model(tmp_path / "a.onnx", card_text=text))
    assert card_from_json(text, beside=True).input == "float-nchw-normalised"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "no card, for it is not UTF-8 text"),
        (b"", "the card is not JSON"),
        (b"[]", "no schema number"),
        (b'{"card": 7}', "no schema number"),
        (b'{"labels": ["a", "b"]}', "no schema number"),
        (b" " * (MAX_BYTES + 1), "are more than a card's"),
    ],
    ids=["bytes", "empty", "list", "number", "no schema", "megabytes"],
)
def test_a_file_that_is_no_card_is_refused_by_its_name(tmp_path: Path, content: bytes, said: str):
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(CardError) as caught:
        read_card_file(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_card_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(CardError, match="no such file"):
        read_card_file(tmp_path / "card.json")
    with pytest.raises(CardError, match="no file but a folder"):
        read_card_file(tmp_path)
