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
from tlx.evaluation.scoring import evaluate
from tlx.export import pictures
from tlx.export.options import ExportOptions
from tlx.export.pictures import (
    FEWEST,
    SAMPLE,
    VerificationPictures,
    own_pictures,
    spread,
    verification_pictures,
)
from tlx.export.publish import export_events
from tlx.inference.events import finish
from tlx.inference.picture import decode
from tlx.samples.sample import Sample
from tlx.training.checkpoint import load_checkpoint

OLDER = ExportOptions(formats=("onnx",), legacy_exporter=True)  # the quicker exporter


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
    assert (chosen.source, chosen.labelled) == ("validation and training", FEWEST)
    assert len({*chosen.paths}) == FEWEST
    assert Counter(sample.label for sample in chosen.samples)["red"] in (21, 22)
    assert all(sample.label == sample.path.parent.name for sample in chosen.samples)


def test_enough_validation_pictures_are_taken_alone(light_run, monkeypatch):
    monkeypatch.setattr(pictures, "FEWEST", 30)
    chosen = _chosen(light_run)
    assert _places(chosen) == {"val": 30}
    assert (chosen.source, chosen.labelled) == ("validation", 30)


def test_many_validation_pictures_are_spread_over_the_labels(light_run, monkeypatch):
    monkeypatch.setattr(pictures, "MOST", 6)
    monkeypatch.setattr(pictures, "FEWEST", 6)
    chosen = _chosen(light_run)
    assert [sample.label for sample in chosen.samples] == [
        *["blue"] * 2, *["green"] * 2, *["red"] * 2
    ]  # fmt: skip
    assert _places(chosen) == {"val": 6}


def test_a_split_with_labels_that_the_checkpoint_does_not_have_is_refused(light_run):
    split = light_run / "split.csv"
    split.write_text(split.read_text(encoding="utf-8").replace(",red,", ",violet,"))
    said = r"split\.csv is not of this run: .* know the label violet.*; put back .*, or train again"
    with pytest.raises(DataError, match=said):
        _chosen(light_run)


def test_training_pictures_alone_will_do(light_run):
    _keep_rows(light_run, "train")
    chosen = _chosen(light_run)
    assert _places(chosen) == {"train": FEWEST}
    assert chosen.source == "validation and training"


def test_a_run_without_pictures_is_verified_on_the_photographs_that_are_shipped(light_run):
    _keep_rows(light_run)
    card = load_checkpoint(light_run / "best.pt").card
    with verification_pictures(light_run, card, None) as chosen:
        assert (chosen.source, chosen.labelled) == (SAMPLE, 0)
        assert len(chosen.paths) == FEWEST
        assert {path.suffix for path in chosen.paths} == {".png", ".jpg"}
        shown = [np.asarray(decode(path, 37)) for path in chosen.paths]
        assert all(pixels.std() > 5 for pixels in shown)  # no patch of one colour
        assert len({pixels.tobytes() for pixels in shown}) == FEWEST
    assert not any(path.exists() for path in chosen.paths)


def test_a_run_with_too_few_pictures_is_filled_up_with_parts_of_the_photographs(light_run):
    _keep_rows(light_run, "validation")
    card = load_checkpoint(light_run / "best.pt").card
    with verification_pictures(light_run, card, None) as chosen:
        assert (chosen.source, chosen.labelled) == ("run and sample", 30)
        assert all(sample.label in card.labels for sample in chosen.samples[:30])
        assert [sample.label for sample in chosen.samples[30:]] == [""] * (FEWEST - 30)
        assert all(decode(path, 37) for path in chosen.paths[30:])


def test_a_folder_of_the_runs_labels_gives_their_truth_and_is_filled_up(light_run, split_folder):
    chosen = _chosen(light_run, split_folder / "test")
    assert (chosen.source, chosen.labelled, chosen.notes) == ("folder and sample", 30, ())
    assert len(chosen.paths) == FEWEST
    assert all(sample.label == sample.path.parent.name for sample in chosen.samples[:30])


def test_a_folder_of_enough_pictures_is_taken_alone(light_run, split_folder, monkeypatch):
    monkeypatch.setattr(pictures, "FEWEST", 30)
    chosen = _chosen(light_run, split_folder / "test")
    assert (chosen.source, chosen.labelled, len(chosen.paths)) == ("folder", 30, 30)


@pytest.fixture
def given(split_folder, tmp_path) -> Path:
    """A folder of 30 pictures that the run does not know, ten a label."""
    return Path(shutil.copytree(split_folder / "test", tmp_path / "given"))


