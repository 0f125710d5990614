"""From folders or a CSV to splits: groups, near-duplicates, an earlier split, several labels."""

import csv
import random
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlx.errors import DataError, TlxError, UsageError
from tlx.inference.events import finish
from tlx.samples.loading import load_pictures
from tlx.samples.sample import SPLITS, LabelledPictures
from tlx.samples.source import SampleSource, find_source_samples
from tlx.samples.splitting import write_split

SIDE = 36


def draw(path: Path, seed: int) -> Path:
    """Write a picture of soft shapes, another for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((48, 40), Image.Resampling.BICUBIC).save(path)
    return path


def again(path: Path, target: Path) -> Path:
    """Save a picture once more, smaller and as JPEG."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(path) as picture:
        picture.resize((40, 33)).save(target, quality=85)
    return target


def flat(root: Path, count: int = 20) -> Path:
    for label in ("ant", "bee"):
        for number in range(count):
            draw(root / label / f"{number:03}.png", sum(label.encode()) * 1000 + number)
    return root


def table(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def load(root: Path, **options: object) -> LabelledPictures:
    return finish(load_pictures(find_source_samples(SampleSource(root, **options)), SIDE))


def sides(pictures: LabelledPictures) -> dict[str, str]:
    return {
        sample.path.relative_to(pictures.root).as_posix(): split
        for split in SPLITS
        for sample in pictures.split(split)
    }


def refused(root: Path, kind: type[TlxError] = DataError, **options: object) -> str:
    with pytest.raises(kind) as caught:
        load(root, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_near_duplicates_of_a_flat_folder_stay_in_one_split(tmp_path: Path):
    flat(tmp_path, 30)
    for path in sorted(tmp_path.rglob("*.png"))[::2]:
        again(path, path.with_name(f"{path.stem} small.jpg"))
    found = sides(load(tmp_path))
    copies = [name for name in found if name.endswith(" small.jpg")]
    assert len(copies) == 30
    for name in copies:
        assert found[name] == found[name.replace(" small.jpg", ".png")]
    assert Counter(found.values())["train"] == pytest.approx(63, abs=3)


def test_near_duplicates_in_two_given_splits_are_noted_and_stay(tmp_path: Path):
    for split, start in (("train", 0), ("val", 100)):
        for label in ("ant", "bee"):
            for number in range(12):
                seed = start + number + (50 if label == "bee" else 0)
                draw(tmp_path / split / label / f"{number}.png", seed)
    again(tmp_path / "train/ant/3.png", tmp_path / "val/ant/again.jpg")
    pictures = load(tmp_path)
    assert sides(pictures)["val/ant/again.jpg"] == "validation"
    (note,) = [note for note in pictures.notes if "near-duplicates" in note]
    assert note.startswith("1 pair of near-duplicates in more than one split")
    assert "again.jpg" in note


def test_near_duplicates_under_two_labels_are_noted(tmp_path: Path):
    flat(tmp_path)
    again(tmp_path / "ant/003.png", tmp_path / "bee/again.jpg")
    together, mixed = [note for note in load(tmp_path).notes if "near-duplicates" in note]
    assert together.startswith("2 pictures belong together in 1 group")
    assert "under more than one label" in mixed


def test_groups_by_a_pattern_in_the_path_stay_together(tmp_path: Path):
    flat(tmp_path, 40)
    found = sides(load(tmp_path, group_by=r"(\d)\.png"))
    for digit in range(10):
        assert len({side for name, side in found.items() if name.endswith(f"{digit}.png")}) == 1
    assert {*found.values()} == {*SPLITS}


def test_a_pattern_without_a_group_names_groups_by_the_whole_match(tmp_path: Path):
    flat(tmp_path, 40)
    found = sides(load(tmp_path, group_by="bee/00"))
    assert len({side for name, side in found.items() if name.startswith("bee/00")}) == 1
    assert len({side for name, side in found.items() if name.startswith("ant/")}) == 3


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("person(", "--group-by person(: no regular expression"),
        ("xyz", "found in no picture's path"),
    ],
)
def test_a_pattern_that_fits_nothing_is_refused(tmp_path: Path, pattern: str, said: str):
    assert said in refused(flat(tmp_path, 3), UsageError, group_by=pattern)


