"""The pictures that an export is verified on: real, chosen evenly, called what they are."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tlx
from tlx.errors import DataError
from tlx.export import pictures
from tlx.export.pictures import (
    FEWEST,
    SAMPLE,
    VerificationPictures,
    calibration_pictures,
    spread,
    verification_pictures,
)
from tlx.inference.picture import decode
from tlx.samples.sample import Sample
from tlx.training.checkpoint import load_checkpoint


def _chosen(run: Path, data: Path | None = None, **changes: object) -> VerificationPictures:
    card = replace(load_checkpoint(run / "best.pt").card, **changes)
    with verification_pictures(run, card, data) as chosen:
        return chosen


def _places(chosen: VerificationPictures) -> Counter[str]:
    return Counter(path.parent.parent.name for path in chosen.paths)


def _keep_rows(run: Path, *splits: str) -> None:
    head, *rows = (run / "split.csv").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if row.rsplit(",", 1)[1] in splits]
    (run / "split.csv").write_text("\n".join([head, *kept, ""]), encoding="utf-8")


def test_few_validation_pictures_are_all_taken_and_filled_up_with_training_pictures(light_run):
    chosen = _chosen(light_run)
    assert _places(chosen) == {"val": 30, "train": FEWEST - 30}
    assert (chosen.source, chosen.labelled) == ("validation and training", True)
    assert len({*chosen.paths}) == FEWEST
    assert Counter(sample.label for sample in chosen.samples)["red"] in (21, 22)
    assert all(sample.label == sample.path.parent.name for sample in chosen.samples)


def test_enough_validation_pictures_are_taken_alone(light_run, monkeypatch):
    monkeypatch.setattr(pictures, "FEWEST", 30)
    chosen = _chosen(light_run)
    assert _places(chosen) == {"val": 30}
    assert (chosen.source, chosen.labelled) == ("validation", True)


def test_many_validation_pictures_are_spread_over_the_labels(light_run, monkeypatch):
    monkeypatch.setattr(pictures, "MOST", 6)
    monkeypatch.setattr(pictures, "FEWEST", 6)
    chosen = _chosen(light_run)
    assert [sample.label for sample in chosen.samples] == [
        *["blue"] * 2, *["green"] * 2, *["red"] * 2
    ]  # fmt: skip
    assert _places(chosen) == {"val": 6}


def test_training_pictures_alone_will_do(light_run):
    _keep_rows(light_run, "train")
    chosen = _chosen(light_run)
    assert _places(chosen) == {"train": FEWEST}
    assert chosen.source == "validation and training"


def test_a_run_without_pictures_is_verified_on_the_photographs_that_are_shipped(light_run):
    _keep_rows(light_run)
    card = load_checkpoint(light_run / "best.pt").card
    with verification_pictures(light_run, card, None) as chosen:
        assert (chosen.source, chosen.labelled) == (SAMPLE, False)
        assert len(chosen.paths) == FEWEST
        assert {path.suffix for path in chosen.paths} == {".png", ".jpg"}
        shown = [np.asarray(decode(path, 37)) for path in chosen.paths]
        assert all(pixels.std() > 5 for pixels in shown)  # no patch of one colour
        assert len({pixels.tobytes() for pixels in shown}) == FEWEST
    assert not any(path.exists() for path in chosen.paths)


def test_a_folder_of_the_runs_labels_gives_their_truth(light_run, split_folder):
    chosen = _chosen(light_run, split_folder / "test")
    assert (chosen.source, chosen.labelled, len(chosen.paths)) == ("folder", True, 30)
    assert all(sample.label == sample.path.parent.name for sample in chosen.samples)


def test_a_folder_with_other_names_in_it_gives_pictures_and_no_truth(
    light_run, split_folder, tmp_path
):
    shutil.copytree(split_folder / "test", tmp_path / "other")
    (tmp_path / "other" / "red").rename(tmp_path / "other" / "crimson")
    chosen = _chosen(light_run, tmp_path / "other")
    assert (chosen.source, chosen.labelled, len(chosen.paths)) == ("folder", False, 30)
    flat = _chosen(light_run, split_folder / "test" / "red")
    assert flat.labelled  # every picture lies in a folder of that name
    shutil.copytree(split_folder / "test" / "red", tmp_path / "flat")
    assert not _chosen(light_run, tmp_path / "flat").labelled


def test_a_folder_says_nothing_of_several_labels_at_once(light_run, split_folder):
    chosen = _chosen(light_run, split_folder / "test", task="multi-label")
    assert (chosen.source, chosen.labelled) == ("folder", False)


def test_of_a_large_folder_some_are_taken(light_run, split_folder, monkeypatch):
    monkeypatch.setattr(pictures, "MOST", 9)
    chosen = _chosen(light_run, split_folder / "test")
    assert Counter(s.label for s in chosen.samples) == {"blue": 3, "green": 3, "red": 3}


def test_pictures_of_the_run_that_have_moved_are_the_runs(light_run, split_folder, tmp_path):
    shutil.copytree(split_folder, tmp_path / "moved")
    chosen = _chosen(light_run, tmp_path / "moved")
    assert chosen.source == "validation and training"
    assert all(path.is_relative_to(tmp_path / "moved") for path in chosen.paths)


def test_a_folder_without_pictures_and_one_that_is_none_are_refused(light_run, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no pictures in .*empty; give another folder as --data"):
        _chosen(light_run, tmp_path / "empty")
    (tmp_path / "text.txt").write_text("a text")
    for name in ("nowhere", "text.txt"):
        with pytest.raises(DataError, match=f"{name} is no folder"):
            _chosen(light_run, tmp_path / name)


def test_a_file_of_shipped_pictures_says_so_in_its_card(plant_graph, light_run):
    plant_graph()
    _keep_rows(light_run)
    (file,) = tlx.export(light_run)
    assert (file.source, file.metric, file.score) == ("sample", None, None)
    seen = tlx.Classifier(file.path).card.verification
    assert (seen.source, seen.pictures, seen.metric) == ("sample", pictures.FEWEST, None)


def test_samples_are_spread_evenly_in_the_order_of_their_labels():
    samples = [Sample(Path(f"{label}{i}"), label) for i in range(10) for label in "cab"]
    assert "".join(sample.label for sample in spread(samples, 6)) == "aabbcc"
    assert len({sample.path for sample in spread(samples, 30)}) == 30
    assert len(spread(samples, 100)) == 30
    assert spread(samples, 0) == []


def test_ranges_are_taken_from_every_training_picture_alone(light_run, split_folder):
    samples = calibration_pictures(light_run, None)
    assert {s.path for s in samples} == {*(split_folder / "train").glob("*/*.jpg")}


def test_a_run_without_training_pictures_gives_no_ranges(light_run):
    _keep_rows(light_run, "validation")
    with pytest.raises(DataError, match="names no training pictures, and int8 takes its ranges"):
        calibration_pictures(light_run, None)


def test_a_training_picture_that_is_gone_is_named(light_run, tmp_path):
    with pytest.raises(DataError, match=r"is gone.*give their folder with --data"):
        calibration_pictures(light_run, tmp_path)


def test_a_picture_of_a_shape_that_no_file_takes_is_named(light_run, split_folder, tmp_path):
    shutil.copytree(split_folder / "test", tmp_path / "data")
    Image.new("RGB", (1, 400)).save(tmp_path / "data" / "red" / "000.jpg")  # beyond 1:200
    with pytest.raises(DataError, match=r"red.000\.jpg cannot be verified on"):
        tlx.export(light_run, data=tmp_path / "data")
