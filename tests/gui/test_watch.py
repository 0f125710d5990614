"""Watching a folder in the window: what comes is answered, whatever happens to the folder."""

import csv
import os
import shutil
import signal
import sys
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from tlx.errors import UsageError
from tlx.gui import folder_watch, watched
from tlx.gui.client import Client
from tlx.gui.folder_watch import FolderWatch
from tlx.gui.page_stack import WATCH
from tlx.gui.protocol import Ranked, Row
from tlx.gui.watched import Plan, Watched
from tlx.gui.widgets.big_answer import BigAnswer
from tlx.gui.widgets.watch_log import KEPT, LogLine, WatchLogModel
from tlx.inference.folder_lock import only_writer_of

WAIT = 60_000


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(watched, "INTERVAL", 0.05)
    monkeypatch.setattr(folder_watch, "RESTART_MS", 1)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def page(open_window, qtbot, colour_model):
    """Give the page of a window whose model is open."""
    window = open_window(colour_model)
    qtbot.waitUntil(lambda: window.session.model is not None, timeout=WAIT)
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_W, control | shift)
    yield window.pages.watch
    window.pages.watch.close_all()


def begin(qtbot, page, folder, log=None) -> None:
    page.setup.set_folder(str(folder))
    page.setup._csv.setText(str(log or ""))
    qtbot.mouseClick(page.setup._start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.watch.state == "watching", timeout=WAIT)


def wait_lines(qtbot, page, count: int) -> list[LogLine]:
    qtbot.waitUntil(lambda: len(page.log.answers.lines) == count, timeout=WAIT)
    return page.log.answers.lines