def labelled(root: Path, *columns: str) -> list[list[str]]:
    """Rows for 40 pictures without label folders."""
    for number in range(40):
        draw(root / "pictures" / f"{number:03}.png", number)
    return [["file", "label", *columns]] + [
        [f"pictures/{number:03}.png", "ant" if number % 2 else "bee"] for number in range(40)
    ]


def test_a_csv_says_the_labels_and_its_column_the_groups(tmp_path: Path):
    rows = labelled(tmp_path, "person")
    for index, row in enumerate(rows[1:]):
        row.append(f"person {index % 10}")
    path = table(tmp_path / "labels.csv", *rows)
    pictures = load(tmp_path, labels=path, group_by="person")
    assert pictures.task == "single-label"
    assert pictures.labels == ("ant", "bee")
    found = sides(pictures)
    for person in range(10):
        assert len({found[row[0]] for row in rows[1:] if row[2] == f"person {person}"}) == 1
    assert {*found.values()} == {*SPLITS}


def test_an_empty_column_of_groups_is_refused(tmp_path: Path):
    rows = [[*row, ""] for row in labelled(tmp_path)]
    rows[0][-1] = "person"
    path = table(tmp_path / "labels.csv", *rows)
    assert "the column is empty" in refused(tmp_path, UsageError, labels=path, group_by="person")


def test_the_splits_of_a_csv_are_kept_and_a_missing_validation_is_taken_from_train(tmp_path: Path):
    rows = labelled(tmp_path, "split")
    for index, row in enumerate(rows[1:]):
        row.append("test" if index < 10 else "train")
    pictures = load(tmp_path, labels=table(tmp_path / "labels.csv", *rows))
    assert {sample.path.stem for sample in pictures.test} == {f"{n:03}" for n in range(10)}
    assert (len(pictures.train), len(pictures.validation)) == (24, 6)
    assert any("a stratified fifth of train" in note for note in pictures.notes)


def test_rows_without_a_split_are_divided_among_those_that_there_are(tmp_path: Path):
    rows = labelled(tmp_path, "split")
    for index, row in enumerate(rows[1:]):
        row.append("" if index >= 20 else "val" if index < 4 else "train")
    pictures = load(tmp_path, labels=table(tmp_path / "labels.csv", *rows))
    assert pictures.test == ()
    assert (len(pictures.train), len(pictures.validation)) == (32, 8)
    assert any(note.startswith("20 new pictures") for note in pictures.notes)


def test_a_csv_without_training_rows_is_refused(tmp_path: Path):
    rows = [[*row, "test"] for row in labelled(tmp_path)]
    rows[0][-1] = "split"
    assert "the split train" in refused(tmp_path, labels=table(tmp_path / "l.csv", *rows))


def test_files_of_a_csv_that_are_missing_are_left_out(tmp_path: Path):
    rows = [*labelled(tmp_path), ["pictures/gone.png", "bee"]]
    pictures = load(tmp_path, labels=table(tmp_path / "labels.csv", *rows))
    assert [(row.path.name, row.reason) for row in pictures.left_out] == [
        ("gone.png", "no such file")
    ]


def test_a_csv_beside_no_folder_is_refused(tmp_path: Path):
    path = table(tmp_path / "labels.csv", *labelled(tmp_path))
    assert "nowhere is no folder" in refused(tmp_path / "nowhere", labels=path)


def test_several_labels_a_picture_are_stratified(tmp_path: Path):
    chance = random.Random(0)
    rows = [["file", "labels"]]
    for number in range(120):
        draw(tmp_path / f"{number:03}.png", number)
        labels = [
            name for name, rate in (("a", 0.5), ("b", 0.3), ("c", 0.1)) if chance.random() < rate
        ]
        rows.append([f"{number:03}.png", "|".join(labels)])
    pictures = load(tmp_path, labels=table(tmp_path / "labels.csv", *rows))
    assert pictures.task == "multi-label"
    assert pictures.labels == ("a", "b", "c")
    assert any(not sample.label for sample in pictures.train)
    for label in pictures.labels:
        counts = {
            split: sum(label in sample.labels for sample in pictures.split(split))
            for split in SPLITS
        }
        total = sum(counts.values())
        assert counts["validation"] == pytest.approx(0.15 * total, abs=1.5)
        assert counts["test"] == pytest.approx(0.15 * total, abs=1.5)


