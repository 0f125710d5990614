"""The Folder page as a person uses it: every state, filters, keys, and what is written."""

import csv
import os
import shutil
import signal
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox

from tlx.gui import copying, sorting
from tlx.gui.manifest import MANIFEST
from tlx.gui.page_stack import CLASSIFY, FOLDER
from tlx.gui.sorter import Sorter
from tlx.gui.widgets.copy_plan import CopyPlan
from tlx.gui.widgets.grid import Grid
from tlx.gui.widgets.hold_key import HoldKey
from tlx.gui.widgets.label_picker import LabelPicker

WAIT = 60_000
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO_KEYS = Qt.KeyboardModifier.NoModifier
# In the order found: blue/0 blue/1 green/0 green/1 red/0 red/1 red/damaged


def wait_done(qtbot, window, count: int) -> None:
    results = window.session.results
    done = lambda: len(results) == count and not len(results.waiting())  # noqa: E731
    qtbot.waitUntil(done, timeout=WAIT)
    qtbot.waitUntil(lambda: not window.session.running, timeout=WAIT)
    window.pages.folder._refresh()


@pytest.fixture
def wrong_pictures(pictures, tmp_path) -> Path:
    """The pictures, and a green one in the folder of the red ones."""
    root = shutil.copytree(pictures, tmp_path / "wrong")
    shutil.copy(root / "green" / "0.png", root / "red" / "leaf.png")
    return root


@pytest.fixture
def page(open_window, qtbot, colour_model, wrong_pictures):
    """The page with eight pictures, one of them wrong and one unreadable."""
    window = open_window(colour_model, wrong_pictures)
    wait_done(qtbot, window, 8)
    page = window.pages.folder
    page.gallery.setFocus()
    page.choose(0)
    return page


def names(page) -> list[str]:
    paths = page._session.results.paths
    return ["/".join(paths[number].split("/")[-2:]) for number in page.numbers]


def press(qtbot, page, key, modifier=NO_KEYS) -> None:
    qtbot.keyClick(page.close_up.viewer if page.looking else page.gallery, key, modifier)


def test_a_folder_opens_as_a_gallery(page):
    assert page.window().tabs.currentIndex() == FOLDER
    assert page.gallery.isVisible()
    assert len(names(page)) == 8
    assert page.filter.count.text() == "8 of 8"
    cards = [page.browser.model.card(row) for row in range(8)]
    assert [card.right for card in cards] == [True] * 6 + [None, False]
    assert (cards[6].text, cards[6].probability) == ("unreadable", None)
    assert (cards[7].text, cards[7].detail) == ("green", "is red")
    assert "not a picture" in page.browser.model.describe(6)


def test_without_pictures_it_says_what_to_do(open_window, qtbot, colour_model, tmp_path):
    window = open_window()
    window.show_page(FOLDER)
    assert window.pages.folder.welcome.isVisible()
    (tmp_path / "empty").mkdir()
    window.open_places([str(tmp_path / "empty")])
    qtbot.waitUntil(lambda: "No pictures" in window.banner.text, timeout=WAIT)
    assert window.pages.folder.welcome.isVisible()


def test_a_scan_says_how_many_it_has_found(open_window, qtbot):
    window = open_window()
    window.session.scan.found.emit(["/nowhere/a.png", "/nowhere/b.png"])
    assert window.strip.text == "Looking for pictures … 2 found"
    assert names(window.show_folder()) == ["nowhere/a.png", "nowhere/b.png"]
    assert window.pages.folder.browser.model.card(0).text == "waiting"


def test_each_filter_shows_its_pictures_and_escape_shows_all(page, qtbot):
    bar = page.filter
    for choose, expected in (
        (lambda: bar.choose_state("wrong"), ["red/leaf.png"]),
        (lambda: bar.choose_state("unreadable"), ["red/damaged.png"]),
        (lambda: bar.choose_label(0), ["blue/0.png", "blue/1.png"]),
        (lambda: bar._name.setText("LEAF"), ["red/leaf.png"]),
        (lambda: bar._range.set_range(0, 50), []),
    ):
        choose()
        qtbot.waitUntil(lambda expected=expected: names(page) == expected, timeout=WAIT)
        assert page.browser._clear.isVisible() == (not expected)
        press(qtbot, page, Qt.Key.Key_Escape)
        assert len(names(page)) == 8


