"""The real `tlx gui` process on a real X display, from what is dropped on it to a CSV.

Nothing of the window is reached into. Files are dropped by the X protocol for drag and drop: a
second small program offers them (no file manager is at hand), and xdotool moves the mouse from it
to the window and lets go. All else is typed. What is looked at is what a user has in the end: the
title, the journal of decisions, the CSV.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

NEEDED = ("Xvfb", "openbox", "xdotool")
MISSING = [name for name in NEEDED if not shutil.which(name)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]

SOURCE = """
import sys
from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QWidget
class Source(QWidget):
    def mousePressEvent(self, event):
        drag, data = QDrag(self), QMimeData()
        data.setUrls([QUrl.fromLocalFile(path) for path in sys.argv[1:]])
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)
        QTimer.singleShot(2000, QApplication.quit)  # the window asks for the files only now
application = QApplication(sys.argv)
source = Source()
source.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
source.setGeometry(0, 0, 60, 60)
source.setWindowTitle("source of a drop")
source.show()
application.exec()
"""


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


class Desk:
    """A display, a window manager, and hands."""

    def __init__(self, home: Path) -> None:
        self.home, display = home, f":{90 + os.getpid() % 900}"
        places = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)}
        self._environment = os.environ | places | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self.processes: list[subprocess.Popen] = []
        self.start("Xvfb", display, "-screen", "0", "1400x900x24")
        until(lambda: self.do("getdisplaygeometry").returncode == 0, "Xvfb does not start")
        self.start("openbox")

    def start(self, *command: object) -> subprocess.Popen:
        words = [str(word) for word in command]
        self.processes.append(subprocess.Popen(words, env=self._environment))
        return self.processes[-1]

    def do(self, *words: object) -> subprocess.CompletedProcess:
        command = ["xdotool", *(str(word) for word in words)]
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )

    def titles(self) -> list[str]:
        found = self.do("search", "--onlyvisible", "--name", ".").stdout.split()
        return [self.do("getwindowname", number).stdout.strip() for number in found]

    def drop(self, *files: Path) -> None:
        source = self.start(sys.executable, "-c", SOURCE, *files)
        until(lambda: "source of a drop" in self.titles(), "the source does not appear")
        self.do("mousemove", 30, 30)
        self.do("mousedown", 1)
        time.sleep(0.5)
        for step in range(1, 21):
            self.do("mousemove", 30 + 33 * step, 30 + 20 * step)
            time.sleep(0.05)
        time.sleep(0.5)
        self.do("mouseup", 1)
        until(lambda: source.poll() is not None, "the drop does not end")

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    desk = Desk(tmp_path)
    yield desk
    desk.end()


def rows(path: Path) -> list[dict]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_from_a_drop_to_the_csv(desk, colour_model, pictures, tmp_path, tlx_answers):
    window = desk.start(sys.executable, "-m", "tlx", "gui")
    until(lambda: "tlx" in desk.titles(), "the window does not appear")
    number = desk.do("search", "--onlyvisible", "--name", "^tlx$").stdout.split()[-1]
    desk.do("windowactivate", "--sync", number)

    desk.drop(colour_model)
    until(lambda: "colours.onnx - tlx" in desk.titles(), "the model is not opened")
    green = pictures / "green" / "0.png"
    desk.drop(green)
    until(lambda: "0.png - colours.onnx - tlx" in desk.titles(), "the picture is not shown")
    desk.do("windowactivate", "--sync", number)
    journal = desk.home / "tlx" / "review.jsonl"

    def agreed() -> bool:
        desk.do("key", "y")  # "right": nothing happens before there is an answer
        return any(journal.parent.rglob("review.jsonl"))

    until(agreed, "no answer came")
    (written,) = journal.parent.rglob("review.jsonl")
    first = json.loads(written.read_text().splitlines()[0])
    assert str(green) in first.values()
    assert "green" in first.values()

    desk.drop(pictures)
    until(lambda: f"{pictures.name} - colours.onnx - tlx" in desk.titles(), "no folder is shown")
    desk.do("windowactivate", "--sync", number)
    exported = export(desk, tmp_path, sum(1 for _ in pictures.rglob("*.png")))
    table, words = tmp_path / "classified.csv", (sys.executable, "-m", "tlx", "classify")
    subprocess.run([*words, colour_model, pictures, "--csv", table, "--topk", "3"], check=False)
    assert sorted(exported.read_bytes().splitlines()) == sorted(table.read_bytes().splitlines())

    folder, log = tmp_path / "camera", tmp_path / "answers.csv"
    folder.mkdir()
    desk.do("key", "ctrl+shift+w")
    time.sleep(0.5)
    desk.do("type", "--delay", 5, folder)
    desk.do("key", "Tab", "Tab")
    desk.do("type", "--delay", 5, log)
    desk.do("key", "Return")
    until(log.exists, "watching does not begin")
    for name in ("red/0.png", "blue/1.png", "red/damaged.png"):
        shutil.copy(pictures / name, folder / name.replace("/", "-"))
        until(lambda: len(rows(log)) == len(list(folder.iterdir())), f"{name} is not answered")
    for row in rows(log):
        expected = tlx_answers(row["path"])
        assert (row["label"], row["probability"], row["error"]) == expected
    window.terminate()
    window.wait(30)


def export(desk: Desk, folder: Path, count: int) -> Path:
    """Write the answers by Ctrl+E and the dialog, until there is one for each picture."""
    for attempt in range(30):
        path = folder / f"export-{attempt}.csv"
        desk.do("key", "ctrl+e")
        time.sleep(1)
        desk.do("type", "--delay", 5, path)
        desk.do("key", "Return")
        until(path.exists, f"{path.name} is not written")
        if len(rows(path)) == count:
            return path
        time.sleep(1)
    raise AssertionError(f"there are never {count} answers")


@pytest.fixture
def tlx_answers(colour_model: Path) -> Callable[[str], tuple[str, str, str]]:
    """Give the first label, its probability and the error that `tlx classify` gives a file."""
    from tlx.inference.classifier import Classifier

    classifier = Classifier(colour_model)

    def answer(path: str) -> tuple[str, str, str]:
        (outcome,) = classifier.classify_files([path])
        if outcome.prediction is None:
            return "", "", outcome.error or ""
        return outcome.prediction.label, str(outcome.prediction.probability), ""

    return answer
