"""Splits: a share of each label, by seed alone, with identical files on one side."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tlx.errors import DataError
from tlx.samples.sample import LabelledPictures, Sample
from tlx.samples.splitting import read_split, split_off, write_split

ROOT = Path("pictures")


def samples(**counts: int) -> list[Sample]:
    return [
        Sample(ROOT / label / f"{index:03}.jpg", label)
        for label, count in counts.items()
        for index in range(count)
    ]


def all_different(given: list[Sample]) -> dict[Path, str]:
    return {sample.path: f"content of {sample.path}" for sample in given}


def split(
    given: list[Sample], share: float = 0.2, seed: int = 0
) -> tuple[list[Sample], list[Sample]]:
    return split_off(given, all_different(given), share, seed)


def test_each_label_gives_its_share():
    given = samples(ant=100, bee=50, cat=10)
    rest, share = split(given)
    assert Counter(sample.label for sample in share) == {"ant": 20, "bee": 10, "cat": 2}
    assert Counter(sample.label for sample in rest) == {"ant": 80, "bee": 40, "cat": 8}


def test_both_sides_together_are_everything_once_and_sorted():
    given = samples(ant=13, bee=7)
    rest, share = split(given)
    assert sorted(rest + share) == sorted(given)
    assert rest == sorted(rest)
    assert share == sorted(share)


def test_the_choice_does_not_follow_from_the_order_of_the_samples():
    given = samples(ant=40, bee=30)
    shuffled = random.Random(0).sample(given, len(given))
    assert shuffled != given
    assert split(shuffled) == split(given)


def test_the_choice_is_fixed_by_the_seed():
    given = samples(ant=40, bee=30)
    assert split(given, seed=3) == split(given, seed=3)
    assert split(given, seed=3) != split(given, seed=4)


def test_the_choice_of_one_label_does_not_depend_on_the_others():
    alone = [sample for sample in split(samples(ant=40))[1] if sample.label == "ant"]
    beside = [sample for sample in split(samples(aaa=9, ant=40, bee=5))[1] if sample.label == "ant"]
    assert alone == beside


def test_the_choice_is_no_run_of_neighbours():
    _, share = split(samples(ant=100))
    numbers = [int(sample.path.stem) for sample in share]
    assert numbers[-1] - numbers[0] > 50


@pytest.mark.parametrize(
    ("count", "chosen"), [(1, 0), (2, 1), (3, 1), (4, 1), (7, 1), (8, 2), (10, 2)]
)
def test_a_small_label_gives_at_least_one_and_keeps_at_least_one(count: int, chosen: int):
    rest, share = split(samples(ant=count))
    assert (len(rest), len(share)) == (count - chosen, chosen)


def test_a_label_with_one_picture_keeps_it_on_the_first_side():
    rest, share = split(samples(ant=1, bee=20))
    assert [sample.label for sample in rest].count("ant") == 1
    assert {sample.label for sample in share} == {"bee"}


def test_even_a_share_of_nearly_everything_leaves_one_of_each_label():
    rest, _ = split(samples(ant=10, bee=3), share=0.99)
    assert {sample.label for sample in rest} == {"ant", "bee"}


@pytest.mark.parametrize("seed", range(20))
def test_identical_files_stay_on_one_side(seed: int):
    given = samples(ant=60, bee=30)
    contents = {sample.path: str(index // 3) for index, sample in enumerate(given)}
    rest, share = split_off(given, contents, 0.2, seed)
    sides = ({contents[sample.path] for sample in side} for side in (rest, share))
    assert not set.intersection(*sides)
    assert Counter(sample.label for sample in share) == {"ant": 12, "bee": 6}


@pytest.mark.parametrize("seed", range(10))
def test_one_picture_under_two_labels_stays_on_one_side(seed: int):
    given = samples(ant=10, bee=10)
    contents = all_different(given)
    twins = given[3], given[14]
    contents[twins[1].path] = contents[twins[0].path]
    rest, share = split_off(given, contents, 0.3, seed)
    assert sum(twin in share for twin in twins) in {0, 2}
    assert sorted(rest + share) == given


def test_copies_of_one_picture_are_never_torn_apart_to_reach_the_share():
    given = samples(ant=10)
    contents = dict.fromkeys((sample.path for sample in given), "the same")
    assert split_off(given, contents, 0.5, 0) == (given, [])


def pictures(root: Path) -> LabelledPictures:
    def some(folder: str, *names: str) -> tuple[Sample, ...]:
        return tuple(Sample(root / folder / "größe" / name, "größe") for name in names)

    return LabelledPictures(
        root,
        ("größe",),
        some("train", "a, b.jpg", 'c "d".jpg', "e\nf.jpg"),
        some("val", "a.jpg"),
        some("test", "帽子.jpg"),
    )


def test_a_written_split_is_read_back_as_it_was(tmp_path: Path):
    before = pictures(tmp_path / "data")
    write_split(tmp_path / "split.csv", before)
    for name in ("train", "validation", "test"):
        read = read_split(tmp_path / "split.csv", before.root, name)
        assert tuple(read) == before.split(name)


def test_a_written_split_names_files_relative_to_the_folder(tmp_path: Path):
    write_split(tmp_path / "split.csv", pictures(tmp_path / "data"))
    text = (tmp_path / "split.csv").read_text(encoding="utf-8")
    assert text.startswith("file,label,split\n")
    assert "val/größe/a.jpg,größe,validation\n" in text
    assert str(tmp_path) not in text


def test_a_split_can_be_read_where_the_pictures_moved_to(tmp_path: Path):
    write_split(tmp_path / "split.csv", pictures(tmp_path / "data"))
    read = read_split(tmp_path / "split.csv", tmp_path / "moved", "validation")
    assert read == [Sample(tmp_path / "moved" / "val" / "größe" / "a.jpg", "größe")]


def test_a_file_name_that_is_no_text_survives_the_split_file(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9.jpg") if os.name == "posix" else "caf\udce9.jpg"
    odd = LabelledPictures(tmp_path, ("cat",), (Sample(tmp_path / "cat" / name, "cat"),))
    write_split(tmp_path / "split.csv", odd)
    assert read_split(tmp_path / "split.csv", tmp_path, "train") == list(odd.train)


def test_a_missing_split_file_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read as a split"):
        read_split(tmp_path / "split.csv", tmp_path, "train")


@pytest.mark.parametrize(
    "content", [b"", b"file,label\na.jpg,cat\n", b"\x89PNG\r\n\x1a\n\0\0\xff\xfe", b"some text"]
)
def test_a_file_that_is_no_split_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "split.csv").write_bytes(content)
    with pytest.raises(DataError, match="split"):
        read_split(tmp_path / "split.csv", tmp_path, "train")


def test_the_splits_of_pictures_are_known_by_name(tmp_path: Path):
    given = pictures(tmp_path)
    assert given.split("validation") is given.validation
    with pytest.raises(KeyError):
        given.split("val")