def test_the_order_is_that_of_the_answers(page):
    probability = page._session.results.probability
    page.filter.choose_order("least probable")
    shown = [float(probability[number]) for number in page.numbers]
    assert shown[:-1] == sorted(shown[:-1])
    page.filter.choose_order("name")
    assert [name.split("/")[1] for name in names(page)] == sorted(
        name.split("/")[1] for name in names(page)
    )


def test_a_click_on_a_label_shows_its_pictures(page, qtbot):
    labels = page.browser.side.labels
    counts = [labels.bars.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(4)]
    assert counts == ["All labels: 7", "blue: 2", "green: 3", "red: 2"]
    at = labels.visualRect(labels.bars.index(2, 0)).center()
    qtbot.mouseClick(labels.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, at)
    assert names(page) == ["green/0.png", "green/1.png", "red/leaf.png"]
    page.filter.clear()
    assert labels.currentIndex().row() == 0


def test_the_threshold_says_what_it_lets_stand(page):
    side = page.browser.side
    assert "At 50% or more: 7 of 7 answers (100.0%)" in side.text
    assert "85.7% of them right (6 of 7; 95% interval 48.7% to 97.4%)" in side.text
    side.histogram.set_threshold(100)
    assert "0 of 7" in side.text
    assert "not known" in side.text
    assert page.browser.model.card(0).tone == "unsure"
    page.filter.choose_state("unsure")
    assert len(names(page)) == 7


def test_exactly_the_pictures_of_a_reason_are_shown_until_the_chip_is_closed(page, qtbot):
    paths = page._session.results.paths
    page.filter.choose_state("wrong")
    page.show_only([paths[5], Path(paths[1])], "red taken for blue")
    assert names(page) == ["blue/1.png", "red/1.png"]
    chip = page.browser._chip
    assert chip.isVisible()
    assert "red taken for blue" in chip.text()
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert len(names(page)) == 8
    assert not chip.isVisible()


def test_pictures_of_a_reason_that_are_new_are_added(page, qtbot, pictures):
    new = pictures / "green" / "1.png"
    page.show_only([str(new)], "differ")
    assert [page._session.results.paths[number] for number in page.numbers] == [str(new)]
    wait_done(qtbot, page.window(), 9)
    assert page.browser.model.card(0).text == "green"


def test_enter_opens_a_picture_and_escape_returns_to_the_same_place(page, qtbot):
    page.choose(2)
    press(qtbot, page, Qt.Key.Key_Return)
    assert page.looking
    assert page.close_up.index == page.numbers[2]
    assert page.window().windowTitle().startswith("0.png - colours.onnx")
    qtbot.waitUntil(lambda: not page.close_up.viewer._picture.pixmap().isNull(), timeout=WAIT)
    press(qtbot, page, Qt.Key.Key_Right)
    assert page.close_up.index == page.numbers[3]
    press(qtbot, page, Qt.Key.Key_Escape)
    assert not page.looking
    assert page.gallery.currentIndex().row() == 3
    at = page.gallery.visualRect(page.browser.model.index(1, 0)).center()
    viewport = page.gallery.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, NO_KEYS, at)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, NO_KEYS, at)
    assert page.close_up.index == page.numbers[1]


def test_a_picture_is_peeked_at_for_as_long_as_space_is_held(page, qtbot, monkeypatch):
    press(qtbot, page, Qt.Key.Key_Space)  # a tap
    assert page.looking
    page.close_picture()
    monkeypatch.setattr("tlx.gui.widgets.hold_key.HELD", 0.0)
    qtbot.keyPress(page.gallery, Qt.Key.Key_Space)
    assert page.looking
    qtbot.keyRelease(page.close_up.viewer, Qt.Key.Key_Space)
    assert not page.looking


def test_a_tapped_key_does_not_end_what_it_began():
    ended = []
    key = HoldKey(lambda: ended.append(1))
    key.press()
    key.release()
    key.release()
    assert ended == []


