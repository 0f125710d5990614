"""`split.csv`: written by a run, read back by the next one."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tlx.errors import DataError
from tlx.samples.sample import LabelledPictures, Sample
from tlx.samples.splitting import read_sides, read_split, write_split


def pictures(root: Path) -> LabelledPictures:
    def some(folder: str, *names: str) -> tuple[Sample, ...]:
        return tuple(Sample(root / folder / "größe" / name, "größe") for name in names)

    return LabelledPictures(
        root,
        ("größe",),
        some("train", "a, b.jpg", 'c "d".jpg', "e\nf.jpg"),
        some("val", "a.jpg"),
        some("test", "帽子.jpg"),
    )


def test_a_written_split_is_read_back_as_it_was(tmp_path: Path):
    before = pictures(tmp_path / "data")
    write_split(tmp_path / "split.csv", before)
    for name in ("train", "validation", "test"):
        read = read_split(tmp_path / "split.csv", before.root, name)
        assert tuple(read) == before.split(name)


def test_a_written_split_names_files_relative_to_the_folder(tmp_path: Path):
    write_split(tmp_path / "split.csv", pictures(tmp_path / "data"))
    text = (tmp_path / "split.csv").read_text(encoding="utf-8")
    assert text.startswith("file,label,split\n")
    assert "val/größe/a.jpg,größe,validation\n" in text
    assert str(tmp_path) not in text


def test_a_split_can_be_read_where_the_pictures_moved_to(tmp_path: Path):
    write_split(tmp_path / "split.csv", pictures(tmp_path / "data"))
    read = read_split(tmp_path / "split.csv", tmp_path / "moved", "validation")
    assert read == [Sample(tmp_path / "moved" / "val" / "größe" / "a.jpg", "größe")]


def test_a_file_name_that_is_no_text_survives_the_split_file(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9.jpg") if os.name == "posix" else "caf\udce9.jpg"
    odd = LabelledPictures(tmp_path, ("cat",), (Sample(tmp_path / "cat" / name, "cat"),))
    write_split(tmp_path / "split.csv", odd)
    assert read_split(tmp_path / "split.csv", tmp_path, "train") == list(odd.train)


def test_a_missing_split_file_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read as a split"):
        read_split(tmp_path / "split.csv", tmp_path, "train")


def test_a_folder_is_no_split_file_and_the_message_says_what_to_give(tmp_path: Path):
    with pytest.raises(DataError, match=r"is a folder; give a file, such as the split\.csv"):
        read_sides(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"file,label\na.jpg,cat\n", b"\x89PNG\r\n\x1a\n\0\0\xff\xfe", b"some text"]
)
def test_a_file_that_is_no_split_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "split.csv").write_bytes(content)
    with pytest.raises(DataError, match="split"):
        read_split(tmp_path / "split.csv", tmp_path, "train")


def test_the_splits_of_pictures_are_known_by_name(tmp_path: Path):
    given = pictures(tmp_path)
    assert given.split("validation") is given.validation
    with pytest.raises(KeyError):
        given.split("val")


def test_the_file_of_a_multi_label_run_says_so_in_its_header(tmp_path: Path):
    given = replace(
        pictures(tmp_path), task="multi-label", test=(Sample(tmp_path / "x.jpg", "ant|bee"),)
    )
    write_split(tmp_path / "split.csv", given)
    text = (tmp_path / "split.csv").read_text(encoding="utf-8")
    assert text.startswith("file,labels,split\n")
    assert "x.jpg,ant|bee,test\n" in text
    assert read_split(tmp_path / "split.csv", tmp_path, "test") == list(given.test)


def test_a_picture_outside_the_folder_is_named_by_the_way_to_it(tmp_path: Path):
    outside = Sample(tmp_path / "elsewhere" / "a.jpg", "cat")
    write_split(tmp_path / "s.csv", LabelledPictures(tmp_path / "data", ("cat",), (outside,)))
    assert "../elsewhere/a.jpg,cat,train\n" in (tmp_path / "s.csv").read_text()
    (read,) = read_split(tmp_path / "s.csv", tmp_path / "data", "train")
    assert os.path.normpath(read.path) == str(outside.path)


def test_sides_are_read_from_any_csv_of_files_and_splits(tmp_path: Path):
    (tmp_path / "s.csv").write_text("split,file\nVal,a.jpg\ntrain,b/c.jpg\n")
    assert read_sides(tmp_path / "s.csv", tmp_path) == {
        tmp_path / "a.jpg": "validation",
        tmp_path / "b" / "c.jpg": "train",
    }


def test_a_side_that_there_is_not_is_refused(tmp_path: Path):
    (tmp_path / "s.csv").write_text("split,file\nleft,a.jpg\n")
    with pytest.raises(DataError, match=r"a\.jpg has the split 'left'; it must be train"):
        read_sides(tmp_path / "s.csv", tmp_path)
