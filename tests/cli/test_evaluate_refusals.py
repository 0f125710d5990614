"""`tlx eval` on input that cannot be used: one line each."""

import shutil

import pytest

SPLIT = "run/model.onnx --labels run/split.csv --split test"


@pytest.fixture
def here(tmp_path, monkeypatch, journey):
    """A working folder with good and useless things of every kind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "colours").symlink_to(journey.data)
    (tmp_path / "run").symlink_to(journey.run)
    (tmp_path / "text.txt").write_text("a text\n")
    (tmp_path / "zero.onnx").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    picture = journey.data / "test" / "red" / "000.jpg"
    for folder in ("loose", "unknown/violet", "unknown/red"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(picture, tmp_path / folder)
    (tmp_path / "bad" / "red").mkdir(parents=True)
    (tmp_path / "bad" / "red" / "000.jpg").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nowhere.onnx colours/test", "nowhere.onnx: no such file"),
        ("empty colours/test", "empty is a folder; give the model file"),
        ("text.txt colours/test", "text.txt cannot be opened as an ONNX file"),
        ("zero.onnx colours/test", "zero.onnx is empty"),
        ("run/model.ts colours/test", "run/model.ts is a checkpoint, TorchScript or pt2 file"),
        ("run/best.pt colours/test", "run/best.pt is a checkpoint, TorchScript or pt2 file"),
        ("run/model.onnx", "give either a FOLDER of label folders or --labels CSV"),
        ("run/model.onnx colours/test --labels x.csv", "give either a FOLDER"),
        ("run/model.onnx colours/test --out colours/test", "lies inside colours/test, and what"),
        ("run/model.onnx colours/test --out colours/test/red", "--out colours/test/red lies in"),
        ("run/model.onnx run/model.onnx colours/test --out colours/test/x", "give --out elsewhere"),
        ("run/model.onnx colours/test --root empty", "go with --labels; a FOLDER needs none"),
        ("run/model.onnx colours/test --split test", "go with --labels; a FOLDER needs none"),
        ("run/model.onnx nowhere", "nowhere does not exist"),
        ("run/model.onnx text.txt", "text.txt is a file, not a folder"),
        ("run/model.onnx empty", "no pictures in empty"),
        ("run/model.onnx loose", "the pictures of loose lie in no sub-folder"),
        ("run/model.onnx unknown", "violet"),
        ("run/model.onnx colours", "colours holds splits, not labels"),
        ("run/model.onnx bad", "the only picture cannot be read, so nothing"),
        ("run/model.onnx colours/test --out text.txt", "--out text.txt is a file"),
        ("run/model.onnx --labels nowhere.csv", "nowhere.csv"),
        ("run/model.onnx --labels empty", "empty"),
        ("run/model.onnx --labels run/split.csv --split val", "no row of the split 'val'"),
        ("run/model.onnx --labels run/split.csv", "choose one of them with --split"),
        (f"{SPLIT} --root nowhere", "--root nowhere is no folder; give that of the pictures"),
        (f"{SPLIT} --root text.txt", "--root text.txt is no folder"),
        (f"{SPLIT} --root empty", "the first one: empty"),
        (SPLIT, "run/split.csv names no picture that is there; the first one: run"),
        (SPLIT, "; --root names the folder of the pictures"),
    ],
)
def test_what_eval_cannot_use_is_one_line(here, run_tlx, arguments, said):
    assert said in run_tlx("eval", *arguments.split()).error


def test_with_json_too_an_error_is_a_line_on_stderr(here, run_tlx):
    assert "violet" in run_tlx("eval", "run/model.onnx", "unknown", "--json").error
    assert "no such file" in run_tlx("eval", "nowhere.onnx", "colours/test", "--json").error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no rows"),
        (b"file,label\n", "has no rows"),
        (b"a,b\nred/000.jpg,red\n", "has no column 'file'"),
        (b"file,b\nred/000.jpg,red\n", "has no column 'label'"),
        (b"file.label\nred/000.jpg.red\n", "has no column 'file'"),
        (b"file,label\nred/000.jpg,\n", "row 2: label is empty"),
        (b"file,label\nred/000.jpg\n", "row 2: label is empty"),
        (b"file,label\nred/000.jpg,violet\n", "violet"),
        ("file,label\nrouge/été.jpg,red\n".encode("latin-1"), "UTF-8"),
        ("file,label\nred/000.jpg,red\n".encode("utf-16"), "UTF-8"),
        (b"\xff\xd8\xff\xe0 a picture", "UTF-8"),
    ],
)
def test_what_is_no_csv_of_files_and_labels_is_one_line(here, run_tlx, content, said):
    (here / "labels.csv").write_bytes(content)
    arguments = ["--labels", "labels.csv", "--root", "colours/test"]
    assert said in run_tlx("eval", "run/model.onnx", *arguments).error


def test_a_csv_without_the_column_split_has_no_splits(here, run_tlx):
    (here / "labels.csv").write_text("file,label\nred/000.jpg,red\n")
    arguments = ["--labels", "labels.csv", "--split", "test"]
    assert "has no column 'split'" in run_tlx("eval", "run/model.onnx", *arguments).error


def test_the_unknown_label_is_named_beside_those_the_model_knows(here, run_tlx):
    error = run_tlx("eval", "run/model.onnx", "unknown").error
    assert "violet; it knows blue, green, red" in error
