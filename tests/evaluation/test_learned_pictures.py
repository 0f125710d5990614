"""Which of some pictures a model file was trained or tuned on."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tlx.evaluation.learned_pictures import count_sides, run_sides

SIDES = {"train/a/1.jpg": "train", "train/a/2.jpg": "train", "val/a/1.jpg": "validation"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in (*SIDES, "new/a/1.jpg"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).touch()
    return tmp_path / "data"


@pytest.fixture
def model(tmp_path: Path, data: Path) -> Path:
    """The name of a model file in a run folder that has learned `data`."""
    run = tmp_path / "run"
    run.mkdir()
    rows = [f"{name},a,{side}" for name, side in SIDES.items()]
    (run / "split.csv").write_text("\n".join(["file,label,split", *rows]))
    (run / "config.json").write_text(json.dumps({"data": str(data)}))
    return run / "model.onnx"


def pictures(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.jpg"))


def test_pictures_of_a_run_are_counted_by_split_and_others_not_at_all(model: Path, data: Path):
    assert count_sides(model, pictures(data)) == Counter(train=2, validation=1)
    assert count_sides(model, pictures(data / "val")) == Counter(validation=1)
    assert count_sides(model, pictures(data / "new")) == Counter()


@pytest.mark.parametrize("config", [None, "no JSON", '{"data": 3}', '{"data": "/somewhere"}'])
def test_a_data_folder_that_was_moved_is_found_above_the_pictures(model, data, config):
    recorded = model.with_name("config.json")
    recorded.unlink() if config is None else recorded.write_text(config)
    moved = data.rename(data.with_name("moved"))
    assert count_sides(model, pictures(moved / "train")) == Counter(train=2)


def test_other_pictures_of_the_same_names_are_not_the_runs(model: Path, data: Path):
    other = data.with_name("other")
    shutil.copytree(data / "val", other / "val")
    assert count_sides(model, pictures(other)) == Counter()


def test_without_a_split_beside_the_file_nothing_is_known(model: Path, data: Path):
    model.with_name("split.csv").unlink()
    assert count_sides(model, pictures(data)) == Counter()
    assert run_sides(model, data) == {}
