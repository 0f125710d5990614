"""Slices: by size in thirds, by sub-folder, by a column."""

from pathlib import Path

import pytest
from PIL import Image

from tlx.evaluation.metrics import wilson_interval
from tlx.evaluation.picture_sizes import read_sizes
from tlx.evaluation.scored_picture import ScoredLabels, ScoredPicture
from tlx.evaluation.slices import FEW, slice_up
from tlx.samples.sample import Sample


def row(path: str, right: bool = True, side: int | None = None) -> ScoredPicture:
    size = None if side is None else (side, side + 7)
    return ScoredPicture(path, "cat", "cat" if right else "dog", 0.5, 0.5, 0.1, size)


def sliced(
    rows: list[ScoredPicture], **columns: dict[Path, str]
) -> list[tuple[str, str, int, float]]:
    samples = [Sample(Path(one.path), one.truth) for one in rows]
    found = slice_up(rows, samples, columns, multi_label=False)
    return [(one.by, one.name, one.pictures, one.score) for one in found]


def test_pictures_are_cut_in_thirds_by_their_short_side_the_worst_first():
    rows = [row(f"d/cat/{side}.jpg", side >= 200, side) for side in range(100, 400)]
    assert sliced(rows) == [
        ("short side", "under 200 px", 100, 0.0),
        ("short side", "200 to under 300 px", 100, 1.0),
        ("short side", "300 px and more", 100, 1.0),
    ]


def several(path: str, right: bool = True, side: int | None = None) -> ScoredLabels:
    """A picture of the labels cat and dog; where it is not right the dog was missed."""
    size = None if side is None else (side + 7, side)
    said = ("cat", "dog") if right else ("cat",)
    return ScoredLabels(path, ("cat", "dog"), said, "dog", 0.5, 0.7, 0.4, size)


def test_of_several_labels_the_exact_match_is_sliced_by_size_and_column():
    rows = [several(f"d/{side}.jpg", side >= 200, side) for side in range(100, 400)]
    samples = [Sample(Path(one.path), "cat|dog") for one in rows]
    names = ["first"] * 150 + ["second"] * 150
    days = {sample.path: name for sample, name in zip(samples, names, strict=True)}
    found = slice_up(rows, samples, {"day": days}, multi_label=True)
    assert [(one.by, one.name, one.pictures, one.score) for one in found] == [
        ("short side", "under 200 px", 100, 0.0),
        ("short side", "200 to under 300 px", 100, 1.0),
        ("short side", "300 px and more", 100, 1.0),
        ("day", "first", 150, pytest.approx(50 / 150)),
        ("day", "second", 150, 1.0),
    ]


def test_of_several_labels_folders_are_no_labels_though_one_is_called_so():
    rows = [several("d/cat/1.jpg"), several("d/cat/a/2.jpg", right=False), several("d/x/3.jpg")]
    labels = ("cat", "cat", "cat|dog")
    samples = [Sample(Path(one.path), label) for one, label in zip(rows, labels, strict=True)]
    found = slice_up(rows, samples, {}, multi_label=True)
    assert [(one.by, one.name, one.score) for one in found] == [
        ("folder", "cat/a", 0.0),
        ("folder", "cat", 1.0),
        ("folder", "x", 1.0),
    ]


def test_equal_sizes_make_no_slices():
    assert sliced([row(f"d/cat/{index}.jpg", side=100) for index in range(9)]) == []
    assert sliced([row(f"d/cat/{index}.jpg") for index in range(9)]) == []


def test_folders_below_the_label_are_slices():
    rows = [row("d/cat/a/1.jpg"), row("d/cat/b/c/2.jpg", right=False), row("d/cat/3.jpg")]
    assert sliced(rows) == [
        ("folder", "b/c", 1, 0.0),
        ("folder", ".", 1, 1.0),
        ("folder", "a", 1, 1.0),
    ]


def test_without_label_folders_those_below_the_common_one_are_slices():
    rows = [row("/d/one/1.jpg"), row("/d/two/2.jpg", right=False)]
    assert sliced(rows) == [("folder", "two", 1, 0.0), ("folder", "one", 1, 1.0)]


def test_a_columns_values_are_slices_and_many_numbers_thirds():
    rows = [row(f"d/cat/{index}.jpg", index < 20) for index in range(30)]
    paths = [Path(one.path) for one in rows]
    values = dict(zip(paths, ["x", "", *["y"] * 28], strict=True))
    numbers = {path: str(index / 2) for index, path in enumerate(paths)}
    found = sliced(rows, camera=values, lux=numbers)
    assert found[:3] == [
        ("camera", "y", 28, pytest.approx(18 / 28)),
        ("camera", "(empty)", 1, 1.0),
        ("camera", "x", 1, 1.0),
    ]
    assert found[3:] == [
        ("lux", "10 and more", 10, 0.0),
        ("lux", "5 to under 10", 10, 1.0),
        ("lux", "under 5", 10, 1.0),
    ]


def test_a_slice_has_its_interval_and_few_pictures_are_marked():
    rows = [row(f"d/cat/a/{index}.jpg") for index in range(FEW)] + [row("d/cat/b/1.jpg")]
    samples = [Sample(Path(one.path), "cat") for one in rows]
    large, small = slice_up(rows, samples, {}, multi_label=False)
    assert large.interval == wilson_interval(FEW, FEW)
    assert (large.small, small.small) == (False, True)


def test_sizes_are_read_from_headers_and_bad_files_have_none(tmp_path):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    paths = [tmp_path / name for name in ("a.png", "b.jpg", "c.jpg")]
    assert read_sizes(paths) == {paths[0]: (30, 20)}


def test_slices_of_large_numbers_are_named_by_all_their_digits():
    rows = [row(f"d/cat/{index}.jpg", index >= 10) for index in range(30)]
    numbers = {Path(one.path): str(1234501 + index) for index, one in enumerate(rows)}
    assert [name for _, name, _, _ in sliced(rows, id=numbers)] == [
        *("under 1234511", "1234511 to under 1234521", "1234521 and more"),
    ]
