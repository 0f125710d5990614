"""Every picture is read once: what it holds, or why it is left out, in order."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tlx.samples import reading
from tlx.samples.near_duplicates import THUMBNAIL_BYTES
from tlx.samples.reading import ReadSample, read_all
from tlx.samples.sample import Sample

SIDE = 36


@pytest.fixture
def samples(tmp_path: Path, write_pictures: Callable[..., Path]) -> list[Sample]:
    """Thirty readable pictures."""
    root = write_pictures(tmp_path / "colours", 10)
    return [Sample(path, path.parent.name) for path in sorted(root.glob("*/*.jpg"))]


def broken(sample: Sample, content: bytes) -> Sample:
    sample.path.write_bytes(content)
    return sample


def test_good_pictures_come_in_order_with_the_hash_of_their_bytes(samples: list[Sample]):
    rows = list(read_all(samples, SIDE))
    assert rows == [
        ReadSample(sample, hashlib.sha256(sample.path.read_bytes()).hexdigest(), None)
        for sample in samples
    ]
    assert len({row.sha256 for row in rows}) == len(samples)


def test_a_bad_picture_is_a_row_with_its_reason_in_its_place(samples: list[Sample]):
    broken(samples[3], b"")
    broken(samples[7], b"not a picture")
    broken(samples[11], samples[11].path.read_bytes()[:-600])
    samples[15].path.unlink()
    rows = list(read_all(samples, SIDE))
    assert [row.sample for row in rows] == samples
    assert [row.error is not None for row in rows] == [
        index in {3, 7, 11, 15} for index in range(len(samples))
    ]
    assert rows[3].error == "empty file (0 bytes)"
    assert rows[7].error == "not a picture in a known format"
    assert "truncated" in str(rows[11].error)
    assert rows[15].error == "no such file"
    assert {rows[index].sha256 for index in (3, 7, 11, 15)} == {""}


def test_a_shape_that_cannot_be_classified_is_left_out(tmp_path: Path):
    Image.new("RGB", (2, 402)).save(tmp_path / "strip.png")
    (row,) = read_all([Sample(tmp_path / "strip.png", "cat")], SIDE)
    assert row.error == "2 x 402 pixels is a shape beyond 1:200"


def test_reading_changes_no_file(samples: list[Sample]):
    before = [(sample.path.read_bytes(), sample.path.stat().st_mtime_ns) for sample in samples]
    list(read_all(samples, SIDE))
    after = [(sample.path.read_bytes(), sample.path.stat().st_mtime_ns) for sample in samples]
    assert after == before


def test_no_samples_give_no_rows():
    assert list(read_all([], SIDE)) == []


def test_reading_that_is_given_up_leaves_most_pictures_unread(
    samples: list[Sample], monkeypatch: pytest.MonkeyPatch
):
    read: list[Path] = []
    read_bytes = reading.read_bytes

    def counted(path: Path) -> bytes:
        read.append(path)
        return read_bytes(path)

    monkeypatch.setattr(reading, "read_bytes", counted)
    monkeypatch.setattr(reading, "available_cores", lambda: 1)
    rows: Iterator[ReadSample] = read_all(samples * 40, SIDE)
    next(rows)
    rows.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(read) < len(samples) * 20


def test_good_pictures_can_be_kept_while_they_are_open(samples: list[Sample]):
    broken(samples[3], b"")
    kept: dict[Path, tuple[str, str, tuple[int, int]]] = {}

    def keep(path: Path, sha256: str, picture: Image.Image) -> None:
        kept[path] = (sha256, picture.mode, picture.size)

    rows = list(read_all(samples, SIDE, keep))
    good = [row for row in rows if row.error is None]
    assert kept == {row.sample.path: (row.sha256, "RGB", (48, 40)) for row in good}
    assert len(good) == len(samples) - 1


def test_good_pictures_have_a_thumbnail_and_bad_ones_none(samples: list[Sample]):
    broken(samples[3], b"")
    sizes = {len(row.thumbnail) for row in read_all(samples, SIDE) if row.error is None}
    assert sizes == {THUMBNAIL_BYTES}
    assert list(read_all(samples, SIDE))[3].thumbnail == b""