def test_an_earlier_split_is_kept_and_new_pictures_are_divided(tmp_path: Path):
    data = flat(tmp_path / "data")
    before = load(data)
    write_split(tmp_path / "split.csv", before)
    assert load(data, split=tmp_path / "split.csv").fingerprint == before.fingerprint
    for number in range(20):
        draw(data / "ant" / f"new {number}.png", 999_000 + number)
    (data / "bee" / "000.png").unlink()
    after = load(data, split=tmp_path / "split.csv")
    old = {name: side for name, side in sides(before).items() if name != "bee/000.png"}
    assert old.items() <= sides(after).items()
    new = Counter(side for name, side in sides(after).items() if "new" in name)
    assert new == {"train": 14, "validation": 3, "test": 3}
    assert any(note.startswith("20 new pictures") for note in after.notes)
    assert any("gone from the earlier split: 1 picture," in note for note in after.notes)


def test_a_new_near_duplicate_joins_the_side_of_the_one_that_was_there(tmp_path: Path):
    data = flat(tmp_path / "data")
    before = load(data)
    write_split(tmp_path / "split.csv", before)
    for name in sides(before):
        path = data / name
        again(path, path.with_name(f"{path.stem} again.jpg"))
    after = sides(load(data, split=tmp_path / "split.csv"))
    for name, side in sides(before).items():
        assert after[name.replace(".png", " again.jpg")] == side == after[name]


def test_an_earlier_split_is_kept_where_the_pictures_have_moved(tmp_path: Path):
    data = flat(tmp_path / "data")
    before = load(data)
    write_split(tmp_path / "split.csv", before)
    moved = shutil.move(data, tmp_path / "moved")
    assert sides(load(Path(moved), split=tmp_path / "split.csv")) == sides(before)


def test_an_earlier_split_of_other_pictures_is_refused(tmp_path: Path):
    write_split(tmp_path / "split.csv", load(flat(tmp_path / "data")))
    other = draw(tmp_path / "other" / "x" / "1.png", 1).parent.parent
    assert "names no picture of" in refused(other, UsageError, split=tmp_path / "split.csv")


def test_a_run_of_several_labels_is_read_back_from_its_own_split_file(tmp_path: Path):
    rows = [["file", "a", "b"]]
    for number in range(30):
        draw(tmp_path / f"{number:03}.png", number)
        rows.append([f"{number:03}.png", str(number % 2), str(int(number % 3 == 0))])
    before = load(tmp_path, labels=table(tmp_path / "labels.csv", *rows))
    write_split(tmp_path / "split.csv", before)
    after = load(tmp_path, labels=tmp_path / "split.csv")
    assert after.task == "multi-label"
    assert after.fingerprint == before.fingerprint


def test_nothing_of_the_users_is_changed(tmp_path: Path):
    path = table(tmp_path / "labels.csv", *labelled(tmp_path))
    files = [file for file in sorted(tmp_path.rglob("*")) if file.is_file()]
    before = [(file, file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    load(tmp_path, labels=path, group_by=r"(\d)\.png")
    files = [file for file in sorted(tmp_path.rglob("*")) if file.is_file()]
    assert [(file, file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_the_conflict_in_real_clothing_is_found(real_pictures: Path):
    notes = load(real_pictures / "clothing").notes
    (note,) = [note for note in notes if "near-duplicates" in note]
    assert "under more than one label" in note
    assert "6075b4a5" in note
    assert "637a56e4" in note


def test_real_hands_are_divided_as_if_there_were_no_duplicates(real_pictures: Path):
    pictures = load(real_pictures / "sign-digits")
    counts = [Counter(sample.label for sample in pictures.split(split)) for split in SPLITS]
    assert [set(count.values()) for count in counts] == [{42}, {9}, {9}]
