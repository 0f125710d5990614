"""A Triton repository after processes that were killed and renames that failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlx.export import triton
from tlx.export.triton import check_triton_target, write_triton_repository


def test_what_killed_processes_left_goes_and_what_a_running_one_has_stays(plain_model, tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    repository = tmp_path / "repository"
    running = repository / f".colours.{os.getppid()}.partial"
    for number in (os.getpid(), ended.pid):
        for ending in ("partial", "old"):
            (repository / f".colours.{number}.{ending}/1").mkdir(parents=True)
    running.mkdir()
    (repository / "colours.notes.partial").mkdir()
    write_triton_repository(plain_model, repository, "colours")
    assert sorted(path.name for path in repository.iterdir()) == [
        running.name,
        "colours",
        "colours.notes.partial",
    ]
    check_triton_target(repository, "colours")  # as tlx wrote it


def test_a_model_that_a_killed_process_had_put_aside_comes_back(plain_model, tmp_path, monkeypatch):
    write_triton_repository(plain_model, tmp_path, "colours")
    before = (tmp_path / "colours/config.pbtxt").read_bytes()
    (tmp_path / "colours").rename(tmp_path / f".colours.{os.getpid()}.old")

    def fail(source, target):
        raise OSError("no space left")

    monkeypatch.setattr(triton.shutil, "copyfile", fail)
    with pytest.raises(OSError, match="no space"):
        write_triton_repository(plain_model, tmp_path, "colours")
    assert (tmp_path / "colours/config.pbtxt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["colours"]


def test_a_failure_between_the_two_renames_puts_the_earlier_model_back(
    plain_model, tmp_path, monkeypatch
):
    write_triton_repository(plain_model, tmp_path, "colours")
    before = (tmp_path / "colours/config.pbtxt").read_bytes()
    rename = Path.replace

    def fail(path, target):
        if path.name.endswith(".partial"):
            assert not (tmp_path / "colours").exists()  # between the two
            raise OSError("no permission")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no permission"):
        write_triton_repository(plain_model, tmp_path, "colours")
    assert (tmp_path / "colours/config.pbtxt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["colours"]
