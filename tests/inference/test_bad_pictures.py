"""Whatever is wrong with a picture is a PictureError with a reason, never another exception."""

import os
import random
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlx.errors import PictureError
from tlx.inference.picture import decode

SIDE = 32


def encoded(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(values).convert(mode).save(file, kind, **options)
    return file.getvalue()


def reason(picture: Any) -> str:
    with pytest.raises(PictureError) as caught:
        decode(picture, SIDE)
    assert "\n" not in str(caught.value)
    return caught.value.reason


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path):
    assert reason(written(tmp_path / "empty.jpg", b"")) == "empty file (0 bytes)"
    assert reason(b"") == "empty file (0 bytes)"


def test_a_text_file_named_jpg_is_no_known_format(tmp_path: Path):
    path = written(tmp_path / "note.jpg", b"this is a note, not a picture\n")
    assert reason(path) == "not a picture in a known format"


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_a_truncated_picture_cannot_be_decoded(kind: str, share: float):
    content = encoded(kind)
    assert reason(content[: int(share * len(content))]) != ""


def test_a_truncated_jpeg_is_said_to_be_truncated():
    content = encoded("JPEG")
    assert "truncated" in reason(content[: len(content) // 2])


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    assert reason(tmp_path / "nowhere.jpg") == "no such file"
    assert reason(str(tmp_path / "nowhere" / "at-all.jpg")) == "no such file"


def test_a_folder_is_said_to_be_a_folder(tmp_path: Path):
    assert reason(tmp_path) == "a folder"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs on this system")
def test_a_fifo_is_refused_without_waiting_for_it(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason(tmp_path / "pipe.jpg") == "not a regular file"


def test_a_file_in_the_place_of_a_folder_is_a_reason(tmp_path: Path):
    path = written(tmp_path / "file", b"x")
    assert reason(path / "picture.jpg") != ""


@pytest.mark.parametrize("name", ["x" * 300 + ".jpg", "a\0b.jpg"])
def test_a_name_that_no_file_can_have_is_a_reason(tmp_path: Path, name: str):
    assert "cannot be read" in reason(tmp_path / name)


def test_floating_point_pixels_are_refused():
    file = BytesIO()
    Image.fromarray(np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)).save(file, "TIFF")
    assert "floating-point" in reason(file.getvalue())


@pytest.mark.parametrize("value", [65536, 2**31 - 1, -1])
def test_values_beyond_16_bit_are_refused(value: int):
    file = BytesIO()
    Image.fromarray(np.array([[0, value]], np.int32)).save(file, "TIFF")
    assert "beyond 16 bit" in reason(file.getvalue())


def test_a_picture_too_large_for_memory_is_refused():
    header = encoded("PPM").replace(b"60 40", b"60000 40000")
    assert "more than 100,000,000 pixels" in reason(header)


def test_the_text_names_the_file_and_the_reason_does_not(tmp_path: Path):
    path = written(tmp_path / "empty.jpg", b"")
    with pytest.raises(PictureError) as caught:
        decode(path, SIDE)
    assert str(caught.value) == f"{path}: empty file (0 bytes)"
    assert caught.value.name == str(path)
    assert str(path) not in caught.value.reason


def test_a_pillow_image_whose_file_was_closed_is_a_reason(tmp_path: Path):
    path = written(tmp_path / "picture.png", encoded("PNG"))
    with Image.open(path) as image:
        pass
    assert "cannot be decoded" in reason(image)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"mode": "CMYK"}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("PNG", {"mode": "P"}),
        ("GIF", {"mode": "P"}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {}),
        ("BMP", {}),
        ("PPM", {}),
    ],
)
def test_a_damaged_file_is_a_picture_or_a_reason_and_nothing_else(
    kind: str, options: dict[str, Any]
):
    whole, chance = encoded(kind, **options), random.Random(0)
    refused = 0
    for _ in range(120):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            # Headers, where most of a decoder's decisions lie, stand at the front.
            damaged[chance.randrange(min(len(damaged), 300))] = chance.randrange(256)
        try:
            assert decode(bytes(damaged), SIDE).mode == "RGB"
        except PictureError as error:
            assert error.reason
            refused += 1
    assert refused > 0
