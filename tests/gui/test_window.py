"""The window as a person uses it: every state, by drop, paste, keys and clicks."""

import os
import shutil
import signal
import sys
from collections import Counter
from itertools import pairwise

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QAccessible,
    QAction,
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
)
from PySide6.QtWidgets import QApplication, QMessageBox, QToolButton, QWidget

from tlx.gui.page_stack import CLASSIFY, MODEL
from tlx.gui.protocol import ENVELOPE, Failed
from tlx.gui.theme import DARK, LIGHT, colours
from tlx.gui.widgets.label_picker import LabelPicker

WAIT = 60_000


def drop(window, *places) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(place)) for place in places])
    send_drop(window, data)


def send_drop(window, data: QMimeData) -> None:
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    at, copy = QPointF(200, 200), Qt.DropAction.CopyAction
    enter = QDragEnterEvent(at.toPoint(), copy, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(at, copy, data, buttons, keys))


def wait_answers(qtbot, window, count: int) -> None:
    results = window.session.results
    done = lambda: len(results) == count and not len(results.waiting())  # noqa: E731
    qtbot.waitUntil(done, timeout=WAIT)
    qtbot.wait(120)


@pytest.fixture
def working(open_window, qtbot, colour_model, pictures):
    """A window with a model and seven answered pictures."""
    window = open_window(colour_model, pictures)
    wait_answers(qtbot, window, 7)
    window.show_page(CLASSIFY)
    return window


def test_at_first_it_says_what_to_do(open_window):
    window = open_window()
    assert window.classify.welcome.isVisible()
    assert window.windowTitle() == "tlx"
    assert not window.banner.text


def test_a_dropped_model_then_a_folder_are_answered(open_window, qtbot, colour_model, pictures):
    window = open_window()
    with qtbot.waitSignal(window.session.model_loaded, timeout=WAIT):
        drop(window, colour_model)
    drop(window, pictures)
    wait_answers(qtbot, window, 7)
    assert not window.pages.folder.welcome.isVisible()
    assert window.classify.panel.text.startswith("blue  ")
    assert window.windowTitle() == f"{pictures.name} - colours.onnx - tlx"
    window.show_page(CLASSIFY)
    assert window.windowTitle() == "0.png - colours.onnx - tlx"
    assert "7 pictures, 1 of them unreadable" in window.strip.text


def test_what_is_dragged_over_the_window_is_invited_until_it_leaves(open_window):
    window = open_window()
    data = QMimeData()
    data.setText("neither a file nor a picture")
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    at, copy = QPoint(200, 200), Qt.DropAction.CopyAction
    QApplication.sendEvent(window, QDragEnterEvent(at, copy, data, buttons, keys))
    assert not window._drop_hint.isVisible()
    data.setUrls([QUrl.fromLocalFile("/a.png")])
    QApplication.sendEvent(window, QDragEnterEvent(at, copy, data, buttons, keys))
    assert window._drop_hint.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window._drop_hint.isVisible()


def test_pictures_may_come_before_the_model(open_window, qtbot, colour_model, pictures):
    window = open_window()
    drop(window, pictures / "green")
    qtbot.waitUntil(lambda: len(window.session.results) == 2, timeout=WAIT)
    drop(window, colour_model)
    wait_answers(qtbot, window, 2)
    assert window.classify.panel.text.startswith("green  ")


def test_answers_are_those_of_tlx_classify_to_the_last_digit(working, colour_model):
    from tlx.inference.classifier import Classifier

    results = working.session.results
    outcomes = list(Classifier(colour_model).classify_files(results.paths))
    for outcome, row in zip(outcomes, results.rows, strict=True):
        assert (row.path, row.error) == (outcome.path, outcome.error)
        top = outcome.prediction.top(5) if outcome.prediction else ()
        assert [(one.label, one.probability) for one in row.predictions] == [
            (one.label, one.probability) for one in top
        ]


def test_a_damaged_picture_is_said_to_be_unreadable(working, pictures):
    index = working.session.results.index_of(str(pictures / "red" / "damaged.png"))
    working.classify.choose(index)
    assert working.classify.panel.text == "Unreadable  not a picture in a known format"
    assert not working.classify.panel.bars.isVisible()


def test_a_bad_model_is_a_banner_and_the_old_one_stays(working, qtbot, other_models):
    drop(working, other_models["none"])
    qtbot.waitUntil(lambda: bool(working.banner.text), timeout=WAIT)
    assert "none.onnx cannot be used" in working.banner.text
    assert working.session.model.loaded.path.endswith("colours.onnx")
    working.session.classify_again()
    wait_answers(qtbot, working, 7)


