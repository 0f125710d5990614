"""Truth from CSV files as people's spreadsheets write them."""

from pathlib import Path

import pytest

from tlx.errors import DataError
from tlx.samples.labels_csv import read_labels_csv
from tlx.samples.sample import Sample


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def refused(path: Path, split: str | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_labels_csv(path, split=split)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_are_relative_to_the_csv_itself(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "file,label\na.jpg,cat\nsub/b.jpg,dog\n")
    assert read_labels_csv(path) == [
        Sample(tmp_path / "a.jpg", "cat"),
        Sample(tmp_path / "sub" / "b.jpg", "dog"),
    ]


def test_files_are_relative_to_the_root_where_one_is_given(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "file,label\na.jpg,cat\n")
    root = tmp_path / "pictures"
    assert read_labels_csv(path, root) == [Sample(root / "a.jpg", "cat")]


def test_an_absolute_file_is_taken_as_it_is(tmp_path: Path):
    picture = tmp_path / "elsewhere" / "a.jpg"
    path = written(tmp_path / "labels.csv", f"file,label\n{picture},cat\n")
    assert read_labels_csv(path, tmp_path / "pictures") == [Sample(picture, "cat")]


def test_other_columns_and_their_order_do_not_matter(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "id,label,note,file\n1,cat,x,a.jpg\n")
    assert read_labels_csv(path) == [Sample(tmp_path / "a.jpg", "cat")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_spreadsheets_byte_order_mark_and_line_ends_do_not_matter(
    tmp_path: Path, encoding: str, end: str
):
    text = end.join(["file,label", '"a, b.jpg",größe', "c.jpg,帽子", ""])
    path = written(tmp_path / "labels.csv", text, encoding)
    assert read_labels_csv(path) == [
        Sample(tmp_path / "a, b.jpg", "größe"),
        Sample(tmp_path / "c.jpg", "帽子"),
    ]


def test_the_rows_keep_their_order_and_may_repeat(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "file,label\nb.jpg,x\na.jpg,y\nb.jpg,x\n")
    assert [sample.path.name for sample in read_labels_csv(path)] == ["b.jpg", "a.jpg", "b.jpg"]


def test_the_rows_of_one_split_can_be_taken(tmp_path: Path):
    text = "file,label,split\na.jpg,cat,train\nb.jpg,cat,test\nc.jpg,dog,test\n"
    path = written(tmp_path / "split.csv", text)
    assert read_labels_csv(path, split="test") == [
        Sample(tmp_path / "b.jpg", "cat"),
        Sample(tmp_path / "c.jpg", "dog"),
    ]


def test_a_csv_with_splits_is_refused_without_choosing_one(tmp_path: Path):
    text = "file,label,split\na.jpg,cat,train\nb.jpg,cat,test\n"
    assert "--split: test, train" in refused(written(tmp_path / "split.csv", text))


def test_a_split_without_rows_is_refused_by_its_name(tmp_path: Path):
    path = written(tmp_path / "split.csv", "file,label,split\na.jpg,cat,train\n")
    assert "no row of the split 'test'" in refused(path, "test")


def test_a_split_of_a_csv_without_that_column_is_refused(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "file,label\na.jpg,cat\n")
    assert "no column 'split'" in refused(path, "test")


def test_a_missing_csv_is_refused(tmp_path: Path):
    assert "cannot be read" in refused(tmp_path / "nowhere.csv")


def test_a_folder_in_the_place_of_the_csv_is_refused(tmp_path: Path):
    assert "cannot be read" in refused(tmp_path)


def test_a_csv_that_is_not_utf_8_is_refused(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "file,label\na.jpg,größe\n", "latin-1")
    assert "UTF-8" in refused(path)


@pytest.mark.parametrize("text", ["", "file,label\n", "\n\n"])
def test_a_csv_without_rows_is_refused(tmp_path: Path, text: str):
    assert "has no rows" in refused(written(tmp_path / "labels.csv", text))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("file,truth\na.jpg,cat\n", "label"),
        ("File,Label\na.jpg,cat\n", "file"),
        ("a.jpg,cat\nb.jpg,dog\n", "file"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, text: str, column: str):
    assert f"no column {column!r}" in refused(written(tmp_path / "labels.csv", text))


@pytest.mark.parametrize(
    ("row", "column"),
    [("b.jpg,", "label"), (",dog", "file"), ("b.jpg", "label"), ("b.jpg, ", "label")],
)
def test_an_empty_cell_is_refused_with_its_row(tmp_path: Path, row: str, column: str):
    path = written(tmp_path / "labels.csv", f"file,label\na.jpg,cat\n\n{row}\n")
    assert f"row 4: {column} is empty" in refused(path)
