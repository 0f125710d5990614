"""Which samples a run begins with, and goes on with."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from tlx.errors import UsageError
from tlx.inference.events import finish
from tlx.samples.loading import load_pictures
from tlx.samples.sample import LabelledPictures
from tlx.samples.splitting import write_split
from tlx.training.config import TrainingConfig
from tlx.training.data import (
    find_samples_again,
    find_training_samples,
    note_learned_before,
)
from tlx.training.run_folder import choose_run_folder


def first(config: TrainingConfig, run: Path) -> LabelledPictures:
    pictures = finish(load_pictures(find_training_samples(config), 36))
    run.mkdir()
    write_split(run / "split.csv", pictures)
    return pictures


def again(config: TrainingConfig, run: Path) -> LabelledPictures:
    return finish(load_pictures(find_samples_again(config, run), 36))


@pytest.fixture
def flat(write_pictures, tmp_path) -> Path:
    return write_pictures(tmp_path / "flat", 8)


@pytest.fixture
def table(flat) -> Path:
    """A CSV of the same pictures beside them, with another label in each."""
    rows = [(path.relative_to(flat).as_posix(), path.parent.name) for path in flat.rglob("*.jpg")]
    with (flat / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("photo", "colour"), *sorted(rows)])
    return flat / "labels.csv"


def test_every_option_of_data_reaches_the_samples(flat, table, tmp_path):
    columns = {"file_column": "photo", "label_columns": "colour"}
    config = TrainingConfig(flat, labels=table, **columns)
    before = first(config, tmp_path / "run")
    assert before.labels == ("blue", "green", "red")
    same = TrainingConfig(
        flat, labels=table, **columns, split=tmp_path / "run" / "split.csv", group_by=r"\d+"
    )
    assert finish(load_pictures(find_training_samples(same), 36)).fingerprint == before.fingerprint


def test_a_run_on_folders_goes_on_with_its_own_split_even_elsewhere(flat, tmp_path):
    before = first(TrainingConfig(flat, group_by=r"(\d)\.jpg"), tmp_path / "run")
    moved = flat.rename(tmp_path / "moved")
    config = TrainingConfig(moved, group_by=r"(\d)\.jpg")
    assert again(config, tmp_path / "run").fingerprint == before.fingerprint


def test_a_run_on_a_csv_goes_on_without_it(flat, table, tmp_path):
    columns = {"file_column": "photo", "label_columns": "colour"}
    before = first(TrainingConfig(flat, labels=table, **columns), tmp_path / "run")
    table.unlink()
    moved = flat.rename(tmp_path / "moved")
    config = TrainingConfig(moved, labels=table, **columns)
    assert again(config, tmp_path / "run").fingerprint == before.fingerprint


def test_a_picture_that_came_or_went_changes_the_fingerprint(flat, tmp_path, write_pictures):
    before = first(TrainingConfig(flat), tmp_path / "run")
    gone = flat / "red" / "003.jpg"
    content = gone.read_bytes()
    gone.unlink()
    assert again(TrainingConfig(flat), tmp_path / "run").fingerprint != before.fingerprint
    gone.write_bytes(content)
    assert again(TrainingConfig(flat), tmp_path / "run").fingerprint == before.fingerprint
    write_pictures(flat, 9)
    assert again(TrainingConfig(flat), tmp_path / "run").fingerprint != before.fingerprint


def test_a_run_beside_its_csv_is_allowed(flat, table):
    out = flat / "runs" / "one"
    assert choose_run_folder(TrainingConfig(flat, out, labels=table)) == out
    with pytest.raises(UsageError, match="lies inside"):
        choose_run_folder(TrainingConfig(flat, out))


def test_pictures_that_an_earlier_run_learned_from_are_counted_where_they_are_held_out(
    flat, tmp_path
):
    run = tmp_path / "run"
    before = first(TrainingConfig(flat), run)
    assert note_learned_before(run, before) == ()
    swapped = replace(before, train=before.validation, validation=before.train, test=())
    (note,) = note_learned_before(run, swapped)
    assert f"flatters the scores: {len(before.train)} pictures; " in note
    assert f"--split {run / 'split.csv'}" in note


@pytest.mark.parametrize("content", [None, "file,label", "split,file\nleft,red/000.jpg\n"])
def test_without_a_split_file_nothing_is_known_of_an_earlier_run(flat, tmp_path, content):
    pictures = finish(load_pictures(find_training_samples(TrainingConfig(flat)), 36))
    if content is not None:
        (tmp_path / "split.csv").write_text(content)
    assert note_learned_before(tmp_path, pictures) == ()
    assert note_learned_before(None, pictures) == ()
