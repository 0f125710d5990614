"""A graph that resizes by itself makes of a picture what Pillow does, but for the rounding."""

from collections.abc import Callable
from functools import partial

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from PIL import Image
from sklearn.datasets import load_sample_images

import tlx
from tlx.errors import PictureError
from tlx.export.any_size import embed_resize
from tlx.inference.inspection import describe_onnx
from tlx.inference.preprocessing import Preprocessing, resize_and_crop
from tlx.inference.session import ModelSession
from tlx.samples.folders import label_folders

SIZES = {
    "landscape": (640, 427),
    "portrait": (300, 427),
    "square": (256, 256),
    "odd": (257, 201),
    "smaller": (40, 33),
    "tiny": (3, 2),
    "one row": (60, 1),
    "as large as the side": (110, 110),
    "wide": (640, 90),
}
RULES = (Preprocessing(37, 32), Preprocessing(110, 96), Preprocessing(256, 224))

Resize = Callable[[np.ndarray, Preprocessing], np.ndarray]


def _resizing_graph(rule: Preprocessing) -> onnx.ModelProto:
    """Put the resize in front of a graph that does nothing."""
    shape = ["N", rule.crop, rule.crop, 3]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["images"], ["pixels"])],
        "nothing",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape)],
    )
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    embed_resize(model, rule)
    onnx.checker.check_model(model, full_check=True)
    return model


@pytest.fixture(scope="module")
def resize() -> Resize:
    sessions = {
        rule: onnxruntime.InferenceSession(_resizing_graph(rule).SerializeToString())
        for rule in RULES
    }

    def run(images: np.ndarray, rule: Preprocessing) -> np.ndarray:
        return sessions[rule].run(None, {"images": images})[0]

    return run


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    return load_sample_images().images[0]  # uint8 [427, 640, 3]


def _levels_off(resize: Resize, pixels: np.ndarray, rule: Preprocessing) -> np.ndarray:
    expected = resize_and_crop(Image.fromarray(pixels), rule)
    (found,) = resize(pixels[None], rule)
    assert found.shape == expected.shape == (rule.crop, rule.crop, 3)
    return np.abs(found.astype(int) - expected)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.crop))
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_photograph_of_any_shape_is_off_by_a_level_at_most(resize, photograph, size, rule):
    width, height = size
    off = _levels_off(resize, photograph[-height:, :width], rule)
    assert off.max() <= 1
    assert (off > 0).mean() < 0.05


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.crop))
def test_hardly_a_value_of_a_large_photograph_differs(resize, photograph, rule):
    off = _levels_off(resize, photograph, rule)
    assert (off > 0).mean() < 1e-3


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.crop))
def test_a_picture_far_higher_than_wide_is_resized_in_another_order_perhaps(
    resize, photograph, rule
):
    off = _levels_off(resize, photograph[:, 100:180], rule)
    assert off.max() <= 1
    assert (off > 0).mean() < 0.3  # newer Pillow takes the vertical pass first


def test_noise_of_many_sizes_is_off_by_two_levels_at_most(resize):
    chance = np.random.default_rng(0)
    shares: list[float] = []
    for size in range(20, 240, 11):
        for shape in ((size, size, 3), (size, 4 * size // 3, 3), (4 * size // 3, size, 3)):
            noise = chance.integers(0, 256, shape, dtype=np.uint8)
            off = _levels_off(resize, noise, RULES[1])
            assert off.max() <= 2
            shares.append(float((off > 0).mean()))
    assert np.mean(shares) < 0.02
    assert max(shares) < 0.1


def test_pictures_of_one_size_are_resized_in_one_batch(resize, photograph):
    batch = np.stack([photograph[:200, at : at + 300] for at in (0, 100, 300)])
    together = resize(batch, RULES[1])
    alone = [resize(image[None], RULES[1])[0] for image in batch]
    assert np.array_equal(together, alone)
    assert len({one.tobytes() for one in alone}) == 3


def _with_a_fault(model: onnx.ModelProto, fault: Callable[[onnx.GraphProto], None]) -> Resize:
    fault(model.graph)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return lambda images, _rule: session.run(None, {"images": images})[0]


def _resize_otherwise(changes: dict[str, object], graph: onnx.GraphProto) -> None:
    (node,) = (node for node in graph.node if node.op_type == "Resize")
    kept = [attribute for attribute in node.attribute if attribute.name not in changes]
    del node.attribute[:]
    node.attribute.extend([*kept, *(helper.make_attribute(*pair) for pair in changes.items())])


@pytest.mark.parametrize(
    "changes",
    [
        {"antialias": 0, "exclude_outside": 0},
        {"mode": "cubic"},
        {"mode": "nearest", "antialias": 0, "exclude_outside": 0},
        {"coordinate_transformation_mode": "asymmetric"},
        {"coordinate_transformation_mode": "align_corners"},
    ],
)
def test_any_other_resize_is_off_by_far_more(photograph, changes):
    faulty = _with_a_fault(_resizing_graph(RULES[1]), partial(_resize_otherwise, changes))
    assert _levels_off(faulty, photograph, RULES[1]).max() > 20


def test_the_file_takes_pictures_of_any_size_and_says_so(any_size_file):
    described = describe_onnx(any_size_file)
    assert described.inputs[0].shape == ("N", "H", "W", 3)
    assert described.card.input == "uint8-any-size"
    assert {name.version for name in onnx.load(any_size_file).opset_import} == {18}


def test_pictures_are_classified_through_it_as_through_the_plain_file(
    any_size_file, model_file, split_folder
):
    samples = label_folders(split_folder / "test")
    paths = [sample.path for sample in samples]
    found = list(tlx.Classifier(any_size_file).classify_files(paths))
    expected = list(tlx.Classifier(model_file).classify_files(paths))
    off = [
        abs(one.prediction.probability - other.prediction.probability)
        for one, other in zip(found, expected, strict=True)
    ]
    assert 0 < max(off) < 0.02  # a level here and there
    assert [one.prediction.label for one in found] == [one.prediction.label for one in expected]


def test_its_card_tells_of_the_whole_path_and_not_of_pictures_that_pillow_resized(
    any_size_file, model_file, split_folder
):
    said = describe_onnx(any_size_file).card.verification
    plain = describe_onnx(model_file).card.verification
    assert said.limit is None
    assert plain.max_probability_difference <= plain.limit < said.max_probability_difference < 0.02
    assert (said.agreement, said.pictures) == (1.0, plain.pictures)


def test_pictures_of_different_sizes_go_in_one_call(any_size_file, photograph):
    session = ModelSession(any_size_file)
    images = [photograph, photograph[:200, :300], photograph[100:300, :300], photograph[:90]]
    together = session.run(images)
    for index, image in enumerate(images):
        alone = session.run(image[None])
        np.testing.assert_allclose(together.logits[index], alone.logits[0], rtol=0, atol=1e-4)
    assert together.features.shape[0] == 4


def test_a_strip_that_no_file_takes_is_a_bad_row_here_too(any_size_file):
    with pytest.raises(PictureError, match="a shape beyond 1:200"):
        tlx.Classifier(any_size_file).classify(Image.new("RGB", (1, 400)))