def test_the_gallery_is_walked_by_keys(page, qtbot):
    columns = page.gallery.grid.columns
    assert columns > 2
    for key, expected in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, min(1 + columns, 7)),
        (Qt.Key.Key_Up, min(1 + columns, 7) - columns),
        (Qt.Key.Key_End, 7),
        (Qt.Key.Key_Right, 7),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_PageDown, min(page.gallery.grid.page, 7)),
    ):
        press(qtbot, page, key)
        assert page.gallery.currentIndex().row() == expected


def test_review_by_keys_goes_on_is_undone_and_shows_its_marks(page, qtbot):
    session, card = page._session, page.browser.model.card
    press(qtbot, page, Qt.Key.Key_Y)
    assert (card(0).said, page.gallery.currentIndex().row()) == ("right", 1)
    press(qtbot, page, Qt.Key.Key_3)
    assert (card(1).said, card(1).right, card(1).detail) == ("other", False, "is red")
    press(qtbot, page, Qt.Key.Key_U)
    assert (card(1).said, page.gallery.currentIndex().row()) == ("unsure", 2)
    page.filter.choose_state("reviewed")
    assert names(page) == ["blue/0.png", "blue/1.png"]
    page.browser.clear()
    page.choose(5)
    press(qtbot, page, Qt.Key.Key_Z, CTRL)
    assert (card(1).said, page.gallery.currentIndex().row()) == ("other", 1)
    press(qtbot, page, Qt.Key.Key_Z, CTRL)
    press(qtbot, page, Qt.Key.Key_Z, CTRL | SHIFT)
    assert card(1).said == "other"
    press(qtbot, page, Qt.Key.Key_Backspace)
    assert card(1).said == ""
    assert list(session.review.labels.values()) == ["blue"]


def test_enter_judges_only_a_single_picture_and_y_is_a_letter_in_the_search(page, qtbot):
    window, bar, side = page.window(), page.filter, page.browser.side
    press(qtbot, page, Qt.Key.Key_A, CTRL)
    press(qtbot, page, Qt.Key.Key_F, CTRL)
    assert bar._name.hasFocus()
    for key in (Qt.Key.Key_Y, Qt.Key.Key_Return, Qt.Key.Key_Enter):
        qtbot.keyClick(bar._name, key)
    assert bar._name.text() == "y"
    bar.clear()
    press(qtbot, page, Qt.Key.Key_A, CTRL)
    for part in (bar._state, bar._size, side.labels, side.histogram, window.tabs):
        part.setFocus()
        qtbot.keyClick(part, Qt.Key.Key_Return)
    assert page._session.review.labels == {}
    bar._state.setFocus()
    qtbot.keyClick(bar._state, Qt.Key.Key_Y)
    assert len(page._session.review.labels) == 7
    press(qtbot, page, Qt.Key.Key_Z, CTRL)
    page.open_picture(0)
    press(qtbot, page, Qt.Key.Key_Return)
    assert list(page._session.review.labels.values()) == ["blue"]


def test_all_that_is_selected_is_decided_in_one_step(page, qtbot):
    page.filter.choose_label(1)
    press(qtbot, page, Qt.Key.Key_A, CTRL)
    press(qtbot, page, Qt.Key.Key_N)
    picker = page.window().findChild(LabelPicker)
    qtbot.keyClicks(picker._part, "re")
    qtbot.keyClick(picker._part, Qt.Key.Key_Down)
    qtbot.keyClick(picker._part, Qt.Key.Key_Return)
    assert set(page._session.review.labels.values()) == {"red"}
    assert len(page._session.review.labels) == 3
    press(qtbot, page, Qt.Key.Key_Z, CTRL)
    assert page._session.review.labels == {}


@pytest.fixture
def several(open_window, qtbot, multi_label_run):
    """The page with pictures that have several labels; gives the way to open it again, too."""

    def show():
        window = open_window(multi_label_run / "model.onnx", multi_label_run.parent / "data")
        wait_done(qtbot, window, 48)
        return window.pages.folder

    return show


