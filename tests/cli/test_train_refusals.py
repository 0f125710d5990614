"""`tlx train` on input that cannot be used: one line each, and nothing written."""

import json
import shlex
import shutil

import pytest
import torch

QUICK = shlex.split("--weights none --epochs 1 --imgsz 32 --batch 4 -j 0")


@pytest.fixture
def here(tmp_path, monkeypatch, split_folder):
    """A working folder with a good data folder, a text and an empty folder in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "colours").symlink_to(split_folder)
    (tmp_path / "text.txt").write_text("a text\n")
    (tmp_path / "good.csv").write_text("file,label\ngone.jpg,red\nlost.jpg,blue\n")
    (tmp_path / "two.csv").write_text("file,label\na.jpg,red\na.jpg,blue\n")
    (tmp_path / "other.csv").write_text("file,label,split\na.jpg,red,train\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "text.txt").write_text("a text\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "give a folder DATA to train on, or --labels CSV, or --resume RUN"),
        ("colours --resume run", "run is no run folder"),
        ("colours --out colours/run", "the run folder colours/run lies inside colours"),
        ("nowhere", "nowhere does not exist"),
        ("text.txt", "text.txt is a file, not a folder"),
        ("empty", "no pictures in empty"),
        ("colours --model resnet19", "--model resnet19: choose one of resnet18"),
        ("colours --freeze layer9", "--freeze layer9: choose one of none, stem"),
        ("colours --augment strong", "--augment strong: choose one of auto, standard"),
        ("colours --device toaster", "--device toaster: torch has no such device"),
        ("colours --batch 1", "--batch 1: it must be at least 2"),
        ("colours --epochs 0", "--epochs 0: it must be at least 1"),
        ("colours --imgsz 8", "--imgsz 8: it must be from 32"),
        ("colours --lr 0", "--lr 0.0: it must be above 0"),
        ("colours --lr nan", "--lr nan: it must be above 0"),
        ("colours --seed -1", "--seed -1: it must be"),
        ("colours --weight-decay -1", "--weight-decay -1.0: it must be"),
        ("colours -j -1", "--workers -1: it must be"),
        ("colours -j 100000", "--workers 100000: it must be from 0 to 1024"),
        ("colours --mixup 1e-300", "--mixup 1e-300: it must be 0, or from 0.0001 to 10000"),
        ("colours --cutmix 1e300", "--cutmix 1e+300: it must be 0, or from 0.0001 to 10000"),
        ("colours --weights none --freeze backbone", "--weights none would keep random weights"),
        ("colours --weights nowhere.pth", "--weights nowhere.pth: no such file"),
        ("colours --weights empty", "--weights empty: a folder without a best.pt"),
        ("colours --weights text.txt", "text.txt is damaged or holds more than tensors"),
        ("colours --weights none --out text.txt", "text.txt is a file; give --out a folder"),
        ("colours --weights none --out full", "full is not empty and no run folder"),
        ("colours --weights none --out colours", "--out"),
        ("--labels nowhere.csv", "nowhere.csv cannot be read: No such file"),
        ("--labels empty", "empty cannot be read: Is a directory"),
        ("--labels text.txt", "text.txt has no rows"),
        ("nowhere --labels good.csv", "nowhere is no folder"),
        ("text.txt --labels good.csv", "text.txt is no folder"),
        ("--labels good.csv --file-column x", "good.csv has no column 'x'; name it with"),
        ("--labels good.csv --label-columns x", "good.csv has no column 'x'; name it with"),
        ("--labels good.csv --group-by x(", "--group-by x(: no regular expression"),
        ("--labels good.csv --group-by xyz", "found in no picture's path"),
        ("--labels good.csv --split text.txt", "text.txt is no split.csv"),
        ("--labels good.csv --split nowhere.csv", "nowhere.csv cannot be read as a split"),
        ("colours --split other.csv", "other.csv names no picture of colours"),
        ("colours --file-column x", "--file-column and --label-columns name columns of a CSV"),
        ("--labels two.csv", "two.csv, rows 2 and 3: a.jpg has two truths"),
        ("--labels good.csv --weights none", "no training picture can be read; gone.jpg: no such"),
        ("--resume nowhere", "nowhere is no run folder"),
        ("--resume empty", "empty is no run folder"),
        ("--resume text.txt", "text.txt"),
    ],
)
def test_what_training_cannot_use_is_one_line(here, run_tlx, arguments, said):
    before = sorted(here.rglob("*"))
    assert said in run_tlx("train", *arguments.split()).error
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        (["cat"], "has only the label"),
        (["train/cat", "val/cat"], "has only the label"),
        (["train/cat", "train/dog", "val/cat", "val/cow"], "validation has labels that train"),
        (["train/cat", "train/dog", "val/cat", "test/emu"], "test has labels that train"),
        (["train/cat", "train/dog", "val/cat", "valid/dog"], "two folders for validation"),
        (["."], "lie in no sub-folder"),
    ],
)
def test_folders_that_make_no_data_set_are_one_line(here, run_tlx, split_folder, folders, said):
    for folder in folders:
        target = here / "data" / folder
        target.mkdir(parents=True, exist_ok=True)
        for index in range(3):
            name = f"of-{folder.replace('/', '-')}-{index}.jpg"
            shutil.copy(split_folder / "train" / "red" / f"{index:03}.jpg", target / name)
    assert said in run_tlx("train", "data", "--out", "run", *QUICK).error
    assert not (here / "run").exists()


def test_a_folder_of_nothing_but_bad_pictures_is_one_line(here, run_tlx):
    for label in ("cat", "dog"):
        (here / "bad" / label).mkdir(parents=True)
        for index in range(3):
            (here / "bad" / label / f"{index}.jpg").write_bytes(b"")
    assert "empty file (0 bytes)" in run_tlx("train", "bad", *QUICK).error


def test_weights_of_another_architecture_are_refused(here, run_tlx):
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, "other.pth")
    error = run_tlx("train", "colours", *QUICK, "--weights", "other.pth").error
    assert "resnet18" in error
    assert not (here / "runs").exists()


def test_a_run_of_another_architecture_names_the_model_to_give(here, run_tlx, journey):
    options = (*QUICK, "--weights", journey.run, "--model", "resnet34")
    assert "give --model resnet18" in run_tlx("train", "colours", *options).error
    assert not (here / "runs").exists()


def test_a_run_without_a_finished_epoch_cannot_be_resumed(here, run_tlx, journey):
    (here / "run").mkdir()
    shutil.copy(journey.run / "config.json", here / "run")
    assert "has no finished epoch" in run_tlx("train", "--resume", "run").error


def test_a_run_whose_pictures_have_changed_cannot_be_resumed(here, run_tlx, journey):
    (here / "run").mkdir()
    for name in ("best.pt", "last.pt", "split.csv"):
        shutil.copy(journey.run / name, here / "run")
    config = json.loads((journey.run / "config.json").read_text())
    changed = {**config, "epochs": 9, "data": str(here / "colours")}
    (here / "run" / "config.json").write_text(json.dumps(changed))
    assert "have changed since run began" in run_tlx("train", "--resume", "run").error


def test_a_training_that_diverges_ends_with_one_line(here, run_tlx):
    ran = run_tlx("train", "colours/val", "--out", "run", *QUICK, "--lr", "1e30")
    assert ran.code == 2
    assert "try a lower --lr" in ran.failure