def test_pictures_that_come_with_a_bad_model_are_answered_by_the_open_one(
    working, qtbot, other_models, pictures, tmp_path
):
    shutil.copy(pictures / "green" / "0.png", tmp_path / "later.png")
    drop(working, other_models["none"], tmp_path)
    wait_answers(qtbot, working, 8)
    assert working.session.results.rows[7].predictions[0].label == "green"
    assert "none.onnx cannot be used" in working.banner.text


def test_another_model_answers_the_same_pictures_again(working, qtbot, other_models):
    with qtbot.waitSignal(working.session.model_loaded, timeout=WAIT):
        working.open_model(str(other_models["renamed"]))
    wait_answers(qtbot, working, 7)
    assert working.classify.panel.text.startswith("sea  ")


def test_what_was_said_of_another_model_s_labels_is_no_correction(
    working, qtbot, other_models, colour_model, tmp_path
):
    session, (one, two) = working.session, (tmp_path / "one.csv", tmp_path / "two.csv")
    session.decide(0, "red")
    for model, count in ((other_models["renamed"], 0), (colour_model, 1)):
        with qtbot.waitSignal(session.model_loaded, timeout=WAIT):
            working.open_model(str(model))
        wait_answers(qtbot, working, 7)
        assert (len(session.review.labels), sum(session.results.reviewed >= 0)) == (count, count)
        if not count:
            session.decide(1, "sea")
            working.exporting.write_corrections(str(one))
    working.exporting.write_corrections(str(two))
    assert [path.read_text().split(",")[-1] for path in (one, two)] == ["sea\n", "red\n"]