def test_a_folder_that_is_no_label_is_named_and_the_others_are_scored(light_run, given):
    (given / "blue").rename(given / "azure")
    chosen = _chosen(light_run, given)
    assert chosen.labelled == 20
    assert {sample.label for sample in chosen.samples[:20]} == {"green", "red"}
    assert {sample.label for sample in chosen.samples[20:30]} == {"azure"}
    assert chosen.notes == (
        "the card has no label 'azure': the truth of 10 pictures in folders named so is unknown, "
        "the score is that of the other 20 alone",
    )


def test_a_folder_without_a_label_of_the_card_gives_pictures_and_no_truth(light_run, given):
    flat = _chosen(light_run, given / "red")
    assert flat.labelled == 10  # every picture lies in a folder of that name
    chosen = _chosen(light_run, (given / "red").rename(given / "crimson"))
    assert (chosen.source, chosen.labelled) == ("folder and sample", 0)
    (note,) = chosen.notes
    assert note.endswith("the truth of 10 pictures in folders named so is unknown, so there is no "
                         "score")  # fmt: skip
    assert "no label 'crimson'" in note


def test_pictures_of_a_folder_that_cannot_be_read_are_left_out_and_named(light_run, given):
    (given / "red" / "000.jpg").write_bytes(b"")
    Image.new("RGB", (1, 400)).save(given / "red" / "001.jpg")  # a shape beyond 1:200
    chosen = _chosen(light_run, given)
    assert (chosen.labelled, len(chosen.paths)) == (28, FEWEST)
    (note,) = chosen.notes
    assert note.startswith(f"left out of {given}: 2 pictures that cannot be read: ")
    assert f"{given / 'red' / '000.jpg'} (" in note
    assert f"{given / 'red' / '001.jpg'} (1 x 400 pixels is a shape beyond 1:200)" in note


def test_a_note_names_some_and_counts_the_others(light_run, given):
    for label in ("blue", "green"):
        for path in (given / label).iterdir():
            path.write_bytes(b"")
    chosen = _chosen(light_run, given)
    assert chosen.labelled == 10
    (note,) = chosen.notes
    assert note.count(".jpg (") == 10
    assert note.endswith(" and 10 more")


def test_a_folder_of_which_nothing_can_be_read_is_refused(light_run, given):
    for path in given.glob("*/*.jpg"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"no picture tried in .*given can be read, such as .*000"):
        _chosen(light_run, given)


def test_the_truth_that_is_known_is_scored_and_the_rest_compared(
    plant_graph, light_run, given, monkeypatch
):
    plant_graph()
    monkeypatch.setattr(pictures, "MOST", 320)
    monkeypatch.setattr(pictures, "FEWEST", 34)
    (given / "blue").rename(given / "azure")
    (given / "red" / "000.jpg").write_bytes(b"")
    chosen, *_, verified, file = export_events(light_run, data=given)
    assert len(chosen.notes) == 2
    found = verified.verification
    assert (found.source, found.comparison.pictures) == ("folder and sample", 34)
    assert (found.scores.metric, found.scores.pictures) == ("accuracy", 19)
    known = [path for label in ("green", "red") for path in (given / label).iterdir()]
    report = finish(evaluate(tlx.Classifier(file.path), [Sample(p, p.parent.name) for p in known]))
    assert (file.score, report.pictures) == (pytest.approx(report.accuracy), 19)


def test_a_folder_says_nothing_of_several_labels_at_once(light_run, split_folder):
    chosen = _chosen(light_run, split_folder / "test", task="multi-label")
    assert (chosen.source, chosen.labelled) == ("folder and sample", 0)


def test_of_a_large_folder_some_are_taken(light_run, split_folder, monkeypatch):
    monkeypatch.setattr(pictures, "MOST", 9)
    monkeypatch.setattr(pictures, "FEWEST", 9)
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


def test_a_runs_own_pictures_are_those_of_one_split(light_run, split_folder):
    for split, folder in {"train": "train", "validation": "val"}.items():
        samples = own_pictures(light_run, None, split)
        assert {s.path for s in samples} == {*(split_folder / folder).glob("*/*.jpg")}


def test_a_picture_of_the_run_that_is_gone_is_named(light_run, split_folder, tmp_path):
    shutil.copytree(split_folder, tmp_path / "moved")
    (tmp_path / "moved" / "train" / "red" / "003.jpg").unlink()
    with pytest.raises(DataError, match=r"red.003\.jpg is gone.*give their folder with --data"):
        own_pictures(light_run, tmp_path / "moved", "train")


def test_a_picture_of_the_run_of_a_shape_that_no_file_takes_is_named(
    light_run, split_folder, tmp_path
):
    shutil.copytree(split_folder, tmp_path / "moved")
    Image.new("RGB", (1, 400)).save(tmp_path / "moved" / "val" / "red" / "000.jpg")
    with pytest.raises(DataError, match=r"red.000\.jpg cannot be verified on"):
        tlx.export(light_run, data=tmp_path / "moved", options=OLDER)
