"""Finding samples: label folders, split folders, and what is neither."""

import os
import sys
from pathlib import Path

import pytest

from tlx.errors import DataError
from tlx.inference.picture import PICTURE_SUFFIXES
from tlx.samples.folders import find_pictures, find_samples, label_folders, looks_split
from tlx.samples.sample import Sample


def with_files(root: Path, *names: str) -> Path:
    """Write empty files: finding looks at names alone."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def names(samples: tuple[Sample, ...] | None, root: Path) -> list[tuple[str, str]]:
    assert samples is not None
    return [(sample.path.relative_to(root).as_posix(), sample.label) for sample in samples]


def refused(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        find_samples(root)
    assert str(root) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_label_folders_directly_in_the_folder_are_a_flat_one(tmp_path: Path):
    with_files(tmp_path, "dog/1.jpg", "cat/2.png", "cat/1.png")
    found = find_samples(tmp_path)
    assert found.root == tmp_path
    assert found.flat
    assert names(found.train, tmp_path) == [
        ("cat/1.png", "cat"),
        ("cat/2.png", "cat"),
        ("dog/1.jpg", "dog"),
    ]
    assert found.validation is None
    assert found.test is None


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val", "VALIDATION"])
def test_each_name_of_a_validation_folder_is_known(tmp_path: Path, name: str):
    with_files(tmp_path, "train/cat/1.jpg", f"{name}/cat/2.jpg", "test/cat/3.jpg")
    found = find_samples(tmp_path)
    assert not found.flat
    assert names(found.train, tmp_path) == [("train/cat/1.jpg", "cat")]
    assert names(found.validation, tmp_path) == [(f"{name}/cat/2.jpg", "cat")]
    assert names(found.test, tmp_path) == [("test/cat/3.jpg", "cat")]


def test_validation_and_test_may_be_missing(tmp_path: Path):
    found = find_samples(with_files(tmp_path, "train/cat/1.jpg"))
    assert not found.flat
    assert found.validation is None
    assert found.test is None


def test_two_folders_for_validation_are_refused(tmp_path: Path):
    with_files(tmp_path, "train/cat/1.jpg", "val/cat/1.jpg", "validation/cat/1.jpg")
    assert "two folders for validation" in refused(tmp_path)


def test_a_label_really_called_train_beside_others_is_a_label(tmp_path: Path):
    found = find_samples(with_files(tmp_path, "train/1.jpg", "bus/1.jpg", "tram/1.jpg"))
    assert found.flat
    assert [sample.label for sample in found.train] == ["bus", "train", "tram"]
    assert not looks_split(tmp_path)


def test_a_label_called_test_inside_a_split_is_a_label(tmp_path: Path):
    found = find_samples(with_files(tmp_path, "train/test/1.jpg", "train/train/1.jpg"))
    assert [sample.label for sample in found.train] == ["test", "train"]


def test_a_split_folder_looks_split_and_a_flat_one_does_not(tmp_path: Path):
    assert looks_split(with_files(tmp_path / "split", "train/cat/1.jpg", "test/cat/1.jpg"))
    assert not looks_split(with_files(tmp_path / "flat", "cat/1.jpg", "dog/1.jpg"))


def test_pictures_in_deeper_folders_belong_to_the_first_folders_label(tmp_path: Path):
    with_files(tmp_path, "cat/b/c/2.jpg", "cat/a/1.jpg", "cat/3.jpg", "dog/cat/1.jpg")
    assert names(tuple(label_folders(tmp_path)), tmp_path) == [
        ("cat/3.jpg", "cat"),
        ("cat/a/1.jpg", "cat"),
        ("cat/b/c/2.jpg", "cat"),
        ("dog/cat/1.jpg", "dog"),
    ]


def test_hidden_files_and_folders_and_other_endings_are_passed(tmp_path: Path):
    with_files(
        tmp_path,
        *("cat/1.jpg", "cat/.hidden.jpg", "cat/.thumbs/1.jpg", "cat/notes.txt", "cat/jpg"),
        *("dog/1.jpg", ".cache/1.jpg", "loose.jpg"),
    )
    assert names(find_samples(tmp_path).train, tmp_path) == [
        ("cat/1.jpg", "cat"),
        ("dog/1.jpg", "dog"),
    ]


@pytest.mark.parametrize("suffix", PICTURE_SUFFIXES)
def test_every_ending_of_a_picture_counts_in_any_case(tmp_path: Path, suffix: str):
    with_files(tmp_path, f"lower{suffix}", f"upper{suffix.upper()}")
    assert {path.stem for path in find_pictures(tmp_path)} == {"lower", "upper"}


def test_pictures_are_found_in_one_order_on_every_system(tmp_path: Path):
    with_files(tmp_path, *(f"{name}.jpg" for name in ("b", "10", "a", "B", "9", "é")))
    assert [path.stem for path in find_pictures(tmp_path)] == ["10", "9", "B", "a", "b", "é"]


def test_a_folder_that_does_not_exist_is_said_to_be_missing(tmp_path: Path):
    assert "does not exist" in refused(tmp_path / "nowhere")


def test_a_file_in_the_place_of_the_folder_is_said_to_be_a_file(tmp_path: Path):
    with_files(tmp_path, "pictures.zip")
    assert "is a file, not a folder" in refused(tmp_path / "pictures.zip")


@pytest.mark.parametrize("content", [(), ("cat/notes.txt",), ("train/cat/notes.txt",)])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, content: tuple[str, ...]):
    with_files(tmp_path, *content)
    with pytest.raises(DataError, match=r"no pictures in .* \(looked for \.jpg"):
        find_samples(tmp_path)


def test_pictures_without_label_folders_are_refused_with_the_way_out(tmp_path: Path):
    with_files(tmp_path, "1.jpg", "2.jpg")
    assert "put them into one sub-folder a label" in refused(tmp_path)


def test_an_empty_split_folder_is_named(tmp_path: Path):
    with_files(tmp_path, "train/cat/1.jpg", "val/cat/notes.txt")
    with pytest.raises(DataError, match=r"no pictures in .*val"):
        find_samples(tmp_path)


def test_labels_in_any_script_are_found(tmp_path: Path):
    found = find_samples(with_files(tmp_path, "größe/1.jpg", "帽子/1.jpg", "a b/1.jpg"))
    assert [sample.label for sample in found.train] == ["a b", "größe", "帽子"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are not text")
def test_a_label_that_is_no_text_is_refused(tmp_path: Path):
    with_files(tmp_path, "cat/1.jpg", os.fsdecode(b"caf\xe9/1.jpg"))
    with pytest.raises(DataError, match=r"'caf.*' is not UTF-8; rename") as caught:
        find_samples(tmp_path)
    assert str(caught.value).encode()


def test_a_folder_without_pictures_beside_train_does_not_count(tmp_path: Path):
    found = find_samples(
        with_files(tmp_path, "train/cat/1.jpg", "test/cat/1.jpg", "annotations/boxes.xml")
    )
    assert not found.flat
    assert names(found.test, tmp_path) == [("test/cat/1.jpg", "cat")]


def test_pictures_beside_a_train_folder_of_labels_are_refused(tmp_path: Path):
    with_files(tmp_path, "train/cat/1.jpg", "test/cat/1.jpg", "extra/1.jpg")
    assert "also pictures in extra/" in refused(tmp_path)


def test_splits_without_train_are_refused(tmp_path: Path):
    assert "no train folder" in refused(with_files(tmp_path, "val/cat/1.jpg", "test/cat/1.jpg"))


def test_split_folders_without_labels_are_refused(tmp_path: Path):
    with_files(tmp_path, "train/1.jpg", "val/1.jpg")
    with pytest.raises(DataError, match="lie in no sub-folder"):
        find_samples(tmp_path)
