"""The run folder: what is replaced when told, and what is never touched."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tlx.errors import UsageError
from tlx.training.config import TrainingConfig, write_config
from tlx.training.run_folder import (
    RUN_FILES,
    choose_run_folder,
    prepare_run_folder,
    write_metrics,
)


def _config(out: Path | None, overwrite: bool = False) -> TrainingConfig:
    return TrainingConfig(Path("data/shirts"), out=out, overwrite=overwrite)


@pytest.fixture
def run(tmp_path) -> Path:
    """A folder with every file of a run, and a note of the user's."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in RUN_FILES:
        (folder / name).write_text("old")
    (folder / "notes.txt").write_text("mine")
    write_config(folder / "config.json", _config(None))
    return folder


def test_the_default_folder_has_the_date_and_the_name_of_the_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected = Path("runs") / f"{date.today()}-shirts"
    assert choose_run_folder(_config(None)) == expected
    assert not expected.exists()


def test_the_data_folder_may_be_named_by_dots(tmp_path, monkeypatch):
    (tmp_path / "hats").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    config = replace(_config(None), data=Path("../hats"))
    assert choose_run_folder(config).name == f"{date.today()}-hats"


@pytest.mark.parametrize("out", [None, Path("runs/one"), Path()])
def test_a_run_inside_the_data_is_refused(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="lies inside"):
        choose_run_folder(replace(_config(out), data=Path()))


def test_a_default_folder_that_is_taken_gets_a_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = choose_run_folder(_config(None))
    first.mkdir(parents=True)
    second = choose_run_folder(_config(None))
    assert second.name == f"{first.name}-2"
    second.mkdir()
    assert choose_run_folder(_config(None)).name == f"{first.name}-3"


def test_a_new_or_empty_folder_is_taken_as_it_is(tmp_path):
    assert choose_run_folder(_config(tmp_path)) == tmp_path
    assert choose_run_folder(_config(tmp_path / "new")) == tmp_path / "new"
    assert not (tmp_path / "new").exists()


def test_a_run_that_exists_is_refused_with_the_way_to_replace_it(run):
    with pytest.raises(UsageError, match="holds a run; choose another --out, or --overwrite"):
        choose_run_folder(_config(run))


def test_a_run_that_exists_is_taken_when_told(run):
    assert choose_run_folder(_config(run, overwrite=True)) == run
    assert (run / "best.pt").read_text() == "old"  # nothing is removed yet


def test_replacing_a_run_removes_its_files_and_nothing_else(run):
    prepare_run_folder(run)
    # But for config.json, whose place the new one takes: whenever it is killed, it is a run.
    assert sorted(path.name for path in run.iterdir()) == ["config.json", "notes.txt"]


def test_the_curves_of_a_replaced_run_do_not_mix_with_the_new_ones(run):
    (run / "tensorboard").mkdir()
    (run / "tensorboard" / "events.out.tfevents.1").write_text("old")
    prepare_run_folder(run)
    assert not (run / "tensorboard").exists()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["best.pt", "model.onnx", "photo.jpg", ".hidden"])
def test_a_folder_with_other_things_is_refused_either_way(tmp_path, overwrite, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match="is not empty and no run folder"):
        choose_run_folder(_config(tmp_path, overwrite))


@pytest.mark.parametrize("content", ['{"model_type": "bert", "data": "x"}', "[]", "not json"])
def test_a_config_json_of_something_else_does_not_make_a_run(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    (tmp_path / "model.onnx").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and no run folder"):
        choose_run_folder(_config(tmp_path, overwrite=True))


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="is a file; give --out a folder"):
        choose_run_folder(_config(tmp_path / "out", overwrite=True))


def test_preparing_makes_the_folders_above_too(tmp_path):
    prepare_run_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_metrics_are_a_row_an_epoch_with_a_header(tmp_path, epoch_done):
    second = replace(epoch_done, epoch=2, best=False)
    write_metrics(tmp_path / "metrics.csv", [epoch_done, second])
    with (tmp_path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[0]["validation_accuracy"]) == 0.875
    assert [row["best"] for row in rows] == ["True", "False"]
    assert (rows[0]["monitor"], rows[0]["monitored"]) == ("balanced-accuracy", "0.625")
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]


def test_a_run_inside_the_data_folder_is_refused(split_folder):
    with pytest.raises(UsageError, match="lies inside"):
        choose_run_folder(TrainingConfig(split_folder, split_folder / "run", weights="none"))