def rows(path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_without_a_model_or_a_folder_it_cannot_start(open_window):
    window = open_window()
    window.show_page(WATCH)
    setup = window.pages.watch.setup
    assert setup._by.text() == "Open a model first."
    setup.set_folder("/")
    assert not setup._start.isEnabled()


def test_what_is_there_and_what_comes_is_answered_and_logged(
    page, qtbot, folder, pictures, tmp_path, colour_model
):
    from tlx.inference.classifier import Classifier

    log = tmp_path / "log.csv"
    shutil.copy(pictures / "red" / "0.png", folder / "a.png")
    begin(qtbot, page, folder, log)
    wait_lines(qtbot, page, 1)
    shutil.copy(pictures / "red" / "damaged.png", folder / "b.png")
    wait_lines(qtbot, page, 2)
    assert page.answer.shown.text == "Unreadable"
    (folder / "sub").mkdir()
    shutil.copy(pictures / "green" / "0.png", folder / "sub" / "c.png")
    lines = wait_lines(qtbot, page, 3)
    assert [line.name for line in lines] == [f"sub{os.sep}c.png", "b.png", "a.png"]
    assert (page.answer.shown.text, lines[0].answer) == ("green", "green")
    assert "3 pictures  ·  1 unreadable  ·  3 in the last minute" in page.text
    qtbot.waitUntil(lambda: not page.picture.image.isNull(), timeout=WAIT)
    qtbot.waitUntil(lambda: len(rows(log)) == 3, timeout=WAIT)
    prediction = Classifier(colour_model).classify(folder / "sub" / "c.png")
    assert float(rows(log)[2]["probability"]) == prediction.probability
    assert rows(log)[1]["error"] == "not a picture in a known format"


def test_stopping_and_starting_again_goes_on_with_the_csv(page, qtbot, folder, pictures, tmp_path):
    log = tmp_path / "log.csv"
    shutil.copy(pictures / "red" / "0.png", folder / "a.png")
    begin(qtbot, page, folder, log)
    wait_lines(qtbot, page, 1)
    qtbot.waitUntil(lambda: len(rows(log)) == 1, timeout=WAIT)
    qtbot.mouseClick(page._stop, Qt.MouseButton.LeftButton)
    assert (page.running, page.watch.client.running) == (False, False)
    assert "Stopped" in page.text
    shutil.copy(pictures / "green" / "0.png", folder / "b.png")
    qtbot.mouseClick(page._stop, Qt.MouseButton.LeftButton)
    assert [line.name for line in wait_lines(qtbot, page, 1)] == ["b.png"]
    qtbot.waitUntil(lambda: len(rows(log)) == 2, timeout=WAIT)
    assert page._settings.watched == (str(folder), str(log))


def test_a_csv_that_another_one_writes_ends_it_with_the_reason(page, qtbot, folder, tmp_path):
    log = tmp_path / "log.csv"
    with only_writer_of(log):
        page.setup.set_folder(str(folder))
        page.setup._csv.setText(str(log))
        page.start()
        qtbot.waitUntil(lambda: bool(page.banner.text), timeout=WAIT)
        assert "log.csv: another tlx is writing it; wait until it has ended" in page.banner.text
        assert not page.running
    begin(qtbot, page, folder, log)
    with pytest.raises(UsageError, match="another tlx is writing it"), only_writer_of(log):
        pass
    page.stop()
    assert page.watch._thread.wait(60)
    assert list(tmp_path.glob(".*")) == []


def test_starting_again_at_once_does_not_find_its_own_lock(page, qtbot, folder, tmp_path):
    begin(qtbot, page, folder, tmp_path / "log.csv")
    for _ in range(20):
        page.stop()
        page.start()
        qtbot.wait(5)
    qtbot.waitUntil(lambda: page.watch.state == "watching", timeout=WAIT)
    assert page.banner.text == ""


def test_a_folder_that_goes_away_is_a_banner_until_it_is_back(page, qtbot, folder, pictures):
    begin(qtbot, page, folder)
    assert page.answer.shown.text == "No picture yet"
    folder.rename(folder.with_name("away"))
    qtbot.waitUntil(lambda: page.watch.state == "gone", timeout=WAIT)
    assert "cannot be watched: No such file or directory" in page.banner.text
    folder.with_name("away").rename(folder)
    qtbot.waitUntil(lambda: page.watch.state == "watching", timeout=WAIT)
    assert page.banner.text == ""
    shutil.copy(pictures / "green" / "0.png", folder / "a.png")
    wait_lines(qtbot, page, 1)


def test_a_csv_that_cannot_be_written_is_a_banner_and_its_rows_come_later(
    page, qtbot, folder, pictures, tmp_path
):
    place = tmp_path / "place"
    place.mkdir()
    begin(qtbot, page, folder, place / "log.csv")
    place.rename(tmp_path / "away")
    shutil.copy(pictures / "green" / "0.png", folder / "a.png")
    wait_lines(qtbot, page, 1)
    qtbot.waitUntil(lambda: "log.csv cannot be written" in page.banner.text, timeout=WAIT)
    (tmp_path / "away").rename(place)
    qtbot.waitUntil(lambda: page.banner.text == "", timeout=WAIT)
    assert [row["label"] for row in rows(place / "log.csv")] == ["green"]


@pytest.fixture
def unwritten(page, qtbot, folder, pictures, tmp_path):
    """Give where the folder of a CSV was before it went away, with an answer that has no row."""
    place = tmp_path / "place"
    place.mkdir()
    begin(qtbot, page, folder, place / "log.csv")
    place.rename(tmp_path / "away")
    shutil.copy(pictures / "green" / "0.png", folder / "a.png")
    wait_lines(qtbot, page, 1)
    qtbot.waitUntil(lambda: "log.csv cannot be written" in page.banner.text, timeout=WAIT)
    return place


def test_rows_that_have_waited_are_written_on_stop(page, qtbot, unwritten, tmp_path):
    (tmp_path / "away").rename(unwritten)
    page.stop()
    qtbot.waitUntil(lambda: page.banner.text == "", timeout=WAIT)
    assert [row["label"] for row in rows(unwritten / "log.csv")] == ["green"]


def test_rows_that_have_waited_are_written_before_the_window_is_closed(page, unwritten, tmp_path):
    (tmp_path / "away").rename(unwritten)
    page.close_all()
    assert [row["label"] for row in rows(unwritten / "log.csv")] == ["green"]


def test_rows_that_cannot_be_written_on_stop_are_counted_and_come_by_starting_again(
    page, qtbot, unwritten, tmp_path
):
    page.stop()
    missing = "1 rows are missing in the CSV"
    qtbot.waitUntil(lambda: page.banner.text.startswith(missing), timeout=WAIT)
    assert "log.csv cannot be written" in page.banner.text
    (tmp_path / "away").rename(unwritten)
    page.banner.act()
    wait_lines(qtbot, page, 1)
    qtbot.waitUntil(lambda: len(rows(unwritten / "log.csv")) == 1, timeout=WAIT)


def test_rows_that_are_missing_do_not_hide_why_it_ended(page, qtbot, unwritten):
    page.watch._fail("the model has become another file")
    qtbot.waitUntil(lambda: "1 rows are missing" in page.banner.text, timeout=WAIT)
    assert "the model has become another file" in page.banner.text


def test_a_folder_that_is_not_there_ends_with_the_reason(page, qtbot, folder):
    page.setup.set_folder(str(folder / "nowhere"))
    page.start()
    qtbot.waitUntil(lambda: bool(page.banner.text), timeout=WAIT)
    assert "nowhere cannot be watched" in page.banner.text
    assert not page.running


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_worker_that_is_killed_is_started_again_and_nothing_is_lost(
    page, qtbot, folder, pictures
):
    begin(qtbot, page, folder)
    shutil.copy(pictures / "green" / "0.png", folder / "a.png")
    wait_lines(qtbot, page, 1)
    os.kill(page.watch.client.process_id, signal.SIGKILL)
    shutil.copy(pictures / "red" / "0.png", folder / "b.png")
    lines = wait_lines(qtbot, page, 2)
    assert (lines[0].name, lines[0].answer) == ("b.png", "red")


DYING = """
import json, os, sys
from tlx.cli.worker import Worker
class Dying(Worker):
    def _classify(self, request):
        if any("deadly" in path for path in request.paths):
            os._exit(9)
        return super()._classify(request)
Dying(sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)).serve()
"""


def test_a_picture_that_ends_every_worker_is_a_row_with_an_error(
    qtbot, folder, pictures, colour_model
):
    for name in ("a.png", "deadly.png", "z.png"):
        shutil.copy(pictures / "green" / "0.png", folder / name)
        os.utime(folder / name, (1, 1))
    watch, seen = FolderWatch(Client((sys.executable, "-c", DYING))), []
    watch.answered.connect(seen.extend)
    watch.start(Plan(str(colour_model), str(folder)))
    qtbot.waitUntil(lambda: len(seen) == 3, timeout=WAIT)
    assert [one.row.error for one in seen] == [
        None, "the worker ended while it read this picture", None
    ]  # fmt: skip
    shutil.copy(pictures / "green" / "0.png", folder / "after.png")
    qtbot.waitUntil(lambda: len(seen) == 4, timeout=WAIT)
    watch.close()


def test_a_model_that_cannot_be_opened_ends_it(qtbot, folder, other_models):
    watch = FolderWatch()
    with qtbot.waitSignal(watch.failed, timeout=WAIT) as failed:
        watch.start(Plan(str(other_models["none"]), str(folder)))
    assert "cannot be opened as an ONNX file" in failed.args[0]
    assert (watch.state, watch.client.running) == ("off", False)


def test_a_worker_that_never_comes_up_is_given_up(qtbot, folder, colour_model):
    watch = FolderWatch(Client((sys.executable, "-c", "import sys; sys.exit('no memory')")))
    with qtbot.waitSignal(watch.failed, timeout=WAIT) as failed:
        watch.start(Plan(str(colour_model), str(folder)))
    assert "no memory" in failed.args[0]


@pytest.mark.parametrize("answer", ["No", "Yes"])
def test_closing_while_watching_asks_and_leaves_no_process(
    page, qtbot, monkeypatch, folder, answer
):
    begin(qtbot, page, folder)
    asked, button = [], getattr(QMessageBox.StandardButton, answer)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: asked.append(1) or button)
    assert page.window().close() == (answer == "Yes")
    assert asked == [1]
    assert page.watch.client.running == (answer == "No")


