"""Pictures into label folders and back: nothing is lost, nothing else is touched."""

import errno
import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tlx.errors import DataError
from tlx.gui import sorting
from tlx.gui.copying import PIECE
from tlx.gui.manifest import MANIFEST, WAYS, read_manifest
from tlx.gui.sorting import SortingError, apply, folder_name, make_plan, undo


def contents(root: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    for number in range(12):
        path = root / f"sub{number % 3}" / f"{number // 3}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"picture {number}".encode())
    return root


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def labelled(source: Path, label: str = "cat") -> list[tuple[str, str]]:
    return [(str(path), label) for path in sorted(source.rglob("*.png"))]


def test_a_plan_says_what_would_be_done_and_does_nothing(source, target):
    (target / "cat").mkdir()
    (target / "cat" / "0.PNG").write_bytes(b"there before")
    before = contents(target)
    plan = make_plan([*labelled(source / "sub0"), *labelled(source / "sub1", "dog")], target)
    assert plan.counts == {"cat": 4, "dog": 4}
    assert (plan.renamed, plan.there, plan.size) == (
        1,
        0,
        sum(len(f"picture {n}") for n in [0, 3, 6, 9, 1, 4, 7, 10]),
    )
    assert plan.steps[0].place == "cat/0 (2).png"
    assert contents(target) == before


def test_copies_get_numbers_and_are_taken_back(source, target):
    before = contents(source)
    given = list(apply(make_plan(labelled(source), target)))
    assert len(given) == 13
    assert sorted(path.name for path in (target / "cat").iterdir())[:4] == [
        *("0 (2).png", "0 (3).png", "0.png", "1 (2).png")
    ]
    assert contents(source) == before
    assert undo(target / MANIFEST) == sorting.Undone(12, ())
    assert contents(target) == {}


@pytest.mark.parametrize("way", ["link", "move"])
def test_other_ways_only_when_chosen_and_undone_like_a_copy(source, target, way):
    before = contents(source)
    list(apply(make_plan(labelled(source), target), way))
    pictures = sorted(target.rglob("*.png"))
    assert {path.stat().st_nlink for path in pictures} == {2 if way == "link" else 1}
    assert len(list(source.rglob("*.png"))) == (12 if way == "link" else 0)
    undo(target / MANIFEST)
    assert contents(source) == before
    assert contents(target) == {}


def test_a_move_to_another_disk_is_a_copy_first(source, target, monkeypatch):
    before = contents(source)
    real = os.link

    def link(one, other):
        if Path(one).parent != Path(other).parent:
            raise OSError(errno.EXDEV, "other disk")
        real(one, other)

    monkeypatch.setattr(os, "link", link)
    list(apply(make_plan(labelled(source), target), "move"))
    assert sorted(contents(target).items(), key=str)[0]
    undo(target / MANIFEST)
    assert (contents(source), contents(target)) == (before, {})


def test_undo_leaves_what_was_changed_and_what_is_not_its_own(source, target):
    list(apply(make_plan(labelled(source / "sub0"), target)))
    (target / "cat" / "0.png").write_bytes(b"edited")
    (target / "cat" / "mine.txt").write_bytes(b"mine")
    found = undo(target / MANIFEST)
    assert (found.files, found.left) == (3, ("cat/0.png: it was changed since",))
    assert set(contents(target)) == {"cat", "cat/0.png", "cat/mine.txt", MANIFEST}
    assert undo(target / MANIFEST).files == 0


def test_a_file_that_came_after_the_plan_is_not_overwritten(source, target):
    plan = make_plan(labelled(source / "sub0"), target)
    (target / "cat").mkdir()
    (target / "cat" / "0.png").write_bytes(b"later")
    list(apply(plan))
    assert (target / "cat" / "0.png").read_bytes() == b"later"
    assert (target / "cat" / "0 (2).png").read_bytes() == b"picture 0"
    undo(target / MANIFEST)
    assert contents(target) == {"cat": None, "cat/0.png": b"later"}


def test_a_picture_that_has_vanished_is_passed_and_said(source, target):
    plan = make_plan(labelled(source / "sub0"), target)
    (source / "sub0" / "1.png").unlink()
    assert [one.way for one in apply(plan)] == ["manifest", "copy", "gone", "copy", "copy"]
    assert undo(target / MANIFEST).files == 3


def test_a_full_disk_leaves_nothing_half_written_and_can_be_taken_back(source, target, monkeypatch):
    before, real = contents(source), sorting.copy

    def copy(one: str, other: Path, stopped) -> str:
        if one.endswith("2.png"):
            other.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(one, other, stopped)

    monkeypatch.setattr(sorting, "copy", copy)
    with pytest.raises(SortingError, match="No space left on device; what was made"):
        list(apply(make_plan(labelled(source), target)))
    made = {name for name in contents(target) if name.endswith(".png")}
    assert made == {"cat/0.png", "cat/1.png"}
    assert not list(target.rglob("*.partial"))
    undo(target / MANIFEST)
    assert (contents(target), contents(source)) == ({}, before)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of four pieces and a half."""
    path = tmp_path / "large.tif"
    path.write_bytes(os.urandom(PIECE // 2) * 9)
    return path


def test_copies_are_the_file_with_its_times_however_many_pieces_there_are(large, target):
    os.utime(large, (1e9, 1e9))
    list(apply(make_plan([(str(large), "cat")], target)))
    copied = target / "cat" / "large.tif"
    assert copied.read_bytes() == large.read_bytes()
    assert copied.stat().st_mtime == 1e9
    made = read_manifest(target / MANIFEST)[-1]
    assert made.sha256 == hashlib.sha256(large.read_bytes()).hexdigest()
    assert undo(target / MANIFEST) == sorting.Undone(1, ())


@pytest.mark.parametrize("way", WAYS)
def test_copying_stops_within_a_file_and_nothing_of_it_stays(large, target, way):
    asked = iter([False] * 2)
    steps = apply(make_plan([(str(large), "cat")], target), way, lambda: next(asked, True))
    assert [one.way for one in steps] == ["manifest"]
    assert set(contents(target)) == {"cat", MANIFEST}
    assert undo(target / MANIFEST) == sorting.Undone(0, ())
    assert contents(target) == {}
    assert large.stat().st_size == PIECE * 9 // 2


def test_taking_back_stops_within_a_file_and_a_second_one_takes_it_back(large, target):
    list(apply(make_plan([(str(large), "cat")], target), "move"))
    asked = iter([False] * 8)  # the manifest's line, five pieces looked at, two moved back
    assert undo(target / MANIFEST, lambda: next(asked, True)).stopped
    assert sorted(path.name for path in large.parent.iterdir()) == ["target"]
    assert undo(target / MANIFEST) == sorting.Undone(1, ())
    assert large.stat().st_size == PIECE * 9 // 2


FULL = """
import sys
from pathlib import Path
from tlx.errors import TlxError
from tlx.gui.files import write_results
from tlx.gui.manifest import MANIFEST
from tlx.gui.protocol import Row
from tlx.gui.sorting import apply, make_plan, undo
target, sources = Path(sys.argv[1]), sys.argv[2:]
try:
    list(apply(make_plan([(one, "cat") for one in sources], target)))
except TlxError as error:
    print(error)
print(*sorted(path.name for path in (target / "cat").iterdir()))
try:
    write_results(target / "answers.csv", [Row("x" * 2**20, (), "no picture")] * 3, ["cat"])
except TlxError as error:
    print(error)
print(undo(target / MANIFEST).files, *target.iterdir())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a small file system is mounted as Linux does")
def test_a_file_system_that_is_really_full_leaves_whole_files_only(tmp_path, target):
    size = 700_000
    sources = [tmp_path / f"{number}.png" for number in range(4)]
    for path in sources:
        path.write_bytes(os.urandom(size))
    script = 'mount -t tmpfs -o size=2m none "$2" && exec "$0" -c "$1" "${@:2}"'
    words = ["unshare", "--map-root-user", "--mount", "bash", "-c", script]
    done = subprocess.run(
        [*words, sys.executable, FULL, target, *sources],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no file system may be mounted here ({done.stderr.strip()})")
    copying, there, table, left = done.stdout.splitlines()
    assert copying.endswith("No space left on device; what was made before is whole")
    assert there == "0.png 1.png"
    assert "No space left on device" in table
    assert left == "2"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("way", ["link", "move"])
def test_what_a_symbolic_link_leads_to_is_copied_and_the_link_stays(source, target, way):
    (source / "sub0" / "9.png").symlink_to("../sub1/0.png")
    (source / "sub0" / "8.png").symlink_to(source / "sub1" / "1.png")
    before = contents(source)
    ways = [one.way for one in apply(make_plan(labelled(source / "sub0"), target), way)]
    assert ways == ["manifest", *[way] * 4, "copy", "copy"]
    made = target / "cat" / "9.png"
    assert (made.is_symlink(), made.read_bytes()) == (False, b"picture 1")
    assert (source / "sub0" / "9.png").readlink() == Path("../sub1/0.png")
    assert undo(target / MANIFEST) == sorting.Undone(6, ())
    assert (contents(source), contents(target)) == (before, {})
    assert (source / "sub0" / "8.png").is_symlink()


def test_undo_stops_between_files_and_a_second_one_takes_back_the_rest(source, target):
    before = contents(source)
    list(apply(make_plan(labelled(source), target), "move"))
    back = lambda: len(list(source.rglob("*.png"))) == 5  # noqa: E731
    assert undo(target / MANIFEST, back) == sorting.Undone(5, (), stopped=True)
    assert len(list(source.rglob("*.png"))) == 5
    assert len(read_manifest(target / MANIFEST)) == 13
    assert undo(target / MANIFEST) == sorting.Undone(7, ())
    assert (contents(source), contents(target)) == (before, {})


def test_what_lies_in_its_place_already_stays(source):
    plan = make_plan(labelled(source / "sub0", "sub0"), source)
    assert (plan.there, plan.steps) == (4, ())


def test_a_label_is_one_folder_s_name(tmp_path):
    names = {"a/b": "a_b", "..": "_", ".x": "_.x", "": "_", "t-shirt": "t-shirt", "c:\\d": "c__d"}
    names |= {"CON": "CON_", "nul.tar.gz": "nul_.tar.gz", "COM1": "COM1_", "console": "console"}
    assert {label: folder_name(label) for label in names} == names
    long = [folder_name("é" * 400 + end) for end in "ab"]
    assert long[0] != long[1]
    for name in long:
        (tmp_path / name).mkdir()
        assert len(name.encode()) <= 200


def test_a_link_to_elsewhere_and_a_foreign_manifest_are_refused(source, target, tmp_path):
    (target / "cat").symlink_to(source)
    with pytest.raises(DataError, match="is a link to elsewhere"):
        make_plan(labelled(source), target)
    with pytest.raises(DataError, match="is no folder"):
        make_plan(labelled(source), tmp_path / "none")
    manifest = target / MANIFEST
    for line in ("../source/sub0/0.png,,copy,x", "/etc/passwd,,copy,x", "a/b,,burn,x"):
        manifest.write_text(f"place,source,way,sha256\n{line}\n")
        with pytest.raises(DataError, match="no list of files that tlx made"):
            undo(manifest)
    with pytest.raises(DataError, match="cannot be read"):
        undo(target / "none.csv")


def test_many_random_actions_leave_the_pictures_and_the_user_s_files_as_they_were(
    source, target, tmp_path
):
    chance = random.Random(4)
    (target / "cat").mkdir()
    (target / "cat" / "1.png").write_bytes(b"the user's")
    (target / "notes.txt").write_bytes(b"notes")
    before, outside = contents(target), contents(source)
    manifests: list[Path] = []
    for _ in range(150):
        if manifests and chance.random() < 0.45:
            assert undo(manifests.pop()).left == ()
            continue
        there = [str(path) for path in sorted(source.rglob("*.png"))]
        picked = chance.sample(there, chance.randint(0, min(5, len(there))))
        labels = [(path, chance.choice(["cat", "dog", "a/b", ".."])) for path in picked]
        given = apply(make_plan(labels, target), chance.choice(WAYS))
        manifests.append(target / next(given).place)
        for _ in range(chance.randint(0, 6)):  # it may be cancelled on the way
            next(given, None)
        given.close()
    while manifests:
        assert undo(manifests.pop()).left == ()
    assert (contents(target), contents(source)) == (before, outside)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]
