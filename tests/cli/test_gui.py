"""`tlx gui` without its window: the shortcut that it installs and removes."""

import sys
from pathlib import Path

import pytest

from tlx.gui import shortcut

ENTRY, ICON = "applications/tlx.desktop", "icons/hicolor/scalable/apps/tlx.svg"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="desktops of Linux")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def test_it_is_installed_once_and_again_and_removed(run_tlx, home):
    for _ in range(2):
        ran = run_tlx("gui", "--install-shortcut")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.splitlines() == [f"written: {home / ENTRY}", f"written: {home / ICON}"]
    assert (home / ICON).read_bytes() == shortcut.ICON.read_bytes()
    assert len([path for path in home.rglob("*") if path.is_file()]) == 2
    ran = run_tlx("gui", "--remove-shortcut")
    assert ran.out.splitlines() == [f"removed: {home / ENTRY}", f"removed: {home / ICON}"]
    assert not [path for path in home.rglob("*") if path.is_file()]
    assert run_tlx("gui", "--remove-shortcut").out == "there is no shortcut of tlx\n"


@pytest.mark.parametrize("name", [ENTRY, ICON])
@pytest.mark.parametrize("option", ["--install-shortcut", "--remove-shortcut"])
def test_what_somebody_else_wrote_stays(run_tlx, home, name, option):
    (home / name).parent.mkdir(parents=True)
    (home / name).write_text("mine")
    assert f"{home / name} was not written by tlx" in run_tlx("gui", option).error
    assert [path.read_text() for path in home.rglob("*") if path.is_file()] == ["mine"]


def test_it_stands_alone(run_tlx):
    assert "each stand alone" in run_tlx("gui", "m.onnx", "--install-shortcut").error
    assert "each stand alone" in run_tlx("gui", "--remove-shortcut", "--install-shortcut").error
