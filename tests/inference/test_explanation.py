"""Activation maps laid over pictures: against torch, and where they come to lie."""

import numpy as np
import pytest
from PIL import Image

import tlx
from tlx.errors import ModelFileError
from tlx.inference.explanation import SHORTEST, Explanation, colours, explain, seen_region
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.inference.session import ModelSession

MODULES = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"]
RULE = Preprocessing(resize_side=36, crop=32)


def _assert_as_in_torch(run, model_file, pictures):
    import torch

    from tlx.training.checkpoint import load_checkpoint, restore_network

    session = ModelSession(model_file)
    checkpoint = load_checkpoint(run / "best.pt")
    model = restore_network(checkpoint).eval()
    for path in pictures:
        pixels = preprocess(path, session.card.preprocessing)
        with torch.no_grad():
            features = model.normalise(torch.from_numpy(pixels[None]))
            for name in MODULES:
                features = getattr(model.network, name)(features)
            expected = torch.einsum("cf,fhw->chw", model.network.fc.weight, features[0]).numpy()
        explained = explain(session, path, session.card.labels)
        maps = np.stack([one.activation_map for one in explained])
        assert maps.shape == expected.shape
        assert np.abs(maps - expected).max() <= 1e-4 * np.abs(expected).max()
        assert [one.label for one in explained] == list(session.card.labels)
    return maps.shape


def test_a_map_is_the_one_that_torch_computes_from_the_checkpoint(exported_run, split_folder):
    pictures = sorted(split_folder.glob("test/*/00[0-2].jpg"))
    _assert_as_in_torch(exported_run, exported_run / "model.onnx", pictures)


@pytest.mark.slow
def test_a_map_of_several_places_is_so_too(light_run, split_folder):
    from tlx.export.options import ExportOptions

    tlx.export(light_run, options=ExportOptions(formats=("onnx",), imgsz=96))
    pictures = sorted(split_folder.glob("test/*/00[0-2].jpg"))
    shape = _assert_as_in_torch(light_run, light_run / "model.onnx", pictures)
    assert shape == (3, 3, 3)


def test_a_map_s_mean_and_the_answer_are_those_of_the_classifier(model_file, split_folder):
    classifier = tlx.Classifier(model_file)
    path = split_folder / "test" / "red" / "000.jpg"
    prediction = classifier.classify(path)
    (one,) = explain(classifier.session, path, [prediction.label])
    assert one.probability == pytest.approx(prediction.probability, abs=1e-6)
    assert one.label == prediction.label


@pytest.mark.parametrize("size", [(48, 40), (40, 48), (32, 32), (500, 333), (3, 300)])
def test_the_region_is_the_part_that_preprocessing_keeps(size):
    """The left half red, the right half blue: the seam stands where the region says."""
    width, height = size
    left, top, right, bottom = seen_region(size, RULE)
    assert right - left == pytest.approx(bottom - top, rel=0.02)
    assert 0 <= left < right <= width + 1
    assert 0 <= top < bottom <= height + 1
    ramp = np.linspace(0, 255, width if width >= height else height)
    along = ramp if width >= height else ramp[:, None]
    pixels = np.broadcast_to(along, (height, width)).astype(np.uint8)
    kept = preprocess(np.repeat(pixels[..., None], 3, axis=2), RULE).astype(float)
    first, last = (
        (kept[:, 0, 0], kept[:, -1, 0]) if width >= height else (kept[0, :, 0], kept[-1, :, 0])
    )
    start, end, length = (left, right, width) if width >= height else (top, bottom, height)
    pixel = (end - start) / RULE.crop
    assert first.mean() == pytest.approx(255 * (start + pixel / 2) / length, abs=255 / length + 2)
    assert last.mean() == pytest.approx(255 * (end - pixel / 2) / length, abs=255 / length + 2)


def _explanation(activation_map, size=(400, 300), region=(60, 10, 340, 290)):
    picture = Image.new("RGB", size, (40, 160, 80))
    return Explanation("a", 0.5, np.asarray(activation_map, np.float32), picture, region)


def test_the_highest_value_is_brightest_at_its_place_and_outside_is_dark_and_grey():
    values = np.zeros((7, 7))
    values[1, 5] = 3
    shown = np.asarray(_explanation(values).overlay()).astype(int)
    assert shown.shape == (300, 400, 3)
    outside = np.concatenate([shown[:, :60], shown[:, 341:]], axis=1)
    assert (outside == outside[..., :1]).all()
    assert outside.max() < 60
    sums = shown[12:288, 62:338].sum(axis=2)
    row, column = np.unravel_index(sums.argmax(), sums.shape)
    assert abs(row + 12 - (10 + 1.5 * 40)) < 6
    assert abs(column + 62 - (60 + 5.5 * 40)) < 6


def test_a_flat_map_colours_nothing_more_than_the_rest():
    shown = np.asarray(_explanation(np.full((7, 7), 2.0)).overlay())[15:285, 65:335]
    assert (shown == shown[0, 0]).all()


def test_small_pictures_are_scaled_up_and_large_ones_down():
    small = _explanation(np.eye(2), (48, 40), (4, 0, 44, 40)).overlay()
    assert small.size == (SHORTEST, round(SHORTEST * 40 / 48))
    large = _explanation(np.eye(2), (3000, 1500), (750, 0, 2250, 1500)).overlay(longest=600)
    assert large.size == (600, 300)


def test_a_turned_picture_is_explained_upright(model_file, split_folder, tmp_path):
    path = split_folder / "test" / "red" / "000.jpg"
    with Image.open(path) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        image.save(tmp_path / "turned.png", exif=exif)
        width, height = image.size
    (one,) = explain(ModelSession(model_file), tmp_path / "turned.png", ["red"])
    assert one.picture.size == (height, width)
    assert one.overlay().height > one.overlay().width


def test_colours_grow_brighter_evenly():
    shades = colours(np.linspace(0, 1, 50)) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(shades) > 0).all()


def test_a_file_without_maps_is_refused(write_model, card, tmp_path):
    path = write_model(tmp_path / "m.onnx")
    import onnx

    model = onnx.load(path)
    kept = [output for output in model.graph.output if output.name in ("logits", "probabilities")]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    onnx.save(model, path)
    with pytest.raises(ModelFileError, match="has no activation maps; export it again"):
        explain(ModelSession(path), np.zeros((40, 40, 3), np.uint8), ["red"])
