"""What comes into a folder: each file once, when it is whole, in the order of arrival."""

import os
from pathlib import Path

import pytest
from PIL import Image

from tlx.errors import DataError
from tlx.inference import watching
from tlx.inference.watching import Answered, Arrivals, FolderBack, FolderLost, pause_after, watch


def write(path: Path, content: bytes = b"x", age: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(0, 1_800_000_000_000_000_000 - age))
    return path


def names(arrivals: Arrivals) -> list[str]:
    return [os.path.relpath(arrival.path, arrivals.folder) for arrival in arrivals.look()]


def test_a_file_is_given_once_when_two_looks_found_it_the_same(tmp_path):
    arrivals = Arrivals(tmp_path)
    assert names(arrivals) == []
    write(tmp_path / "a.jpg")
    assert [names(arrivals) for _ in range(3)] == [[], ["a.jpg"], []]


def test_one_that_grows_waits_until_it_is_whole(tmp_path):
    arrivals = Arrivals(tmp_path)
    for length in (1, 2, 3):
        write(tmp_path / "a.jpg", b"x" * length)
        assert names(arrivals) == []
    assert names(arrivals) == ["a.jpg"]


def test_one_that_changes_without_growing_waits_too(tmp_path):
    arrivals = Arrivals(tmp_path)
    for age in (2000, 1000, 0):
        write(tmp_path / "a.jpg", age=age)
        assert names(arrivals) == []
    assert names(arrivals) == ["a.jpg"]


def test_one_that_is_renamed_into_place_is_whole_at_the_second_look(tmp_path):
    arrivals = Arrivals(tmp_path)
    part = write(tmp_path / "a.jpg.part")
    assert [names(arrivals), names(arrivals)] == [[], []]
    part.rename(tmp_path / "a.jpg")
    assert [names(arrivals), names(arrivals)] == [[], ["a.jpg"]]


def test_one_that_is_written_over_is_a_new_picture(tmp_path):
    arrivals = Arrivals(tmp_path)
    write(tmp_path / "latest.jpg", age=10_000)
    assert [names(arrivals), names(arrivals)] == [[], ["latest.jpg"]]
    write(tmp_path / "latest.jpg")
    assert [names(arrivals), names(arrivals)] == [[], ["latest.jpg"]]


def test_those_of_one_look_are_given_by_age_then_by_name(tmp_path):
    arrivals = Arrivals(tmp_path)
    for name, age in (("c.jpg", 0), ("b.png", 5), ("z.jpg", 9_000_000), ("a.jpg", 0)):
        write(tmp_path / name, age=age)
    arrivals.look()
    assert names(arrivals) == ["z.jpg", "b.png", "a.jpg", "c.jpg"]


def test_folders_are_searched_to_their_bottom_and_what_is_no_picture_is_passed(tmp_path):
    arrivals = Arrivals(tmp_path)
    wanted = ["2026/11/25/a.JPG", "b.tif"]
    for name in (*wanted, "notes.txt", ".hidden.jpg", ".cache/c.jpg", "d.jpg.tmp"):
        write(tmp_path / name)
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    arrivals.look()
    assert sorted(names(arrivals)) == wanted


def test_one_that_vanishes_before_it_is_whole_never_was(tmp_path):
    arrivals = Arrivals(tmp_path)
    write(tmp_path / "a.jpg")
    arrivals.look()
    (tmp_path / "a.jpg").unlink()
    assert names(arrivals) == []


def test_what_is_there_may_be_passed(tmp_path):
    write(tmp_path / "old.jpg", age=10_000)
    arrivals = Arrivals(tmp_path)
    arrivals.skip_present()
    write(tmp_path / "new.jpg")
    assert [names(arrivals), names(arrivals)] == [[], ["new.jpg"]]


def test_what_was_answered_is_passed_unless_it_has_changed_since(tmp_path):
    write(tmp_path / "same.jpg")
    write(tmp_path / "changed.jpg")
    first = Arrivals(tmp_path)
    first.look()
    answered = [(one.path, one.modified) for one in first.look()]
    write(tmp_path / "changed.jpg", age=10_000)
    again = Arrivals(tmp_path)
    again.skip([*answered, (str(tmp_path / "gone.jpg"), answered[0][1])])
    assert [names(again), names(again)] == [[], ["changed.jpg"]]


