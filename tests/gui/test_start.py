"""`tlx gui` itself, as a process, on a display."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)


def test_a_file_that_is_not_there_is_one_line_and_no_window():
    done = subprocess.run(
        [sys.executable, "-m", "tlx", "gui", "missing.onnx"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tlx: missing.onnx: no such file or folder\n"


def _workers() -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes().endswith(b"\0-m\0tlx\0worker\0"):
                found.add(int(entry.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed")
def test_a_model_and_a_folder_are_opened_on_a_real_display(colour_model, pictures, tmp_path):
    display = f":{90 + os.getpid() % 900}"
    environment = os.environ | {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }
    server = subprocess.Popen(["Xvfb", display, "-screen", "0", "1400x900x24"])
    command = [sys.executable, "-m", "tlx", "gui", str(colour_model), str(pictures)]
    try:
        time.sleep(2)
        window = subprocess.Popen(command, env=environment)
        end = time.monotonic() + 60
        settings = tmp_path / "tlx" / "tlx.conf"
        written = lambda: settings.read_text() if settings.exists() else ""  # noqa: E731
        while time.monotonic() < end and str(colour_model) not in written():
            time.sleep(0.2)
        assert str(colour_model) in written()
        assert window.poll() is None
        children = Path(f"/proc/{window.pid}/task/{window.pid}/children").read_text().split()
        assert set(map(int, children)) & _workers()
        window.kill()
        window.wait()
        while time.monotonic() < end and set(map(int, children)) & _workers():
            time.sleep(0.1)
        assert not set(map(int, children)) & _workers()  # stdin ended, so the worker did
    finally:
        server.kill()
        server.wait()
