"""The entry in the desktop's menu: written for the user alone, and never over what is not ours."""

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tlx.errors import UsageError
from tlx.gui import shortcut

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="desktops of Linux")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize(
    "program", ["/opt/tlx/bin/python", '/a b/100% $x `y` \\z "q"/python', "/ä/'/python"]
)
def test_the_command_survives_the_file_s_two_rules_of_quoting(program, tmp_path):
    text = shortcut.desktop_entry([program, "-m", "tlx", "gui"])
    entry = configparser.RawConfigParser()
    entry.optionxform = str
    entry.read_string(text)
    value = entry["Desktop Entry"]["Exec"].replace("\\\\", "\\")
    plain = value.replace("\\$", "$").replace(
        "\\`", "`"
    )  # shlex, as a shell's reader, leaves these
    words = [word.replace("%%", "%") for word in shlex.split(plain)]
    assert words == [program, "-m", "tlx", "gui", "%f"]
    assert entry["Desktop Entry"]["TryExec"].replace("\\\\", "\\") == program


@pytest.mark.parametrize("folder", ["/opt/tlx", "/a b/100% $x"])
@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="desktop-file-utils")
def test_the_desktop_s_own_validator_has_nothing_to_say(home, folder):
    written, _ = shortcut.install_shortcut([f"{folder}/python", "-m", "tlx", "gui"])
    done = subprocess.run(
        ["desktop-file-validate", written], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_opens_the_window(home):
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    program, *words = shortcut.gui_command()
    assert os.access(program, os.X_OK)
    done = subprocess.run(
        [program, *words, "missing.onnx"],
        capture_output=True,
        text=True,
        check=False,
        cwd=home.parent,
    )
    assert done.stderr == "tlx: missing.onnx: no such file or folder\n"


def test_a_relative_place_is_ignored_as_the_specification_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert shortcut.data_home() == tmp_path / ".local" / "share"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert shortcut.data_home() == tmp_path / ".local" / "share"


@pytest.mark.parametrize(
    ("platform", "says"), [("win32", "right-click the desktop"), ("darwin", "in Automator")]
)
def test_elsewhere_it_says_what_to_do_instead(monkeypatch, home, platform, says):
    monkeypatch.setattr(sys, "platform", platform)
    for change in (shortcut.install_shortcut, shortcut.remove_shortcut):
        with pytest.raises(UsageError, match=says):
            change()
    assert not home.exists()


def test_the_window_shows_the_icon(open_window):
    icon = open_window().windowIcon()
    assert not icon.isNull()
    image = icon.pixmap(64, 64).toImage()
    assert image.pixelColor(0, 0).alpha() == 0  # rounded corners
    assert image.pixelColor(6, 32).blue() > 2 * image.pixelColor(6, 32).red()