def test_several_labels_are_added_and_taken_away_by_keys_undone_and_recalled(
    several, qtbot, tmp_path
):
    page = several()
    page.choose(0)
    results, card = page._session.results, page.browser.model.card
    first, second = results.labels[:2]
    chosen = [set(results.chosen(row)) for row in range(3)]
    press(qtbot, page, Qt.Key.Key_Y)
    assert (card(0).said, card(0).right, page.gallery.currentIndex().row()) == ("right", True, 1)
    press(qtbot, page, Qt.Key.Key_1)
    assert set(results.said(1)) == chosen[1] ^ {first}
    assert (card(1).said, card(1).right) == ("other", False)
    assert card(1).detail == f"is {', '.join(results.said(1)) or 'none'}"
    press(qtbot, page, Qt.Key.Key_N)
    picker = page.window().findChild(LabelPicker)
    items = [picker._list.item(row) for row in range(picker._list.count())]
    ticked = {one.text() for one in items if one.checkState() == Qt.CheckState.Checked}
    assert ticked == set(results.said(1))
    qtbot.keyClicks(picker._part, second)
    qtbot.keyClick(picker._part, Qt.Key.Key_Return)
    assert set(results.said(1)) == chosen[1] ^ {first, second}
    page.filter.choose_state("wrong")
    assert page.numbers == [1]
    page.browser.clear()
    press(qtbot, page, Qt.Key.Key_Z, CTRL)
    assert set(results.said(1)) == chosen[1] ^ {first}
    page.choose(2)
    press(qtbot, page, Qt.Key.Key_U)
    said = [card(row).said for row in range(4)]
    assert said == ["right", "other", "unsure", ""]
    page.window().exporting.write_corrections(str(tmp_path / "labels.csv"))
    rows = list(csv.DictReader((tmp_path / "labels.csv").read_text().splitlines()))
    assert [set(row["labels"].split("|")) - {""} for row in rows] == [
        *(chosen[0], chosen[1] ^ {first})
    ]
    page.window().close()
    again = several()
    assert [again.browser.model.card(row).said for row in range(4)] == said
    again._session.results.forget_answers()  # they wait
    assert [again.browser.model.card(row).said for row in (1, 2)] == ["other", "unsure"]
    assert "You said: " in again.browser.model.describe(1)


def test_of_several_pictures_a_label_is_added_to_all_then_taken_from_all(several, qtbot):
    page = several()
    results, label = page._session.results, page._session.results.labels[0]
    assert 0 < sum(label in results.chosen(row) for row in range(48)) < 48
    press(qtbot, page, Qt.Key.Key_A, CTRL)
    for there in (True, False):
        press(qtbot, page, Qt.Key.Key_1)
        assert {label in results.said(row) for row in range(48)} == {there}
    press(qtbot, page, Qt.Key.Key_Z, CTRL)
    assert {label in results.said(row) for row in range(48)} == {True}


def test_what_was_reviewed_is_there_again_when_the_window_is_opened_again(
    page, qtbot, open_window, colour_model, wrong_pictures, other_models
):
    press(qtbot, page, Qt.Key.Key_Y)
    press(qtbot, page, Qt.Key.Key_U)
    page.window().close()
    again = open_window(colour_model, wrong_pictures)
    wait_done(qtbot, again, 8)
    cards = [again.pages.folder.browser.model.card(row) for row in range(3)]
    assert [card.said for card in cards] == ["right", "unsure", ""]
    other = open_window(other_models["renamed"], wrong_pictures)
    wait_done(qtbot, other, 8)
    assert other.pages.folder.browser.model.card(0).said == ""


def test_a_range_is_selected_with_shift_and_single_cards_with_ctrl(page, qtbot):
    gallery, model = page.gallery, page.browser.model
    click = lambda row, keys: qtbot.mouseClick(  # noqa: E731
        gallery.viewport(),
        Qt.MouseButton.LeftButton,
        keys,
        gallery.visualRect(model.index(row, 0)).center(),
    )
    click(1, NO_KEYS)
    click(4, SHIFT)
    assert gallery.selected_rows() == [1, 2, 3, 4]
    click(2, CTRL)
    assert gallery.selected_rows() == [1, 3, 4]
    page.filter.choose_order("most probable")
    kept = {page.numbers[row] for row in gallery.selected_rows()}
    assert kept == {1, 3, 4}


