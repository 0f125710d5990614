"""The checkpoint's side of a verification, which shares no preprocessing with the file's side."""

import struct
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlx.errors import DataError
from tlx.export.answers import STAGES
from tlx.export.reference import (
    ComparisonProgress,
    compute_reference,
    decode_again,
    prepare,
    prepared_pixels,
    reference_stages,
)
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.events import finish
from tlx.inference.picture import decode
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.training.checkpoint import Checkpoint, load_checkpoint, restore_network
from tlx.training.resnet import build_resnet

RULE = Preprocessing(37, 32)


def _noise(size: tuple[int, int], channels: int, kind: type = np.uint8) -> np.ndarray:
    values = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (*size[::-1], channels))
    return values.astype(kind).squeeze()


def _rgb(size: tuple[int, int] = (60, 45)) -> Image.Image:
    return Image.fromarray(_noise(size, 3))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _saved(_rgb(), "JPEG", exif=exif)


PICTURES = {
    "jpeg": _saved(_rgb(), "JPEG"),
    "large jpeg": _saved(_rgb((640, 480)), "JPEG"),
    "large grey jpeg": _saved(_rgb((640, 480)).convert("L"), "JPEG"),
    "cmyk jpeg": _saved(_rgb().convert("CMYK"), "JPEG"),
    "png": _saved(_rgb(), "PNG"),
    "grey png": _saved(_rgb().convert("L"), "PNG"),
    "black and white png": _saved(_rgb().convert("1"), "PNG"),
    "alpha png": _saved(Image.fromarray(_noise((60, 45), 4)), "PNG"),
    "grey alpha png": _saved(Image.fromarray(_noise((60, 45), 4)).convert("LA"), "PNG"),
    "palette png": _saved(_rgb().quantize(32), "PNG"),
    "transparent palette png": _saved(_rgb().quantize(32), "PNG", transparency=4),
    "transparent colour png": _saved(_rgb(), "PNG", transparency=(1, 2, 3)),
    "16-bit png": _saved(Image.fromarray(_noise((60, 45), 1, np.uint16)), "PNG"),
    "16-bit tiff": _saved(Image.fromarray(_noise((60, 45), 1, np.uint16)), "TIFF"),
    "webp": _saved(_rgb(), "WEBP", lossless=True),
    "gif": _saved(_rgb().quantize(16), "GIF", transparency=2),
    "bmp": _saved(_rgb(), "BMP"),
    "tiny png": _saved(_rgb((3, 2)), "PNG"),
    "strip": _saved(_rgb((400, 8)), "PNG"),
} | {f"orientation {number}": _turned(number) for number in range(1, 9)}


@pytest.mark.parametrize("name", PICTURES)
def test_decoding_written_twice_gives_the_same_pixels(name, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(PICTURES[name])
    again = decode_again(path, RULE.resize_side)
    assert again.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(again), np.asarray(decode(path, RULE.resize_side)))


@pytest.mark.parametrize("name", PICTURES)
def test_torchvisions_preset_gives_our_pixels_bit_for_bit(name, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(PICTURES[name])
    pixels = preprocess(path, RULE)
    np.testing.assert_array_equal(prepared_pixels(path, RULE), pixels)
    plain = torch.from_numpy(pixels).permute(2, 0, 1).float().div(255)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (RULE.mean, RULE.std))
    assert prepare(path, RULE).equal(plain.sub(mean).div(std))


@pytest.fixture(scope="module")
def paths(split_folder) -> list[Path]:
    return sorted((split_folder / "test").glob("*/00[0-2].jpg"))


def test_the_answers_are_the_eager_networks(light_run, paths, features):
    checkpoint = load_checkpoint(light_run / "best.pt")
    reference = finish(compute_reference(checkpoint, paths))
    model = restore_network(checkpoint)
    images = torch.stack([torch.from_numpy(preprocess(p, RULE)) for p in paths])
    with torch.no_grad():
        logits = model(images)
    found = reference.answers
    np.testing.assert_allclose(found.logits, logits.numpy(), rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        found.probabilities, logits.softmax(dim=1).numpy(), rtol=0, atol=1e-6
    )
    assert found.features.shape == (9, features)
    assert found.activation_maps.shape == (9, 3, 1, 1)
    assert reference.paths == tuple(paths)


def test_its_own_distance_from_double_precision_is_small_and_not_zero(light_run, paths):
    checkpoint = load_checkpoint(light_run / "best.pt")
    reference = finish(compute_reference(checkpoint, paths))
    assert 0 < reference.eager_distance < 1e-5
    assert next(reference.network.parameters()).dtype == torch.float32


def test_progress_comes_a_batch(light_run, paths):
    events = list(compute_reference(load_checkpoint(light_run / "best.pt"), paths))
    assert events == [
        ComparisonProgress("checkpoint", 8, 9),
        ComparisonProgress("checkpoint", 9, 9),
    ]


@pytest.mark.parametrize("content", [None, b"", b"no picture", PICTURES["jpeg"][:500]])
def test_a_picture_that_cannot_be_read_any_more_is_named(light_run, tmp_path, content):
    path = tmp_path / "picture.jpg"
    if content is not None:
        path.write_bytes(content)
    checkpoint = load_checkpoint(light_run / "best.pt")
    with pytest.raises(DataError, match=r"picture\.jpg cannot be read any more") as caught:
        finish(compute_reference(checkpoint, [path]))
    assert "\n" not in str(caught.value)


def test_every_stage_of_the_network_is_computed_in_order(light_run, paths, features):
    checkpoint = load_checkpoint(light_run / "best.pt")
    reference = finish(compute_reference(checkpoint, paths))
    stages = reference_stages(reference, 4)
    assert (*stages, "unknown score") == STAGES[3:]  # which is there with a rule alone
    assert stages["normalisation"].shape == (1, 3, 32, 32)
    np.testing.assert_allclose(stages["logits"], reference.answers.logits[4:5], atol=1e-5)
    assert stages["stem"].shape[1] == features // 8
    assert stages["layer4"].shape[1] == features


def test_temperature_and_several_labels_count_on_this_side_too(paths):
    provenance = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
    card = ModelCard(("a", "b", "c"), RULE, provenance, temperature=2.0)
    torch.manual_seed(0)
    weights = dict(build_resnet("resnet18", 3).state_dict())
    soft = finish(compute_reference(Checkpoint(card, 1, weights, {}), paths[:2])).answers
    several = replace(card, task="multi-label")
    single = finish(compute_reference(Checkpoint(several, 1, weights, {}), paths[:2])).answers
    logits = torch.from_numpy(soft.logits)
    torch.testing.assert_close(torch.from_numpy(soft.probabilities), (logits / 2).softmax(dim=1))
    torch.testing.assert_close(torch.from_numpy(single.probabilities), (logits / 2).sigmoid())


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "RGB"])
@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_a_turned_uncompressed_tiff_is_decoded_alike(mode, orientation, tmp_path):
    path = tmp_path / "scan.tif"
    exif = Image.Exif()
    exif[0x0112] = orientation
    _rgb().convert(mode).save(path, exif=exif)
    assert np.array_equal(decode(path, 37), decode_again(path, 37))


def test_an_orientation_that_is_no_number_is_none_on_both_sides(tmp_path):
    path = tmp_path / "odd.jpg"
    entry = struct.pack("<HHI4s", 0x0112, 2, 2, b"6\0")  # type 2: text
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    path.write_bytes(_saved(_rgb(), "JPEG", exif=exif))
    assert decode(path, 37).size == (60, 45)
    assert np.array_equal(decode(path, 37), decode_again(path, 37))
