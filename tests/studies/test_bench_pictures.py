"""Which pictures are measured with."""

import pytest

from tlx.errors import DataError
from tlx.inference.picture import decode
from tlx.studies import bench_pictures
from tlx.studies.bench_pictures import make_pictures, pictures_of


def test_all_pictures_of_a_small_folder_are_taken_to_the_bottom(split_folder):
    found = pictures_of(split_folder)
    assert sorted(found.paths) == sorted(split_folder.glob("*/*/*.jpg"))
    assert (found.found, found.made) == (132, False)


def test_of_many_pictures_some_are_taken_spread_over_the_folder(split_folder, monkeypatch):
    monkeypatch.setattr(bench_pictures, "MOST", 12)
    found = pictures_of(split_folder / "train")  # 3 labels of 24
    assert (len(set(found.paths)), found.found) == (12, 72)
    labels = [path.parent.name for path in found.paths]
    assert {label: labels.count(label) for label in labels} == {"blue": 4, "green": 4, "red": 4}


def test_the_order_mixes_the_labels_and_is_always_the_same(split_folder):
    found = pictures_of(split_folder)
    assert found == pictures_of(split_folder)
    assert {path.parent.name for path in found.paths[:12]} == {"blue", "green", "red"}


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere", "does not exist"), ("file", "is a file"), ("empty", "no pict")]
)
def test_what_holds_no_pictures_is_an_error(tmp_path, name, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=said):
        pictures_of(tmp_path / name)


def test_made_pictures_are_jpegs_of_640_x_480_and_the_same_every_time(tmp_path):
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = make_pictures(tmp_path / name)
        assert (made.made, made.found, len(made.paths)) == (True, 16, 16)
        contents.append([path.read_bytes() for path in made.paths])
    assert contents[0] == contents[1]
    assert len(set(contents[0])) == 16
    assert all(content.startswith(b"\xff\xd8") for content in contents[0])
    assert decode(made.paths[0], 256).size == (640, 480)
    # About what a photograph of this size takes: neither a flat picture nor plain noise.
    assert all(30_000 < len(content) < 200_000 for content in contents[0])