def test_the_place_is_kept_when_cards_come_before_it(page, qtbot):
    page.filter.enlarge(100)
    page.window().resize(900, 600)
    page.choose(6)
    qtbot.wait(50)
    top = page.gallery.visualRect(page.gallery.currentIndex()).top()
    page.filter._range.set_range(0, 99)  # the unreadable one passes no range
    page.browser.clear()
    page.choose(6)
    assert page.gallery.currentIndex().row() == 6
    assert page.gallery.visualRect(page.gallery.currentIndex()).top() == top


def many_pictures(folder: Path, count: int) -> Path:
    folder.mkdir()
    QImage(40, 30, QImage.Format.Format_RGB32).save(str(folder / "0.bmp"))
    for number in range(1, count):
        (folder / f"{number}.bmp").hardlink_to(folder / "0.bmp")
    return folder


def test_results_are_used_while_it_runs_cancelled_and_continued(
    open_window, qtbot, colour_model, tmp_path
):
    window = open_window(colour_model, many_pictures(tmp_path / "many", 3000))
    results, page = window.session.results, window.pages.folder
    qtbot.waitUntil(lambda: 0 < len(results.waiting()) < len(results) - 50, timeout=WAIT)
    page.choose(0)
    qtbot.keyClick(page.gallery, Qt.Key.Key_Y)
    assert len(window.session.review.labels) == 1
    qtbot.keyClick(page.gallery, Qt.Key.Key_Escape)
    assert not window.session.running
    left = len(results.waiting())
    assert left > 0
    assert window.strip.offered == "Continue"
    window.strip.take_offer()
    wait_done(qtbot, window, 3000)
    assert len(names(page)) == 3000
    assert window.strip.offered == ""


def test_a_killed_worker_keeps_the_gallery_and_restart_goes_on(page, qtbot, pictures, tmp_path):
    window = page.window()
    os.kill(window.session.client.process_id, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(window.banner.text), timeout=WAIT)
    assert "8 results are kept" in window.banner.text
    assert len(names(page)) == 8
    more = shutil.copy(pictures / "green" / "0.png", tmp_path / "later.png")
    window.open_places([str(more)])
    window.banner.act()
    wait_done(qtbot, window, 9)
    assert page.browser.model.card(8).text == "green"


def test_closing_while_it_runs_leaves_no_process(
    open_window, qtbot, colour_model, tmp_path, monkeypatch
):
    window = open_window(colour_model, many_pictures(tmp_path / "many", 2000))
    qtbot.waitUntil(lambda: window.session.running, timeout=WAIT)
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: yes)
    process = window.session.client.process_id
    assert window.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_unreadable_pictures_are_one_click_away(page):
    strip = page.window().strip
    assert "8 pictures, 1 of them unreadable" in strip.text
    strip.take_offer()
    assert names(page) == ["red/damaged.png"]


def test_what_is_shown_is_exported_and_corrections_are_written(page, qtbot, tmp_path):
    window, exporting = page.window(), page.window().exporting
    page.filter.choose_state("wrong")
    exporting.write_results(str(tmp_path / "answers.csv"))
    assert window.banner.text == f"1 answers written to {tmp_path / 'answers.csv'}"
    (row,) = csv.DictReader((tmp_path / "answers.csv").read_text().splitlines())
    assert (Path(row["path"]).name, row["label"]) == ("leaf.png", "green")
    exporting.write_corrections(str(tmp_path / "labels.csv"))
    assert "no picture has been reviewed" in window.banner.text
    page.choose(0)
    press(qtbot, page, Qt.Key.Key_3)
    exporting.write_corrections(str(tmp_path / "labels.csv"))
    (row,) = csv.DictReader((tmp_path / "labels.csv").read_text().splitlines())
    assert (Path(row["file"]).name, row["label"]) == ("leaf.png", "red")
    window.show_page(CLASSIFY)
    exporting.write_results(str(tmp_path / "answers.csv"))
    assert window.banner.text.startswith("8 answers")


