"""`tlx gui` itself, as a process, on a display."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest


def run_gui(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tlx", "gui", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.mark.skipif(sys.platform != "linux", reason="Linux needs the system's libraries")
def test_a_missing_library_of_the_system_is_one_line(tmp_path):
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text("raise ImportError('libEGL.so.1: no')")
    done = run_gui(PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "tlx: the window cannot be loaded (libEGL.so.1: no); docs/window.md" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="others always have a display")
def test_without_a_display_it_says_so():
    pytest.importorskip("PySide6")
    done = run_gui(DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no display" in done.stderr


def test_a_file_that_is_not_there_is_one_line_and_no_window():
    pytest.importorskip("PySide6")
    done = run_gui("missing.onnx")
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
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
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
