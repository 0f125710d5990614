"""From a folder to what a training uses: splits, labels, what is left out, what is refused."""

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tlx.errors import DataError
from tlx.samples.folders import find_samples
from tlx.samples.loading import ReadingProgress, load_pictures
from tlx.samples.sample import LabelledPictures, LeftOut, Sample

SIDE = 36


def write(folder: Path, count: int, start: int = 0) -> Path:
    """Write tiny PNGs, each of another colour than all with another number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        colour = (number % 256, number // 256, sum(folder.name.encode()) % 256)
        Image.new("RGB", (8, 8), colour).save(folder / f"{number:04}.png")
    return folder


def split_folder(root: Path, train: int = 10, val: int = 4, test: int = 4) -> Path:
    for split, count, start in (("train", train, 0), ("val", val, 300), ("test", test, 600)):
        for label in ("ant", "bee"):
            if count:
                write(root / split / label, count, start)
    return root


def steps(root: Path) -> tuple[list[ReadingProgress], LabelledPictures]:
    """Run the loading to its end: what it said on the way, and its result."""
    progress: list[ReadingProgress] = []
    loading = load_pictures(find_samples(root), SIDE)
    while True:
        try:
            progress.append(next(loading))
        except StopIteration as stop:
            return progress, stop.value


def load(root: Path) -> LabelledPictures:
    return steps(root)[1]


def refused(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        load(root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def counts(samples: tuple[Sample, ...]) -> dict[str, int]:
    return dict(Counter(sample.label for sample in samples))


def test_a_flat_folder_is_divided_70_15_15_in_each_label(tmp_path: Path):
    write(tmp_path / "ant", 100)
    write(tmp_path / "bee", 40)
    pictures = load(tmp_path)
    assert pictures.root == tmp_path
    assert pictures.labels == ("ant", "bee")
    assert counts(pictures.train) == {"ant": 70, "bee": 28}
    assert counts(pictures.validation) == {"ant": 15, "bee": 6}
    assert counts(pictures.test) == {"ant": 15, "bee": 6}
    assert any("70/15/15" in note for note in pictures.notes)


def test_a_flat_folders_pictures_each_stand_in_one_split(tmp_path: Path):
    write(tmp_path / "ant", 30)
    write(tmp_path / "bee", 21)
    pictures = load(tmp_path)
    together = sorted(pictures.train + pictures.validation + pictures.test)
    assert together == sorted(find_samples(tmp_path).train)


def test_a_flat_folder_is_divided_the_same_way_every_time_and_everywhere(tmp_path: Path):
    write(tmp_path / "here" / "ant", 30)
    write(tmp_path / "here" / "bee", 30)
    shutil.copytree(tmp_path / "here", tmp_path / "far" / "away")
    one, other = load(tmp_path / "here"), load(tmp_path / "far" / "away")
    for split in ("train", "validation", "test"):
        assert [sample.path.relative_to(one.root) for sample in one.split(split)] == [
            sample.path.relative_to(other.root) for sample in other.split(split)
        ]


def test_identical_files_of_a_flat_folder_stay_in_one_split(tmp_path: Path):
    for label in ("ant", "bee"):
        folder = write(tmp_path / label, 20)
        for path in sorted(folder.iterdir()):
            shutil.copy(path, folder / f"copy of {path.name}")
    pictures = load(tmp_path)
    for split in ("train", "validation", "test"):
        names = {(s.label, s.path.name.removeprefix("copy of ")) for s in pictures.split(split)}
        assert 2 * len(names) == len(pictures.split(split)) > 0


def test_the_splits_of_the_folder_are_kept_where_all_are_given(tmp_path: Path):
    pictures = load(split_folder(tmp_path))
    for split, folder in {"train": "train", "validation": "val", "test": "test"}.items():
        samples = pictures.split(split)
        assert {sample.path.parent.parent.name for sample in samples} == {folder}
    assert counts(pictures.train) == {"ant": 10, "bee": 10}
    assert counts(pictures.validation) == counts(pictures.test) == {"ant": 4, "bee": 4}
    assert pictures.notes == ()


def test_without_validation_a_stratified_fifth_of_train_becomes_it(tmp_path: Path):
    pictures = load(split_folder(tmp_path, train=50, val=0))
    assert counts(pictures.train) == {"ant": 40, "bee": 40}
    assert counts(pictures.validation) == {"ant": 10, "bee": 10}
    assert {sample.path.parent.parent.name for sample in pictures.validation} == {"train"}
    assert any("a stratified fifth of train" in note for note in pictures.notes)


def test_the_test_folder_is_never_used_for_validation(tmp_path: Path):
    pictures = load(split_folder(tmp_path, val=0, test=30))
    assert counts(pictures.test) == {"ant": 30, "bee": 30}
    assert {sample.path.parent.parent.name for sample in pictures.test} == {"test"}
    assert not {*pictures.test} & {*pictures.train, *pictures.validation}


def test_test_may_be_missing(tmp_path: Path):
    assert load(split_folder(tmp_path, test=0)).test == ()


def test_a_label_really_called_train_is_trained_on(tmp_path: Path):
    for label in ("bus", "train", "tram"):
        write(tmp_path / label, 20)
    pictures = load(tmp_path)
    assert pictures.labels == ("bus", "train", "tram")
    assert counts(pictures.train) == {"bus": 14, "train": 14, "tram": 14}


def test_labels_stand_in_the_order_of_their_code_points(tmp_path: Path):
    for label in ("b", "a", "B", "ä", "10", "9"):
        write(tmp_path / label, 3)
    assert load(tmp_path).labels == ("10", "9", "B", "a", "b", "ä")


def test_unreadable_pictures_are_left_out_with_their_reasons(tmp_path: Path):
    split_folder(tmp_path)
    bad = {
        tmp_path / "train" / "ant" / "0003.png": (b"", "empty file (0 bytes)"),
        tmp_path / "train" / "bee" / "note.jpg": (b"hm", "not a picture in a known format"),
        tmp_path / "test" / "bee" / "0600.png": (b"", "empty file (0 bytes)"),
    }
    for path, (content, _) in bad.items():
        path.write_bytes(content)
    pictures = load(tmp_path)
    assert pictures.left_out == tuple(LeftOut(path, reason) for path, (_, reason) in bad.items())
    assert counts(pictures.train) == {"ant": 9, "bee": 10}
    assert counts(pictures.test) == {"ant": 4, "bee": 3}
    kept = {sample.path for sample in pictures.train + pictures.validation + pictures.test}
    assert not kept & bad.keys()


def test_progress_counts_every_picture_readable_or_not(tmp_path: Path):
    split_folder(tmp_path, train=3, val=2, test=1)
    (tmp_path / "train" / "ant" / "bad.png").touch()
    progress, _ = steps(tmp_path)
    assert progress == [ReadingProgress(done, 13) for done in range(1, 14)]


def test_a_single_label_is_refused(tmp_path: Path):
    write(tmp_path / "ant", 12)
    assert re.search("has only the label '?ant\\b", refused(tmp_path))


def test_a_second_label_without_a_readable_picture_is_no_second_label(tmp_path: Path):
    write(tmp_path / "ant", 12)
    write(tmp_path / "bee", 1)
    (tmp_path / "bee" / "0000.png").write_bytes(b"")
    assert re.search("has only the label '?ant\\b", refused(tmp_path))


def test_training_pictures_none_of_which_can_be_read_are_refused(tmp_path: Path):
    for label in ("ant", "bee"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.jpg").touch()
    text = refused(tmp_path)
    assert "no training picture can be read" in text
    assert str(tmp_path / "ant" / "1.jpg") in text
    assert "empty file" in text


def test_a_folder_without_pictures_is_refused(tmp_path: Path):
    (tmp_path / "ant").mkdir()
    assert "no pictures in" in refused(tmp_path)


@pytest.mark.parametrize(("folder", "split"), [("val", "validation"), ("test", "test")])
def test_labels_that_train_does_not_have_are_refused_by_name(
    tmp_path: Path, folder: str, split: str
):
    split_folder(tmp_path)
    write(tmp_path / folder / "wasp", 2)
    write(tmp_path / folder / "cow", 2)
    assert f"{split} has labels that train has no pictures for: cow, wasp" in refused(tmp_path)


def test_one_picture_a_label_leaves_nothing_to_validate_on(tmp_path: Path):
    write(tmp_path / "ant", 1)
    write(tmp_path / "bee", 1)
    assert "no picture is left for validation" in refused(tmp_path)


def test_a_label_that_a_split_has_no_picture_of_is_noted(tmp_path: Path):
    split_folder(tmp_path)
    shutil.rmtree(tmp_path / "val" / "bee")
    shutil.rmtree(tmp_path / "test" / "ant")
    notes = load(tmp_path).notes
    assert "validation has no picture of: bee" in notes
    assert "test has no picture of: ant" in notes


def test_a_label_with_few_training_pictures_is_noted(tmp_path: Path):
    split_folder(tmp_path)
    write(tmp_path / "train" / "wasp", 4)
    (note,) = (note for note in load(tmp_path).notes if "wants tens of them" in note)
    assert re.match(r"'?wasp'? has only 4 training picture", note)


Change = Callable[[Path], object]


def move_to_validation(root: Path) -> None:
    (root / "train" / "ant" / "0000.png").rename(root / "val" / "ant" / "0000.png")


def move_to_another_label(root: Path) -> None:
    (root / "train" / "ant" / "0000.png").rename(root / "train" / "bee" / "moved.png")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda root: write(root / "train" / "ant", 1, start=99), id="a new picture"),
        pytest.param(
            lambda root: Image.new("RGB", (8, 8)).save(root / "val" / "bee" / "0300.png"),
            id="another content",
        ),
        pytest.param(lambda root: (root / "test" / "ant" / "0600.png").unlink(), id="one less"),
        pytest.param(move_to_validation, id="another split"),
        pytest.param(move_to_another_label, id="another label"),
    ],
)
def test_the_fingerprint_changes_with_what_is_trained_on(tmp_path: Path, change: Change):
    before = load(split_folder(tmp_path)).fingerprint
    change(tmp_path)
    assert load(tmp_path).fingerprint != before


def test_the_fingerprint_does_not_change_with_the_folders_place(tmp_path: Path):
    split_folder(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "some" / "where")
    fingerprint = load(tmp_path / "here").fingerprint
    assert len(fingerprint) == 64
    assert load(tmp_path / "some" / "where").fingerprint == fingerprint


def test_the_fingerprint_does_not_change_with_a_picture_that_is_left_out(tmp_path: Path):
    before = load(split_folder(tmp_path)).fingerprint
    (tmp_path / "train" / "ant" / "bad.png").touch()
    assert load(tmp_path).fingerprint == before


def test_identical_pictures_in_two_splits_are_named(tmp_path: Path):
    split_folder(tmp_path)
    shutil.copy(tmp_path / "train/ant/0000.png", tmp_path / "val/ant/copy.png")
    (note,) = [note for note in load(tmp_path).notes if "more than one split" in note]
    assert note.startswith("1 set of identical pictures")
    assert "copy.png" in note


def test_identical_pictures_under_two_labels_are_named(tmp_path: Path):
    split_folder(tmp_path)
    shutil.copy(tmp_path / "train/ant/0000.png", tmp_path / "train/bee/copy.png")
    assert any("under more than one label" in note for note in load(tmp_path).notes)


def test_pictures_that_all_differ_are_not_called_copies(tmp_path: Path):
    assert not any("identical" in note for note in load(split_folder(tmp_path)).notes)


def test_a_label_without_a_readable_picture_is_named(tmp_path: Path):
    split_folder(tmp_path)
    (tmp_path / "train" / "wasp").mkdir()
    (tmp_path / "train" / "wasp" / "1.png").write_bytes(b"")
    pictures = load(tmp_path)
    assert pictures.labels == ("ant", "bee")
    assert any("'wasp' is not learned" in note for note in pictures.notes)


def test_a_label_in_decomposed_unicode_is_the_composed_one(tmp_path: Path):
    write(tmp_path / "train" / "cafe\u0301", 5)
    write(tmp_path / "train" / "bar", 5, 100)
    write(tmp_path / "val" / "caf\u00e9", 2, 300)
    write(tmp_path / "val" / "bar", 2, 400)
    assert load(tmp_path).labels == ("bar", "caf\u00e9")