def test_a_csv_whose_rows_cannot_be_read_is_given_back(folder, colour_model, tmp_path):
    from tlx.inference.session import ModelSession

    log = tmp_path / "log.csv"
    model = SimpleNamespace(card=ModelSession(colour_model).card)
    plan = Plan(str(colour_model), str(folder), str(log))
    Watched(plan, model).close()
    with log.open("a") as file:
        file.write("x" * 200_000 + "\r\n")  # longer than a cell may be
    with pytest.raises(UsageError, match=r"log\.csv cannot be read") as kept:
        Watched(plan, model)
    with only_writer_of(log):  # nobody holds it, though the error, kept, keeps what was begun
        assert kept.tb


def test_folder_and_csv_are_chosen_in_dialogs(page, qtbot, folder, tmp_path):
    page.setup.choose_folder()
    dialog = page.setup.findChild(QFileDialog)
    dialog.filesSelected.emit([str(folder)])
    assert page.setup.folder == str(folder)
    dialog.close()
    page.setup.choose_csv()
    page.setup.findChildren(QFileDialog)[-1].filesSelected.emit([str(tmp_path / "log.csv")])
    assert page.setup.csv == str(tmp_path / "log.csv")


def test_everything_that_takes_the_focus_has_a_name(page, qtbot, folder):
    names = set()
    for step in ("setup", "board"):
        if step == "board":
            begin(qtbot, page, folder)
        for widget in page.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
                assert name, (widget, widget.parent())
                names.add(name)
    assert {"Folder that is watched", "CSV for the answers", "Stop"} <= names


