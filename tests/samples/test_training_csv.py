"""CSV files that say what is trained on: their forms, their names of files, their mistakes."""

from pathlib import Path

import pytest

from tlx.errors import DataError
from tlx.samples.labels_csv import LabelsCsv, read_labels_csv, read_training_csv
from tlx.samples.sample import Sample


def written(folder: Path, text: str) -> Path:
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    return folder / "labels.csv"


def read(folder: Path, text: str, **options: str) -> LabelsCsv:
    return read_training_csv(written(folder, text), folder, **options)


def truth(folder: Path, text: str, **options: str) -> dict[str, str]:
    rows = read(folder, text, **options).rows
    return {row.sample.path.relative_to(folder).as_posix(): row.sample.label for row in rows}


def refused(folder: Path, text: str, **options: str) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text, **options)
    assert str(folder / "labels.csv") in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_column_label_is_one_label_a_picture(tmp_path: Path):
    found = read(tmp_path, "file,label\na.jpg,cat\nsub/b.jpg, dog \n")
    assert found.task == "single-label"
    assert [row.sample for row in found.rows] == [
        Sample(tmp_path / "a.jpg", "cat"),
        Sample(tmp_path / "sub" / "b.jpg", "dog"),
    ]
    assert found.notes == ()


def test_a_column_labels_is_any_number_of_them(tmp_path: Path):
    text = "file,labels\na.jpg,dog| cat|dog\nb.jpg,\nc.jpg,emu\n"
    assert read(tmp_path, text).task == "multi-label"
    assert truth(tmp_path, text) == {"a.jpg": "cat|dog", "b.jpg": "", "c.jpg": "emu"}


def test_columns_of_0_and_1_are_a_label_each(tmp_path: Path):
    text = "image,dog,note,cat,emu\na.jpg,1,x,1.0,FALSE\nb.jpg,0,y,0,0\nc.jpg,0.0,z,0,true\n"
    found = read(tmp_path, text)
    assert found.task == "multi-label"
    assert truth(tmp_path, text) == {"a.jpg": "cat|dog", "b.jpg": "", "c.jpg": "emu"}
    assert "labels are the 0/1 columns dog, cat, emu" in found.notes
    assert "columns of labels.csv that are not used: note" in found.notes


def test_a_column_without_a_single_1_is_noted(tmp_path: Path):
    notes = read(tmp_path, "file,cat,dog,emu\na.jpg,1,0,0\nb.jpg,0,1,0\n").notes
    assert any("not learned" in note and note.endswith("emu") for note in notes)


def test_named_columns_of_0_and_1_leave_the_others_out(tmp_path: Path):
    text = "file,cat,checked,dog\na.jpg,1,1,0\nb.jpg,0,1,1\n"
    assert truth(tmp_path, text, label_columns="cat, dog") == {"a.jpg": "cat", "b.jpg": "dog"}


@pytest.mark.parametrize(
    ("cell", "task", "label"),
    [("cat", "single-label", "cat"), ("dog|cat", "multi-label", "cat|dog")],
)
def test_one_named_column_is_text_with_one_or_several_labels(tmp_path: Path, cell, task, label):
    text = f"file,Finding\na.jpg,{cell}\nb.jpg,emu\n"
    assert read(tmp_path, text, label_columns="Finding").task == task
    assert truth(tmp_path, text, label_columns="Finding") == {"a.jpg": label, "b.jpg": "emu"}


def test_labels_are_in_composed_unicode(tmp_path: Path):
    assert truth(tmp_path, "file,label\na.jpg,cafe\u0301\n") == {"a.jpg": "caf\u00e9"}
    text = "file,cafe\u0301,bar\na.jpg,1,1\n"
    assert truth(tmp_path, text) == {"a.jpg": "bar|caf\u00e9"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str):
    rows = [["file", "label"], ["a.jpg", '"hat, red; large"']]
    text = "\n".join(delimiter.join(row) for row in rows)
    assert truth(tmp_path, text) == {"a.jpg": "hat, red; large"}


@pytest.mark.parametrize("name", ["file", "filename", "image", "path", "image_id", "id"])
def test_usual_names_of_the_column_of_files_are_known(tmp_path: Path, name: str):
    assert truth(tmp_path, f"{name},label\na.jpg,cat\n") == {"a.jpg": "cat"}


def test_another_column_of_files_is_named(tmp_path: Path):
    text = "id,Image Index,label\n7,a.jpg,cat\n"
    assert truth(tmp_path, text, file_column="Image Index") == {"a.jpg": "cat"}


def pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_a_name_without_ending_is_the_one_picture_that_has_it(tmp_path: Path):
    pictures(tmp_path, "7.png", "sub/8.jpg", "sub/7.jpg", "deep/er/9.x.jpeg", "raw")
    text = "id,label\n7,cat\n8,cat\nsub/7,dog\n9.x,dog\nraw,cat\ngone.jpg,cat\n"
    assert list(truth(tmp_path, text)) == [
        *("7.png", "sub/8.jpg", "sub/7.jpg", "deep/er/9.x.jpeg", "raw", "gone.jpg")
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("9", "row 3: no picture in"),
        ("sub/9", "row 3: no picture in"),
        ("8", "row 3: 8 may be one/8.jpg or two/8.png"),
        ("7", "row 3: 7 may be 7.jpg or 7.png"),
    ],
)
def test_a_name_that_is_no_picture_or_several_is_refused_with_its_row(tmp_path: Path, name, said):
    pictures(tmp_path, "7.jpg", "7.png", "one/8.jpg", "two/8.png", "a.jpg")
    assert said in refused(tmp_path, f"id,label\na.jpg,cat\n{name},dog\n")


def test_a_picture_named_twice_is_used_once(tmp_path: Path):
    found = read(tmp_path, "file,label\na.jpg,cat\nb.jpg,dog\n./a.jpg,cat\n")
    assert [row.sample.path.name for row in found.rows] == ["a.jpg", "b.jpg"]
    assert "labels.csv names 1 picture more than once; each is used once" in found.notes


def test_splits_are_read_in_each_of_their_spellings(tmp_path: Path):
    text = "file,label,split\na.jpg,x,Train\nb.jpg,y,valid\nc.jpg,y,val\nd.jpg,x,test\ne.jpg,x,\n"
    sides = [row.split for row in read(tmp_path, text).rows]
    assert sides == ["train", "validation", "validation", "test", ""]


def test_a_column_of_groups_is_read(tmp_path: Path):
    text = "file,label,person\na.jpg,x,Ann\nb.jpg,y,\n"
    found = read(tmp_path, text, group_column="person")
    assert [row.group for row in found.rows] == ["Ann", ""]
    assert found.notes == ()


def test_columns_that_are_not_used_are_named(tmp_path: Path):
    (note,) = read(tmp_path, ",file,label,camera,weight\n0,a.jpg,x,left,7\n").notes
    assert note == "columns of labels.csv that are not used: camera, weight"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("file,label\na.jpg,cat\na.jpg,dog\n", {}, "rows 2 and 3: a.jpg has two truths"),
        ("file,labels\na.jpg,cat\nb.jpg,x\na.jpg,cat|dog\n", {}, "rows 2 and 4: a.jpg has two"),
        ("file,label,split\na.jpg,x,train\na.jpg,x,test\n", {}, "(split 'train' and 'test')"),
        ("file,label,split\na.jpg,x,left\n", {}, "row 2: split is 'left'; it must be train"),
        ("file,label\na.jpg, \n", {}, "row 2: label is empty"),
        ("file,label\n,cat\n", {}, "row 2: file is empty"),
        ("file,label\na.jpg,cat,dog\n", {}, "row 2 has 3 cells, its header 2"),
        ("file,file,label\na.jpg,b.jpg,dog\n", {}, "two columns 'file'"),
        ("image,path,label\na.jpg,b.jpg,dog\n", {}, "image and path could name the files"),
        ("photo,label\na.jpg,dog\n", {}, "no column 'file'; name it with --file-column, of: photo"),
        ("file,truth\na.jpg,dog\n", {}, "no column 'label' or 'labels', nor two or more columns"),
        ("file,cat,dog\na.jpg,1,2\nb.jpg,0,1\n", {}, "nor two or more columns of 0 and 1"),
        ("file,label\na.jpg,dog\n", {"file_column": "img"}, "no column 'img'; name it with --file"),
        ("file,cat\na.jpg,1\n", {"label_columns": "cat,emu"}, "no column 'emu'; name it with"),
        ("file,cat,dog\na.jpg,1,x\n", {"label_columns": "cat,dog"}, "row 2: dog is 'x', neither"),
        ("file,cat|dog,emu\na.jpg,1,0\n", {}, "'cat|dog' is no label: it holds |"),
        ("file,label\n", {}, "has no rows"),
        ("", {}, "has no rows"),
    ],
)
def test_what_cannot_be_understood_is_refused(tmp_path: Path, text, options, said):
    assert said in refused(tmp_path, text, **options)


def test_a_csv_of_several_labels_is_scored_with_joined_labels(tmp_path: Path):
    for text in ("file,labels\na.jpg,dog|cat\n", "file,cat,dog\na.jpg,1,1\n"):
        assert read_labels_csv(written(tmp_path, text)) == [Sample(tmp_path / "a.jpg", "cat|dog")]


def test_a_csv_with_columns_of_other_names_is_scored_when_they_are_given(tmp_path: Path):
    path = written(tmp_path, "photo,truth\na.jpg,cat\n")
    assert read_labels_csv(path, file_column="photo", label_columns="truth") == [
        Sample(tmp_path / "a.jpg", "cat")
    ]
