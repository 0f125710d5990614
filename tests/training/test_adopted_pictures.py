"""Pictures that an adopted classifier is verified on: matched by name, split as they were given."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tlx.errors import DataError, UsageError
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing
from tlx.training.adopted_pictures import read_adopted_pictures

ORIGIN = Provenance("0", "unknown", "resnet18", "a.pth", "0" * 64, "unknown", "", "2026-01-01", 0)
CARD = ModelCard(("red", "grey", "blue", "green"), Preprocessing(37, 32), ORIGIN)
SEVERAL = replace(CARD, task="multi-label")


def read(data: Path, truth: Path | None = None, card: ModelCard = CARD):
    return finish(read_adopted_pictures(data, truth, card))


@pytest.fixture
def flat(write_pictures, tmp_path) -> Path:
    """Three pictures a label in label folders."""
    return write_pictures(tmp_path / "flat", 3)


def test_label_folders_are_wholly_for_validation_and_that_is_said(flat):
    found = read(flat)
    assert (len(found.train), len(found.validation), len(found.test)) == (0, 9, 0)
    assert all(sample.path.parent.name == sample.label for sample in found.validation)
    assert found.labels == CARD.labels  # the outputs' order, not the folders'
    split, missing = found.notes
    assert split.startswith(f"{flat} has no splits, so all its pictures are for validation")
    assert missing == "1 of 4 labels have no validation picture"


def test_splits_that_are_given_are_kept(split_folder):
    found = read(split_folder)
    assert (len(found.train), len(found.validation), len(found.test)) == (72, 30, 30)
    assert {sample.path.parent.parent.name for sample in found.validation} == {"val"}
    assert found.notes == ("1 of 4 labels have no validation picture",)


def test_a_label_that_the_classifier_does_not_know_is_an_error(flat):
    (flat / "red").rename(flat / "Red")
    with pytest.raises(DataError, match=r"does not know: 'Red'; labels are matched by name"):
        read(flat)


def test_many_unknown_labels_are_counted(tmp_path, flat):
    for number in range(30):
        shutil.copytree(flat / "red", flat / f"unknown {number:02}")
    with pytest.raises(DataError, match="'unknown 09' and 20 more; labels"):
        read(flat)


def test_pictures_that_cannot_be_read_are_left_out(flat):
    (flat / "red" / "000.jpg").write_bytes(b"no picture")
    found = read(flat)
    assert len(found.validation) == 8
    assert [row.path for row in found.left_out] == [flat / "red" / "000.jpg"]


def test_a_folder_without_validation_pictures_is_refused(split_folder, tmp_path):
    shutil.copytree(split_folder, tmp_path / "data", ignore=shutil.ignore_patterns("val"))
    with pytest.raises(DataError, match=r"no pictures for validation.*give one of its folders"):
        read(tmp_path / "data")
    assert len(read(tmp_path / "data" / "test").validation) == 30


def test_a_folder_of_nothing_but_bad_pictures_says_what_is_wrong_with_one(tmp_path):
    for label in ("red", "blue"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.jpg").touch()
    with pytest.raises(DataError, match=r"of 2 that cannot be read, .*a\.jpg: empty file"):
        read(tmp_path)


def test_a_csv_gives_labels_and_splits_and_the_rest_is_for_validation(flat, tmp_path):
    rows = [
        "file,label,split",
        "red/000.jpg,green,train",
        "red/001.jpg,red,",
        "red/002.jpg,red,val",
    ]
    (tmp_path / "truth.csv").write_text("\n".join(rows))
    found = read(flat, tmp_path / "truth.csv")
    assert [(s.path.name, s.label) for s in found.train] == [("000.jpg", "green")]
    assert [s.path.name for s in found.validation] == ["001.jpg", "002.jpg"]


def test_several_labels_a_picture_come_from_a_csv(flat, tmp_path):
    (tmp_path / "truth.csv").write_text("file,labels\nred/000.jpg,red|blue\nred/001.jpg,\n")
    found = read(flat, tmp_path / "truth.csv", SEVERAL)
    assert found.task == "multi-label"
    assert [sample.labels for sample in found.validation] == [("blue", "red"), ()]
    (tmp_path / "truth.csv").write_text("file,labels\nred/000.jpg,red|pink\n")
    with pytest.raises(DataError, match="does not know: 'pink'"):
        read(flat, tmp_path / "truth.csv", SEVERAL)


def test_a_csv_of_the_other_task_is_refused(flat, tmp_path):
    (tmp_path / "truth.csv").write_text("file,labels\nred/000.jpg,red|blue\n")
    with pytest.raises(UsageError, match="is multi-label, the classifier single-label"):
        read(flat, tmp_path / "truth.csv")
