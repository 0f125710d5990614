"""What the check learns of a file is what decoding it in full would tell."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlx.errors import PictureError
from tlx.inference.picture import decode_bytes
from tlx.samples.picture_facts import read_facts
from tlx.samples.sample import Sample


def error_in_full(content: bytes) -> str | None:
    try:
        decode_bytes(content, 256)
    except PictureError as error:
        return error.reason
    return None


def damaged(content: bytes, chance: np.random.Generator) -> bytes:
    """Cut a file somewhere, or write other bytes into it, half the time into its header."""
    if chance.random() < 0.5:
        return content[: chance.integers(3, len(content))]
    made = bytearray(content)
    for place in chance.integers(3, 700 if chance.random() < 0.5 else len(made), 4):
        made[place] = chance.integers(256)
    return bytes(made)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_damaged_jpeg_has_the_error_of_decoding_it_in_full(
    tmp_path: Path, scene: Callable[..., Image.Image], progressive: bool
):
    file, chance = BytesIO(), np.random.default_rng(0)
    scene(1).resize((500, 400)).save(file, "JPEG", progressive=progressive, quality=90)
    samples = [Sample(tmp_path / f"{number}.jpg", "") for number in range(60)]
    for sample in samples:
        sample.path.write_bytes(damaged(file.getvalue(), chance))
    rows = list(read_facts(samples))
    assert [row.error for row in rows] == [error_in_full(s.path.read_bytes()) for s in samples]
    assert 20 < sum(row.error is not None for row in rows) < 60
    assert all(bool(row.sketch) == (row.error is None) for row in rows)


def test_what_is_plain_is_told_and_so_is_what_is_not(
    tmp_path: Path, scene: Callable[..., Image.Image]
):
    pictures = [Image.new("RGB", (60, 90), "white"), scene(2)]
    samples = [Sample(tmp_path / f"{number}.png", "") for number in range(40)]
    for number, sample in enumerate(samples):
        pictures[number % 3 != 0].save(sample.path)
    samples[0].path.write_bytes(b"no picture")
    rows = list(read_facts(samples))
    assert [row.sample for row in rows] == samples
    assert [row.plain for row in rows] == [number % 3 == 0 < number for number in range(40)]
