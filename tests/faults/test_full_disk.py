"""A disk that is full: one line that names the file, and nothing half-written beside it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="the system has no limits on files")

SMALL = ["--weights", "none", "--imgsz", 32, "--epochs", 1, "--batch", 8, "-j", 0, "--amp", "none"]
MIB = 1 << 20


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def largest_file() -> Callable[[int], AbstractContextManager[None]]:
    """Give the function that lets the system refuse files of more bytes, as a full disk does."""
    return _largest_file


@pytest.mark.parametrize(
    ("arguments", "size", "named"),
    [
        (
            "classify MODEL DATA --csv OUT/a.csv",
            100,
            "--csv OUT/a.csv cannot be written: File too large; the system allows no larger file "
            "there; choose another place\n",
        ),
        ("classify MODEL DATA --explain OUT/e", 100, "--explain OUT/e/"),
        ("eval MODEL DATA --out OUT/e", 1000, "--out OUT/e"),
        ("eval MODEL DATA --report OUT/r.html", 1000, "--report OUT/r.html"),
        ("eval MODEL MODEL DATA --out OUT/e", 1000, "--out OUT/e"),
        ("check DATA --html OUT/c.html", 100, "--html OUT/c.html"),
        ("export RUN --out OUT/files", MIB, "OUT/files"),
    ],
)
def test_a_full_disk_is_one_line_and_leaves_no_part_of_a_file(
    run_safely, model_file, split_folder, light_run, tmp_path, largest_file, arguments, size, named
):
    out = tmp_path / "out"
    out.mkdir()
    places = {"MODEL": model_file, "DATA": split_folder / "test", "RUN": light_run, "OUT": out}
    words = [
        str(places[word]) if word in places else word.replace("OUT", str(out))
        for word in arguments.split()
    ]
    with largest_file(size):
        ran = run_safely(*words, codes=(2,))
    assert ran.err.startswith(f"tlx: {named.replace('OUT', str(out))}"), ran.err
    assert "File too large" in ran.err
    assert [path for path in out.rglob("*") if path.name.startswith(".")] == []


def test_a_checkpoint_that_cannot_be_written_is_named(
    run_safely, few_pictures, tmp_path, largest_file, narrow_networks
):
    run = tmp_path / "run"
    with largest_file(MIB):
        ran = run_safely("train", few_pictures, "--out", run, *SMALL, codes=(2,))
    assert ran.err == (
        f"tlx: {run / 'best.pt'}: File too large; the system allows no larger file there; choose "
        "another place\n"
    )
    assert not (run / "best.pt").exists()
    assert [path.name for path in run.iterdir() if path.name.startswith(".")] == []


@contextmanager
def _small_disk(place: Path, kib: int) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", place]
    if sys.platform != "linux" or os.getuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.slow
def test_a_training_goes_on_once_there_is_room_again(
    starter, few_pictures, tmp_path, assert_whole, unfinished_files
):
    """17 MiB hold both checkpoints, and not a second one of the larger beside them."""
    options = [few_pictures, *SMALL, "--epochs", 3, "--seed", 5]
    assert starter.run("train", *options, "--out", tmp_path / "whole") == 0
    with _small_disk(tmp_path / "disk", 17 << 10) as disk:
        run = disk / "run"
        assert starter.run("train", *options, "--out", run) == 2
        assert starter.err.read_text() == (
            f"tlx: {run / 'last.pt'}: No space left on device; make room there and run the "
            "command again\n"
        )
        told = starter.out.read_text().splitlines()
        assert told[-1] == f"to go on: tlx train --resume {run}"
        assert assert_whole(disk)
        assert unfinished_files(disk) == []
        subprocess.run(["mount", "-o", "remount,size=70m", disk], check=True)
        assert starter.run("train", "--resume", run) == 0, starter.err.read_text()
        shutil.copytree(run, tmp_path / "run")
    texts = [(tmp_path / name / "metrics.csv").read_text() for name in ("run", "whole")]
    losses = [[row.split(",")[2] for row in text.splitlines()] for text in texts]
    assert losses[0] == losses[1]


@pytest.mark.slow
def test_an_export_and_a_study_that_find_no_room_leave_nothing_half_written(
    starter, few_pictures, finished_run, tmp_path, assert_whole, unfinished_files
):
    with _small_disk(tmp_path / "disk", 4 << 10) as disk:
        export = ["export", finished_run, "--out", disk / "files", "--legacy-exporter"]
        assert starter.run(*export) == 2
        assert "No space left on device; make room there" in starter.err.read_text()
        assert [path.name for path in disk.iterdir()] == []
        study = ["compare", few_pictures, "--vary", "lr=0.01,0.02", *SMALL, "--out", disk / "s"]
        assert starter.run(*study) == 2
        assert starter.err.read_text().count("\n") == 1
        assert_whole(disk)
        assert unfinished_files(disk) == []