def test_the_log_is_a_model_that_keeps_the_last_thousand(qtbot, qtmodeltester):
    model = WatchLogModel()
    lines = [LogLine("12:00:00", f"{n}.png", "red", "90.0%", f"/{n}.png", "text") for n in range(9)]
    model.add(lines)
    assert [line.name for line in model.lines] == [f"{n}.png" for n in reversed(range(9))]
    checked = WatchLogModel()
    checked.add(lines)
    qtmodeltester.check(checked, force_py=True)
    for _ in range(KEPT // 9 + 1):
        model.add(lines)
    assert model.rowCount() == KEPT
    assert model.lines[0].name == "8.png"
    model.show(())
    assert model.rowCount() == 0


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row("a", (), "no such file"), ("Unreadable", "no such file", "bad")),
        (Row("a", (Ranked("red", 0.4),), None), ("red", "unsure, 40.0%", "unsure")),
        (Row("a", (Ranked("red", 0.9),), None, True), ("Unknown", "nearest: red 90.0%", "unsure")),
        (Row("a", (Ranked("red", 0.9),), None, labels=("red", "b")), ("red, b", "", "text")),
        (
            Row("a", (Ranked("red", 0.2),), None, labels=()),
            ("None of the labels", "most probable: red 20.0%", "text"),
        ),
    ],
)
def test_an_answer_is_said_in_two_lines(qtbot, row, expected):
    said = BigAnswer().headline(row)
    assert (said.text, said.below, said.colour) == expected


def test_letters_are_large_enough_for_two_metres_and_fit(page, qtbot, folder, pictures):
    begin(qtbot, page, folder)
    shutil.copy(pictures / "green" / "0.png", folder / "a.png")
    wait_lines(qtbot, page, 1)
    answer = page.answer
    assert answer._font(answer.rect()).pixelSize() >= 60  # 1.5 cm at 96 pixels an inch
    answer.show_row(Row("a", (Ranked("a label of very many words" * 5, 1.0),), None))
    assert answer._font(answer.rect()).pixelSize() >= 26
    started = time.monotonic()
    answer.grab()
    assert time.monotonic() - started < 5


def test_a_worker_that_ends_before_it_says_that_it_is_done_stops_nothing(
    qtbot, folder, pictures, colour_model
):
    program = DYING.replace(
        "class Dying(Worker):",
        "class Dying(Worker):\n    def _say(self, answer):\n"
        "        if type(answer).__name__ == 'Done': os._exit(9)\n        super()._say(answer)",
    )
    watch, seen = FolderWatch(Client((sys.executable, "-c", program))), []
    watch.answered.connect(seen.extend)
    watch.start(Plan(str(colour_model), str(folder)))
    for number in range(3):
        shutil.copy(pictures / "green" / "0.png", folder / f"{number}.png")
        qtbot.waitUntil(lambda: len(seen) == number + 1, timeout=WAIT)  # noqa: B023
    assert [one.row.predictions[0].label for one in seen] == ["green"] * 3
    watch.close()