def test_a_pasted_picture_is_answered_as_its_file_is(working, qtbot, pictures):
    clipboard = QGuiApplication.clipboard()
    clipboard.setImage(QImage(str(pictures / "red" / "0.png")))
    qtbot.keyClick(working, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    wait_answers(qtbot, working, 8)
    results = working.session.results
    assert working.classify.current == 7
    of_file = results.rows[results.index_of(str(pictures / "red" / "0.png"))]
    assert results.rows[7].predictions == of_file.predictions


def test_a_pasted_picture_that_no_request_can_hold_is_said_to_be_too_large(
    working, qtbot, pictures, monkeypatch
):
    monkeypatch.setattr("tlx.gui.session.LONGEST", ENVELOPE + 100)
    QGuiApplication.clipboard().setImage(QImage(str(pictures / "red" / "0.png")))
    working.paste()
    wait_answers(qtbot, working, 8)
    assert "too large" in working.session.results.rows[7].error
    assert not working.session.running


def test_pasting_nothing_says_so(working, qtbot):
    QGuiApplication.clipboard().setText("no picture")
    working.paste()
    assert "no picture on the clipboard" in working.banner.text
    qtbot.keyClick(working, Qt.Key.Key_Escape)
    assert not working.banner.text


def test_a_worker_that_is_killed_leaves_its_results_and_can_be_restarted(
    working, qtbot, pictures, tmp_path
):
    os.kill(working.session.client.process_id, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(working.banner.text), timeout=WAIT)
    assert "stopped unexpectedly; 7 results are kept" in working.banner.text
    more = shutil.copy(pictures / "green" / "0.png", tmp_path / "later.png")
    drop(working, more)
    qtbot.waitUntil(lambda: len(working.session.results) == 8, timeout=WAIT)
    before = list(working.session.results.rows[:7])
    working.banner.act()
    wait_answers(qtbot, working, 8)
    assert working.session.results.rows[7].predictions[0].label == "green"
    assert before == working.session.results.rows[:7]


def test_review_by_keys_is_undone_and_kept_in_the_journal(working, qtbot):
    page, session = working.classify, working.session
    page.choose(0)
    first, second = session.results.paths[:2]
    qtbot.keyClick(working, Qt.Key.Key_Y)
    assert (session.review.labels, page.current) == ({first: "blue"}, 1)
    qtbot.keyClick(working, Qt.Key.Key_3)
    assert session.review.labels == {first: "blue", second: "red"}
    qtbot.keyClick(working, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(working, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (session.review.labels, page.current) == ({}, 0)
    qtbot.keyClick(
        working,
        Qt.Key.Key_Z,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert session.review.labels == {first: "blue"}
    assert len(working.settings.journal().read_text().splitlines()) == 5


def test_wrong_asks_for_the_label_by_a_part_of_its_name(working, qtbot):
    working.classify.choose(0)
    qtbot.keyClick(working, Qt.Key.Key_N)
    picker = working.findChild(LabelPicker)
    qtbot.keyClicks(picker._part, "re")
    qtbot.keyClick(picker._part, Qt.Key.Key_Down)
    qtbot.keyClick(picker._part, Qt.Key.Key_Return)
    assert working.session.review.labels == {working.session.results.paths[0]: "red"}
    assert "You said: red" in working.classify.panel._said.text()


def test_review_keys_do_nothing_on_another_page(working, qtbot):
    working.show_page(MODEL)
    for key in (Qt.Key.Key_Y, Qt.Key.Key_2, Qt.Key.Key_Return):
        qtbot.keyClick(working, key)
    assert working.session.review.labels == {}


def test_no_key_means_two_things(working):
    for page in range(working.tabs.count()):
        working.show_page(page)
    actions = working.findChildren(QAction)
    keys = Counter(key.toString() for action in actions for key in action.shortcuts())
    assert {"Y", "Return", "Ctrl+Shift+E", "F6"} <= set(keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_return_says_that_a_single_picture_is_right(working, qtbot):
    working.classify.choose(0)
    qtbot.keyClick(working.classify.viewer, Qt.Key.Key_Return)
    assert list(working.session.review.labels.values()) == ["blue"]


def test_a_checkpoint_is_said_to_be_no_model_file(open_window, qtbot, tmp_path):
    checkpoint = tmp_path / "best.pt"
    checkpoint.write_bytes(b"PK\x03\x04 and so on")
    window = open_window(checkpoint)
    qtbot.waitUntil(lambda: bool(window.banner.text), timeout=WAIT)
    assert "tlx answers from the ONNX file" in window.banner.text


def test_an_empty_folder_says_what_is_looked_for(open_window, qtbot, tmp_path):
    (tmp_path / "empty").mkdir()
    window = open_window(tmp_path / "empty")
    qtbot.waitUntil(lambda: "No pictures" in window.banner.text, timeout=WAIT)
    assert window.pages.folder.welcome.isVisible()


def test_that_nothing_was_found_is_said_no_longer_once_pictures_are_there(
    open_window, qtbot, pictures, tmp_path
):
    (tmp_path / "empty").mkdir()
    window = open_window(tmp_path / "empty")
    qtbot.waitUntil(lambda: "No pictures" in window.banner.text, timeout=WAIT)
    window.open_places([str(pictures)])
    qtbot.waitUntil(lambda: len(window.session.results) > 0, timeout=WAIT)
    qtbot.waitUntil(lambda: not window.banner.text, timeout=WAIT)


def test_the_chosen_picture_stands_among_its_neighbours(open_window, qtbot, tmp_path):
    from PIL import Image

    for number in range(60):
        Image.new("RGB", (4, 4)).save(tmp_path / f"{number:02}.png")
    window = open_window(tmp_path)
    qtbot.waitUntil(lambda: len(window.session.results) == 60, timeout=WAIT)
    window.show_page(CLASSIFY)
    strip = window.classify.filmstrip
    qtbot.waitUntil(lambda: strip.model().rowCount() == 60, timeout=WAIT)
    for chosen in (30, 31, 20):
        strip.choose(chosen)
        box = strip.visualRect(strip.currentIndex())
        assert abs(box.center().x() - strip.viewport().rect().center().x()) <= box.width()


def test_arrows_go_through_the_pictures_and_stop_at_the_ends(working, qtbot):
    page = working.classify
    for key, expected in (
        (Qt.Key.Key_End, 6),
        (Qt.Key.Key_Right, 6),
        (Qt.Key.Key_Left, 5),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_Right, 1),
    ):
        qtbot.keyClick(working, key)
        assert page.current == expected


def test_the_heat_map_lies_where_the_network_looked(working, qtbot):
    page = working.classify
    page.choose(0)
    qtbot.waitUntil(lambda: not page.viewer._preview, timeout=WAIT)
    bare = page.viewer.grab().toImage()
    qtbot.keyClick(working, Qt.Key.Key_H)
    qtbot.waitUntil(lambda: page.viewer.grab().toImage() != bare, timeout=WAIT)
    box = page.viewer._seen.rect()  # 60 x 40 is resized to 54 x 36, of which 32 x 32 are seen
    assert box.width() == pytest.approx(60 * 32 / 54)
    assert box.height() == pytest.approx(40 * 32 / 36)
    assert box.center().x() == pytest.approx(30)
    qtbot.keyClick(working, Qt.Key.Key_H)
    assert page.viewer.grab().toImage() == bare


def test_a_file_without_maps_offers_no_heat_map(open_window, qtbot, other_models, pictures):
    window = open_window(other_models["plain"], pictures)
    wait_answers(qtbot, window, 7)
    buttons = window.classify.findChildren(QToolButton)
    (heat,) = (button for button in buttons if button.text() == "Heat map")
    assert not heat.isEnabled()
    assert "no activation maps" in heat.toolTip()


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_a_name_that_is_not_unicode_is_a_picture_like_others(
    open_window, qtbot, colour_model, pictures, tmp_path
):
    (tmp_path / "odd").mkdir()
    shutil.copy(pictures / "green" / "0.png", os.fsencode(tmp_path / "odd") + b"/\xff<b>.png")
    window = open_window(colour_model, tmp_path / "odd")
    wait_answers(qtbot, window, 1)
    assert window.classify.panel.text.startswith("green  ")
    assert not window.classify.viewer._picture.pixmap().isNull()


def test_several_labels_are_judged_together(open_window, qtbot, multi_label_run):
    window = open_window(multi_label_run / "model.onnx", multi_label_run.parent / "data")
    wait_answers(qtbot, window, 48)
    window.show_page(CLASSIFY)
    path, row = window.session.results.paths[0], window.session.results.rows[0]
    panel = window.classify.panel
    assert panel.text.startswith(", ".join(row.labels))
    assert panel._right.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_1)  # the first label is added, or taken away
    first = window.session.results.labels[0]
    said = window.session.review.labels[path]
    assert set(said.split("|")) - {""} == set(row.labels) ^ {first}
    assert panel._said.text().startswith("✎ You said: ")
    qtbot.keyClick(window, Qt.Key.Key_1)
    assert window.session.review.labels == {path: "|".join(sorted(row.labels))}
    assert panel._said.text() == "✓ You said that this is right"


def test_nothing_overlaps_in_the_smallest_window(working, qtbot):
    working.resize(working.minimumSize())
    qtbot.wait(50)
    panel = working.classify.panel
    parts = [panel._answer, panel._sure, panel.bars, panel._said, panel._right, panel.facts]
    for above, below in pairwise(parts):
        assert above.geometry().bottom() < below.geometry().top()
    assert panel.facts.geometry().bottom() < panel.height()


def test_zooming_and_fitting(working):
    viewer = working.classify.viewer
    fitted = viewer.scale_percent
    viewer.zoom(2)
    assert viewer.scale_percent == pytest.approx(2 * fitted, abs=1)
    viewer.actual_size()
    assert viewer.scale_percent == 100
    viewer.fit()
    assert viewer.scale_percent == fitted


def test_cancel_keeps_what_is_answered_and_f5_goes_on(open_window, qtbot, colour_model, tmp_path):
    for number in range(3000):
        QImage(40, 30, QImage.Format.Format_RGB32).save(str(tmp_path / f"{number}.bmp"))
    window = open_window(colour_model, tmp_path)
    results = window.session.results
    qtbot.waitUntil(lambda: 0 < len(results.waiting()) < len(results), timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.session.running
    left = len(results.waiting())
    qtbot.wait(300)
    assert len(results.waiting()) == left > 0
    assert "Cancelled after" in window.strip.text
    qtbot.keyClick(window, Qt.Key.Key_F5)
    wait_answers(qtbot, window, 3000)


@pytest.mark.parametrize("answer", ["No", "Yes"])
def test_closing_while_running_asks_once(working, qtbot, monkeypatch, pictures, tmp_path, answer):
    for number in range(2000):
        shutil.copy(pictures / "red" / "0.png", tmp_path / f"{number}.png")
    working.open_places([str(tmp_path)])
    qtbot.waitUntil(lambda: working.session.running, timeout=WAIT)
    asked, button = [], getattr(QMessageBox.StandardButton, answer)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: asked.append(1) or button)
    process = working.session.client.process_id
    closed = working.close()
    assert (asked, closed) == ([1], answer == "Yes")
    assert working.session.client.running == (answer == "No")
    if sys.platform == "linux":
        assert os.path.exists(f"/proc/{process}") == (answer == "No")  # noqa: PTH110


def test_the_model_page_shows_the_card_and_measures(working, qtbot):
    qtbot.keyClick(working, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    page = working.pages.model
    assert page.isVisible()
    assert page._name.text() == "colours.onnx"
    assert page._labels.accessibleName() == "blue, green, red"
    with qtbot.waitSignal(working.session.measured, timeout=WAIT):
        page._measure.click()
    assert " ms a picture (median of " in page._speed.text()
    qtbot.keyClick(working, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert working.classify.isVisible()


def test_a_speed_that_cannot_be_measured_is_said_there_and_cancels_nothing(
    open_window, qtbot, colour_model, pictures, tmp_path
):
    window = open_window(shutil.copy(colour_model, tmp_path / "gone.onnx"), pictures)
    wait_answers(qtbot, window, 7)
    (tmp_path / "gone.onnx").unlink()
    window.show_page(MODEL)
    page = window.pages.model
    page._measure.click()
    qtbot.waitUntil(page._measure.isEnabled, timeout=WAIT)
    assert page._speed.text().startswith("Cannot be measured: ")
    assert "7 pictures, 1 of them unreadable" in window.strip.text


def test_a_failure_of_what_nobody_waits_for_any_more_is_not_said(working):
    finished = []
    working.session.finished.connect(finished.append)
    working.session.explain(0, "blue")
    working.session.explain(1, "blue")
    first = min(working.session._explaining) - 1
    working.session._take(Failed("a.png: no such file", first))
    assert (finished, working.banner.text) == ([], "")
    working.session._take(Failed("not understood"))
    assert working.banner.text == "not understood"


@pytest.mark.parametrize(("name", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_a_theme_is_what_is_painted(working, name, theme):
    working.set_theme(name)
    QApplication.processEvents()
    assert colours() == theme
    image = working.grab().toImage()
    assert image.pixelColor(5, image.height() - 45) == QColor(theme.window)
    assert image.pixelColor(30, 120) == QColor(theme.canvas)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_has_contrast_enough(theme):
    def luminance(name: str) -> float:
        parts = [QColor(name).redF(), QColor(name).greenF(), QColor(name).blueF()]
        line = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * line[0] + 0.7152 * line[1] + 0.0722 * line[2]

    def contrast(one: str, two: str) -> float:
        low, high = sorted((luminance(one), luminance(two)))
        return (high + 0.05) / (low + 0.05)

    texts = (theme.text, theme.muted, theme.accent, theme.good, theme.unsure, theme.bad)
    for ground in (theme.window, theme.base, theme.raised):
        assert all(contrast(text, ground) >= 4.5 for text in texts)
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert all(contrast(theme.edge, ground) >= 3 for ground in (theme.window, theme.base))


def test_the_focus_is_seen_wherever_a_key_takes_it(working, focus_is_seen):
    for page in range(working.tabs.count()):
        working.show_page(page)
        focus_is_seen(working, working.tabs.tabText(page))


def test_the_list_of_keys_fits_on_a_small_screen(open_window, qtbot):
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    (box,) = window.findChildren(QMessageBox)
    assert "Ctrl+Shift+W" in box.text()
    assert (box.width() <= 800, box.height() <= 560) == (True, True)
    box.close()


def test_everything_that_takes_the_focus_has_a_name(working):
    working.banner.say("wrong", "in detail", "Mend it")
    seen = set()
    for page in range(working.tabs.count()):
        working.show_page(page)
        for widget in working.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                accessible = QAccessible.queryAccessibleInterface(widget)
                name = accessible.text(QAccessible.Text.Name)
                assert name, (widget, widget.parent())
                seen.add(name)
    assert {"Picture", "Most probable labels", "Pictures of this session", "Mend it"} <= seen


def test_the_models_of_the_lists_are_right(working, qtmodeltester):
    qtmodeltester.check(working.classify.filmstrip.model(), force_py=True)
    qtmodeltester.check(working.classify.panel.bars.bars, force_py=True)


def test_no_picture_is_changed_and_nothing_is_written_beside_them(working, qtbot, pictures):
    files = sorted(pictures.rglob("*"))
    contents = [path.read_bytes() for path in files if path.is_file()]
    for key in (Qt.Key.Key_Y, Qt.Key.Key_2, Qt.Key.Key_H, Qt.Key.Key_F5):
        qtbot.keyClick(working, key)
    working.session.undo()
    assert sorted(pictures.rglob("*")) == files
    assert [path.read_bytes() for path in files if path.is_file()] == contents


def test_a_picture_of_none_of_the_labels_is_called_unknown(working):
    from tlx.gui.protocol import Ranked, Row
    from tlx.gui.widgets.answer_panel import can_be_judged

    row = Row("a.png", (Ranked("red", 0.75), Ranked("blue", 0.25)), None, True, 9.5)
    working.classify.panel.show_row(row, None, 0.5)
    assert working.classify.panel.text == "Unknown  None of the labels; nearest: red 75.0%"
    assert can_be_judged(row)
    assert not working.classify.panel._right.isVisible()