def test_copies_are_planned_shown_made_and_taken_back(page, qtbot, tmp_path, wrong_pictures):
    window, target = page.window(), tmp_path / "sorted"
    target.mkdir()
    before = {path: path.read_bytes() for path in wrong_pictures.rglob("*.png")}
    window.exporting.plan_copies(str(target))
    dialog = window.findChild(CopyPlan)
    assert dialog.isVisible()
    assert list(target.iterdir()) == []
    with qtbot.waitSignal(window.exporting.sorter.made, timeout=WAIT):
        dialog.confirm()
    assert sorted(path.name for path in (target / "green").iterdir()) == [
        *("0.png", "1.png", "leaf.png")
    ]
    assert ": 7 pictures" in window.banner.text
    with qtbot.waitSignal(window.exporting.sorter.undone, timeout=WAIT):
        window.banner.act()
    assert list(target.iterdir()) == []
    assert "7 pictures taken back" in window.banner.text
    assert {path: path.read_bytes() for path in wrong_pictures.rglob("*.png")} == before
    window.exporting.plan_copies(str(tmp_path / "nowhere"))
    assert "is no folder" in window.banner.text


def test_taking_back_is_cancelled_by_esc_and_asked_about_at_the_close(
    page, qtbot, tmp_path, monkeypatch
):
    window, (source, target) = page.window(), (tmp_path / "own", tmp_path / "sorted")
    asked, at_work, go_on = [], threading.Event(), threading.Event()
    for folder in (source, target):
        folder.mkdir()
    for name in "ab":
        (source / name).write_bytes(name.encode())
    list(sorting.apply(sorting.make_plan([(str(source / n), "x") for n in "ab"], target), "move"))
    real = sorting._take_back

    def take_back(place, made, stopped):
        at_work.set()
        assert go_on.wait(60)
        return real(place, made, stopped)

    def answer_no(*words):
        asked.append(words[2])
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(sorting, "_take_back", take_back)
    monkeypatch.setattr(QMessageBox, "question", answer_no)
    with qtbot.waitSignal(window.exporting.sorter.undone, timeout=WAIT):
        window.exporting.sorter.undo(target / MANIFEST)
        assert at_work.wait(60)
        assert not window.close()
        press(qtbot, page, Qt.Key.Key_Escape)
        go_on.set()
    assert asked == ["Pictures are still being copied, moved or taken back. Close anyway?"]
    assert list(source.iterdir()) == []
    assert {path.name for path in target.rglob("*.*")} == {MANIFEST}
    assert "cancelled" in window.banner.text
    assert sorting.undo(target / MANIFEST).files == 2


def test_closing_waits_for_a_piece_of_the_file_that_is_copied_not_for_the_file(
    page, qtbot, tmp_path, monkeypatch
):
    window, target, slow = page.window(), tmp_path / "sorted", threading.Event()
    large = tmp_path / "large.tif"
    target.mkdir()
    with large.open("wb") as file:
        file.truncate(100 * copying.PIECE)
    real = os.fsync

    def fsync(file):  # as on a memory stick
        slow.set()
        time.sleep(0.2)
        real(file)

    monkeypatch.setattr(copying.os, "fsync", fsync)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    window.exporting.sorter.make(sorting.make_plan([(str(large), "x")], target), "copy")
    assert slow.wait(60)
    start = time.monotonic()
    assert window.close()
    assert time.monotonic() - start < 5  # all of it would take 20 seconds
    assert [path.name for path in target.rglob("*.*")] == [MANIFEST]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_among_what_is_moved_are_said_to_stay(qtbot, pictures, tmp_path):
    link = tmp_path / "link.png"
    link.symlink_to(pictures / "red" / "0.png")
    sorter = Sorter()
    with qtbot.waitSignal(sorter.made, timeout=WAIT) as made:
        sorter.make(sorting.make_plan([(str(link), "red")], tmp_path), "move")
    assert made.args[1:] == [1, "links, which were copied and stay: 1"]
    assert link.is_symlink()