def test_times_are_utc_to_the_microsecond_whatever_a_file_system_says(tmp_path):
    write(tmp_path / "a.jpg", age=1500)
    arrivals = Arrivals(tmp_path)
    arrivals.look()
    assert arrivals.look()[0].modified == "2027-01-15T07:59:59.999998+00:00"
    assert watching._modified((1, 1 << 62)) == "2116-02-20T23:53:38.427387+00:00"
    assert watching._modified((1, 1 << 80)) == str(1 << 80)


def test_a_share_that_was_away_is_not_answered_again(tmp_path):
    shared, away = tmp_path / "share", tmp_path / "away"
    write(shared / "a.jpg")
    arrivals = Arrivals(shared)
    assert [names(arrivals), names(arrivals)] == [[], ["a.jpg"]]
    shared.rename(away)
    with pytest.raises(DataError, match="share cannot be watched: No such file"):
        arrivals.look()
    shared.mkdir()  # the empty place of what is not mounted
    assert names(arrivals) == []
    shared.rmdir()
    away.rename(shared)
    write(shared / "b.jpg")
    assert [names(arrivals), names(arrivals)] == [[], ["b.jpg"]]


def test_a_folder_that_is_not_there_is_an_error_at_the_start(tmp_path):
    with pytest.raises(DataError, match=r"nowhere cannot be watched: No such file"):
        Arrivals(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"cannot be watched: Not a directory"):
        Arrivals(write(tmp_path / "a.jpg"))


def test_what_has_gone_is_forgotten_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "KEEP_GONE", 3)
    arrivals = Arrivals(tmp_path)
    for number in range(20):
        path = write(tmp_path / f"{number}.jpg")
        arrivals.look()
        assert names(arrivals) == [path.name]
        path.unlink()
    assert len(arrivals._given) <= 5
    assert not arrivals._waiting


def test_a_slow_look_is_followed_by_a_long_pause():
    assert pause_after(0.01, 1.0) == 1.0
    assert pause_after(0.5, 1.0) == 5.0


@pytest.fixture(scope="module")
def classifier(model_file):
    from tlx.inference.classifier import Classifier

    return Classifier(model_file)


def in_steps(*steps):
    """Give a `wait` that does one of the steps before each look but the first, and then ends."""
    left = iter(steps)

    def wait(seconds: float) -> bool:
        step = next(left, None) if seconds else nothing
        if step is not None:
            step()
        return step is not None

    return wait


def nothing() -> None:
    """Let time pass."""


def test_pictures_and_bad_ones_are_answered_and_a_lost_folder_is_said_once(classifier, tmp_path):
    folder, away = tmp_path / "in", tmp_path / "away"
    red = Image.new("RGB", (40, 40), (200, 50, 40))
    write(folder / "b.jpg", b"no picture")
    red.save(folder / "a.png")
    lose, find = lambda: folder.rename(away), lambda: away.rename(folder)
    wait = in_steps(nothing, lose, nothing, nothing, find, nothing)
    events = list(watch(classifier, Arrivals(folder), wait, 1.0))
    assert [type(event) for event in events] == [Answered, Answered, FolderLost, FolderBack]
    picture, bad = sorted(events[:2], key=lambda event: event.arrival.path)
    assert picture.outcome.prediction.probability == classifier.classify(red).probability
    assert bad.outcome.error == "not a picture in a known format"
    assert picture.time.endswith("+00:00")


def test_one_that_vanishes_when_it_is_read_is_a_row(classifier, tmp_path):
    class Vanishing(Arrivals):
        def look(self):
            arrived = super().look()
            for arrival in arrived:
                Path(arrival.path).unlink()
            return arrived

    write(tmp_path / "a.jpg")
    (event,) = watch(classifier, Vanishing(tmp_path), in_steps(nothing, nothing), 1.0)
    assert event.outcome.error == "no such file"


def test_it_ends_between_two_pictures_when_it_is_told_to(classifier, tmp_path):
    for number in range(20):
        write(tmp_path / f"{number}.jpg")
    seen = []
    wait = in_steps(nothing, nothing)
    for event in watch(classifier, Arrivals(tmp_path), lambda s: len(seen) < 3 and wait(s), 1.0):
        seen.append(event)
    assert len(seen) == 3
