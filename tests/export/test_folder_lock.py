"""Two exports at once: the second into one folder is refused, and no record is lost."""

import json
import subprocess
import sys
import time
from collections.abc import Generator

import pytest

import tlx
from tlx.errors import UsageError
from tlx.inference.folder_lock import folder_lock, only_writer

HOLD = """
import sys, time
from pathlib import Path
from tlx.inference.folder_lock import only_writer
with only_writer(Path(sys.argv[1]), "export"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(light_run) -> Generator[subprocess.Popen[str]]:
    """Another process that exports into the run's folder, as far as the lock goes."""
    command = [sys.executable, "-c", HOLD, light_run]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_export_is_refused_in_one_line_and_changes_nothing(holder, light_run):
    before = {path.name for path in light_run.iterdir()}
    with pytest.raises(UsageError, match="another tlx export is writing into") as caught:
        tlx.export(light_run)
    assert str(caught.value).endswith("wait until it has ended, or choose another --out")
    assert "\n" not in str(caught.value)
    assert {path.name for path in light_run.iterdir()} == before
    assert holder.poll() is None


def test_a_process_that_is_killed_leaves_no_lock_behind(holder, light_run):
    holder.kill()
    holder.wait()
    lock = folder_lock(light_run, "export")
    assert lock.exists()
    with only_writer(light_run, "export"):
        assert lock.exists()
    assert not lock.exists()


def test_a_folder_that_was_made_for_an_export_that_fails_is_removed(light_run, tmp_path):
    (light_run / "split.csv").write_text("file,label,split\ngone.jpg,blue,validation\n")
    with pytest.raises(tlx.TlxError, match=r"gone\.jpg"):
        tlx.export(light_run, out=tmp_path / "files")
    assert not (tmp_path / "files").exists()


def test_a_file_in_the_folder_s_place_is_refused_and_stays(light_run, tmp_path):
    (tmp_path / "files").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"files is no folder; give --out a folder"):
        tlx.export(light_run, out=tmp_path / "files")
    assert (tmp_path / "files").is_symlink()


@pytest.mark.slow
def test_of_two_exports_at_once_one_goes_on_and_its_file_is_recorded(light_run):
    command = [sys.executable, "-m", "tlx", "export", light_run, "--format"]
    first = subprocess.Popen([*command, "onnx"], stdout=subprocess.DEVNULL)
    while first.poll() is None and not folder_lock(light_run, "export").exists():
        time.sleep(0.001)
    second = subprocess.run([*command, "torchscript"], capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert second.stderr.startswith("tlx: another tlx export is writing into")
    assert first.wait() == 0
    assert subprocess.run([*command, "torchscript"], check=False).returncode == 0
    rows = json.loads((light_run / "verification.json").read_text(encoding="utf-8"))["files"]
    assert [row["path"] for row in rows] == ["model.onnx", "model.ts"]
    assert not [path.name for path in light_run.iterdir() if path.name.startswith(".")]