def test_a_cancel_after_the_last_picture_cancels_nothing(qtbot, pictures, tmp_path):
    sorter, path = Sorter(), str(pictures / "red" / "0.png")
    steps = [(path, "red"), (path, "blue")]
    for last, reason in ((2, ""), (1, "cancelled")):
        target = tmp_path / str(last)
        target.mkdir()
        stop = sorter.went_on.connect(
            lambda done, _, last=last: sorter.cancel() if done == last else None,
            Qt.ConnectionType.DirectConnection,
        )
        with qtbot.waitSignal(sorter.made, timeout=WAIT) as made:
            sorter.make(sorting.make_plan(steps, target), "copy")
        assert made.args[1:] == [last, reason]
        sorter.disconnect(stop)


def test_random_actions_change_no_picture(page, qtbot, wrong_pictures, tmp_path):
    import random

    chance, exporting = random.Random(7), page.window().exporting
    target = tmp_path / "out"
    target.mkdir()
    before = {path: path.read_bytes() for path in wrong_pictures.rglob("*") if path.is_file()}
    keys = [*(Qt.Key.Key_Y, Qt.Key.Key_U, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Backspace)]
    keys += [*(Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_Return)]
    keys += [*(Qt.Key.Key_Escape, Qt.Key.Key_H, Qt.Key.Key_Space, Qt.Key.Key_F4)]
    for _ in range(150):
        press(qtbot, page, chance.choice(keys))
        if chance.random() < 0.2:
            press(qtbot, page, Qt.Key.Key_Z, CTRL)
        if chance.random() < 0.1:
            page.filter.choose_state(chance.choice(["all", "wrong", "reviewed"]))
        if chance.random() < 0.05:
            exporting.write_results(str(target / "answers.csv"))
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(wrong_pictures.rglob("*")) == sorted(
        {*before, *(path.parent for path in before)} - {wrong_pictures}
    )


def test_a_thumbnail_that_comes_later_is_painted_on_its_card(page, qtbot):
    canvas = page.gallery.viewport()
    page.filter.choose_state("wrong")  # another picture in the place of the first
    page.thumbnails.set_side(page.gallery.side, 0.5)
    page.gallery.reset()
    qtbot.waitUntil(lambda: page.browser._seen != {}, timeout=WAIT)
    path = page._session.results.paths[page.numbers[0]]
    with qtbot.waitSignal(page.thumbnails.ready, timeout=WAIT):
        canvas.update()
    assert page.browser._seen == {path: 0}
    middle = page.gallery.grid.rect(0).center() - QPoint(0, 20)
    assert canvas.grab().toImage().pixelColor(middle).green() == 180


def test_the_models_are_right(page, qtmodeltester):
    qtmodeltester.check(page.browser.model, force_py=True)
    qtmodeltester.check(page.browser.side.labels.bars, force_py=True)


def test_nothing_overlaps_in_the_smallest_window(page, qtbot):
    window = page.window()
    window.resize(window.minimumSize())
    qtbot.wait(50)
    assert window.size() == QSize(800, 560)
    bar = page.filter
    parts = [bar._label, bar._state, bar._range, bar._name, bar._order, bar._size, bar.count]
    rights = [part.geometry().right() for part in parts]
    assert all(one < part.geometry().left() for one, part in zip(rights, parts[1:], strict=False))
    assert rights[-1] <= bar.width()
    assert page.gallery.width() >= 2 * page.gallery.grid.cell.width()
    side = page.browser.side
    stacked = [side.labels, side.histogram, side._coverage, side._accuracy]
    for above, below in pairwise(stacked):
        assert above.geometry().bottom() < below.geometry().top()


@pytest.mark.parametrize(("width", "count"), [(900, 17), (200, 5), (60, 3), (1400, 100_000)])
def test_a_card_is_found_where_it_lies(width, count):
    grid = Grid(count, 160, QSize(width, 500), 777)
    first, last = grid.in_sight
    for row in range(first, min(last, first + 50) + 1):
        box = grid.rect(row)
        assert grid.at(box.center()) == row
        assert grid.near(box.topLeft() + QPoint(1, 1)) == row
        assert box.intersects(QRect(QPoint(0, -box.height()), QSize(width, 1200)))
    assert grid.rect(count - 1).bottom() + grid.offset < grid.height
    assert grid.rect(0).width() * grid.columns <= width
    assert grid.up(0) == 0
    assert grid.down(count - 1) == count - 1
