"""The page Evaluate as a person uses it: every state, by clicks, keys and drop."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from PySide6.QtCore import QItemSelectionModel, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QColor, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

from tlx.gui.app import begin, make_window
from tlx.gui.page_stack import EVALUATE
from tlx.gui.settings import Settings
from tlx.gui.theme import DARK, LIGHT, apply_theme, colours
from tlx.gui.widgets.confusion_matrix import cell_colour
from tlx.gui.window import MainWindow

WAIT = 60_000
LABELS, MISTAKES, THRESHOLD, COMPARISON = range(4)


@pytest.fixture(scope="module")
def muddled(tmp_path_factory, pictures) -> Path:
    """The folder of pictures with one blue and two green ones among the red."""
    root = tmp_path_factory.mktemp("muddled") / "test"
    shutil.copytree(pictures, root)
    shutil.copy(pictures / "blue" / "0.png", root / "red" / "blue.png")
    for number in range(2):
        shutil.copy(pictures / "green" / "0.png", root / "red" / f"green{number}.png")
    return root


@pytest.fixture
def ready(open_window, qtbot, colour_model):
    """A window with a model, on the page."""
    window = open_window(colour_model)
    qtbot.waitUntil(lambda: window.session.model is not None, timeout=WAIT)
    window.show_page(EVALUATE)
    return window


def evaluate(qtbot, window, data) -> None:
    with qtbot.waitSignal(window.session.evaluations.evaluated, timeout=WAIT):
        window.pages.evaluate.evaluate(str(data))


def wait_for(condition) -> None:
    """Wait as qtbot does, which is there for a single test only."""
    end = monotonic() + WAIT / 1000
    while not condition():
        assert monotonic() < end
        QTest.qWait(20)


@pytest.fixture(scope="module")
def scored(qapp, tmp_path_factory, colour_model, muddled) -> Iterator[MainWindow]:
    """A window with the numbers of the muddled pictures; starting it for each test takes long."""
    settings = Settings(tmp_path_factory.mktemp("scored") / "settings.ini")
    settings.theme = "light"
    qapp.setStyle("Fusion")
    apply_theme(qapp, "light")
    window = make_window(settings)
    window.show()
    begin(window, [str(colour_model)])
    window.show_page(EVALUATE)
    wait_for(lambda: window.session.model is not None)
    window.pages.evaluate.evaluate(str(muddled))
    wait_for(lambda: window.session.evaluations.last is not None)
    yield window
    window.close()
    window.deleteLater()


@pytest.fixture
def done(scored):
    """The page with the numbers of the muddled pictures, as it was at first."""
    page = scored.pages.evaluate
    scored.resize(1280, 800)
    scored.show_page(EVALUATE)
    page.notice.hide()
    page.results.show_evaluation(page._evaluations.last)
    page.results.confusion.shares.setChecked(False)
    page.results.labels.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    return page


def wanted(qtbot, page, act) -> tuple[list[str], str]:
    """Give the names of the pictures that an act asks for, and the reason."""
    with qtbot.waitSignal(page.pictures_wanted, timeout=WAIT) as asked:
        act()
    paths, reason = asked.args
    assert all(isinstance(path, str) for path in paths)
    return ["/".join(Path(path).parts[-2:]) for path in paths], reason


def figure(page, name: str) -> str:
    """Give value and remark of a number in the head, as a screen reader is told them."""
    labels = page.results.figures.findChildren(QLabel)
    names = [label.accessibleName() for label in labels if label.isVisible()]
    (found,) = (said for said in names if said.startswith(f"{name}: "))
    return found.removeprefix(f"{name}: ").strip()


def click(qtbot, view, row: int, column: int = 0) -> None:
    box = view.visualRect(view.model().index(row, column))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box.center())


def test_without_a_model_it_asks_for_one_and_with_one_for_pictures(
    open_window, qtbot, colour_model
):
    window = open_window()
    window.show_page(EVALUATE)
    page = window.pages.evaluate
    assert page.shown is page.welcome
    window.open_model(str(colour_model))
    assert page.shown is page.welcome  # that it is being opened
    qtbot.waitUntil(lambda: page.shown is page.start, timeout=WAIT)
    for label in ("blue/", "green/", "red/"):
        assert label in page.start.text


def test_the_head_shows_the_numbers_of_tlx_eval_with_their_intervals(done, muddled, colour_model):
    from tlx.evaluation.scoring import evaluate as score
    from tlx.inference.classifier import Classifier
    from tlx.inference.events import finish
    from tlx.samples.folders import label_folders

    report = finish(score(Classifier(colour_model), label_folders(muddled)))
    low, high = report.accuracy_interval
    expected = f"{100 * report.accuracy:.1f}% {100 * low:.1f}% – {100 * high:.1f}%"
    assert figure(done, "Accuracy") == expected
    assert figure(done, "Balanced accuracy").startswith(f"{100 * report.balanced_accuracy:.1f}%")
    assert done.results.unreadable.text() == "Unreadable: 1"
    assert done.results.wrong.text() == "Mistakes: 3"
    pictures = done._evaluations.last.pictures
    counts = [[pictures.count(row, column) for column in range(3)] for row in range(3)]
    assert counts == [list(row) for row in report.confusion]


def test_a_dropped_folder_is_scored_and_esc_cancels(ready, qtbot, tmp_path, pictures):
    for number in range(3000):
        target = tmp_path / "red" / f"{number}.png"
        target.parent.mkdir(exist_ok=True)
        os.link(pictures / "red" / "0.png", target) if number else shutil.copy(
            pictures / "red" / "0.png", target
        )
    page, data = ready.pages.evaluate, QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    at, copy = QPointF(200, 200), Qt.DropAction.CopyAction
    QApplication.sendEvent(ready, QDragEnterEvent(at.toPoint(), copy, data, buttons, keys))
    QApplication.sendEvent(ready, QDropEvent(at, copy, data, buttons, keys))
    assert page.shown is page.running
    qtbot.waitUntil(lambda: "pictures/s" in page.running.text, timeout=WAIT)
    assert " left" in page.running.text
    assert "of 3,000 pictures" in ready.strip.text
    qtbot.keyClick(ready, Qt.Key.Key_Escape)
    assert page.shown is page.start
    assert "Cancelled after" in page.notice.text
    assert not ready.session.evaluations.running
    page.notice.act()
    assert page.shown is page.running
    qtbot.mouseClick(page.running.cancel, Qt.MouseButton.LeftButton)
    assert page.shown is page.start


def test_a_click_on_a_cell_asks_for_exactly_its_pictures(done, qtbot):
    matrix = done.results.confusion.matrix
    green_in_red = lambda: click(qtbot, matrix, 2, 1)  # noqa: E731
    names, reason = wanted(qtbot, done, green_in_red)
    assert (names, reason) == (["red/green0.png", "red/green1.png"], "red taken for green")
    names, reason = wanted(qtbot, done, lambda: click(qtbot, matrix, 0, 0))
    assert (names, reason) == (["blue/0.png", "blue/1.png"], "blue recognised")


def test_the_page_folder_shows_exactly_the_pictures_of_a_cell_and_says_why(scored, done, qtbot):
    click(qtbot, done.results.confusion.matrix, 2, 1)
    page, paths = scored.pages.folder, scored.session.results.paths
    assert page.isVisible()
    names = [Path(paths[number]).name for number in page.numbers]
    assert names == ["green0.png", "green1.png"]
    assert page.browser._chip.text().startswith("red taken for green")
    scored.show_page(EVALUATE)
    assert done.shown is done.results
    matrix = done.results.confusion.matrix  # whose keys are its own again
    qtbot.keyClick(matrix, Qt.Key.Key_Left)
    qtbot.keyClick(matrix, Qt.Key.Key_Up)
    qtbot.keyClick(matrix, Qt.Key.Key_Up)
    assert (matrix.currentIndex().row(), matrix.currentIndex().column()) == (0, 0)
    qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert [Path(paths[number]).name for number in page.numbers] == ["0.png", "1.png"]


def test_enter_on_a_cell_does_what_a_click_does_and_an_empty_one_nothing(done, qtbot):
    matrix = done.results.confusion.matrix
    matrix.setFocus()
    matrix.setCurrentIndex(matrix.model().index(2, 0))
    assert "red taken for blue: 1 of 5" in done.results.confusion._line.text()
    names, _ = wanted(qtbot, done, lambda: qtbot.keyClick(matrix, Qt.Key.Key_Return))
    assert names == ["red/blue.png"]
    matrix.setCurrentIndex(matrix.model().index(0, 1))
    with qtbot.assertNotEmitted(done.pictures_wanted):
        qtbot.keyClick(matrix, Qt.Key.Key_Return)


def test_headers_of_the_matrix_ask_for_a_truth_or_a_prediction(done, qtbot):
    matrix = done.results.confusion.matrix
    names, reason = wanted(qtbot, done, lambda: matrix.verticalHeader().sectionClicked.emit(2))
    assert (len(names), reason) == (5, "truth: red")
    names, reason = wanted(qtbot, done, lambda: matrix.horizontalHeader().sectionClicked.emit(1))
    assert (len(names), reason) == (4, "taken for green")


def test_the_matrix_shows_shares_and_sorts_and_leaves_out_labels(done):
    panel, model = done.results.confusion, done.results.confusion.matrix.confusion
    assert [str(model.index(2, column).data()) for column in range(3)] == ["1", "2", "2"]
    panel.shares.click()
    assert [str(model.index(2, column).data()) for column in range(3)] == ["20", "40", "40"]
    panel.worst_first.click()
    assert [model.headerData(n, Qt.Orientation.Vertical) for n in range(3)] == [
        *("red", "green", "blue"),
    ]
    panel.only_confused.click()
    assert model.rowCount() == model.columnCount() == 3


def test_where_nothing_is_confused_there_is_a_sentence_instead(ready, qtbot, pictures):
    evaluate(qtbot, ready, pictures)
    panel = ready.pages.evaluate.results.confusion
    assert not ready.pages.evaluate.results.wrong.isVisible()
    panel.only_confused.click()
    assert not panel.matrix.isVisible()
    assert panel._right.isVisible()
    panel.only_confused.click()
    assert panel.matrix.isVisible()


def test_a_row_of_the_labels_asks_for_its_pictures_in_any_order_of_rows(done, qtbot):
    done.results.tabs.setCurrentIndex(LABELS)
    table = done.results.labels
    shown = lambda: [str(table.model().index(row, 0).data()) for row in range(3)]  # noqa: E731
    assert shown()[0] == "red"  # the least F1
    table.sortByColumn(5, Qt.SortOrder.DescendingOrder)
    assert shown() == ["red", "blue", "green"]
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert shown() == ["red", "green", "blue"]
    names, reason = wanted(qtbot, done, lambda: click(qtbot, table, 1))
    assert (names, reason) == (["green/0.png", "green/1.png"], "truth: green")
    table.setCurrentIndex(table.model().index(2, 0))
    names, _ = wanted(qtbot, done, lambda: qtbot.keyClick(table, Qt.Key.Key_Return))
    assert names == ["blue/0.png", "blue/1.png"]


def test_a_sorted_table_keeps_the_row_that_was_current(done):
    table = done.results.labels
    table.selectionModel().setCurrentIndex(
        table.model().index(0, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect
    )
    before = str(table.currentIndex().data())
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert str(table.currentIndex().siblingAtColumn(0).data()) == before
    assert table.currentIndex().row() == 2


def test_a_confused_pair_asks_for_its_pictures(done, qtbot):
    done.results.tabs.setCurrentIndex(MISTAKES)
    bars = done.results.mistakes
    assert str(bars.model().index(0, 0).data()) == "red  →  green"
    names, reason = wanted(qtbot, done, lambda: click(qtbot, bars, 0))
    assert (names, reason) == (["red/green0.png", "red/green1.png"], "red taken for green")


def test_mistakes_and_unreadable_pictures_can_be_shown(done, qtbot):
    button = Qt.MouseButton.LeftButton
    names, _ = wanted(qtbot, done, lambda: qtbot.mouseClick(done.results.wrong, button))
    assert sorted(names) == ["red/blue.png", "red/green0.png", "red/green1.png"]
    names, _ = wanted(qtbot, done, lambda: qtbot.mouseClick(done.results.unreadable, button))
    assert names == ["red/damaged.png"]


def test_the_threshold_says_what_it_brings_and_shows_what_is_below(done, qtbot):
    done.results.tabs.setCurrentIndex(THRESHOLD)
    panel, last = done.results.threshold, done._evaluations.last
    for percent in (0, 50, 97, 100):
        panel.slider.setValue(percent)
        below = last.pictures.below(percent / 100)
        assert len(last.pictures.rows) - len(below) == last.thresholds[percent].pictures
    panel.slider.setValue(0)
    assert panel.text.startswith("0% and more: 9 pictures (100.0%)")
    assert not panel._unsure.isEnabled()
    panel.slider.setFocus()
    qtbot.keyClick(panel.slider, Qt.Key.Key_End)
    if panel._unsure.isEnabled():
        names, reason = wanted(qtbot, done, panel._unsure.click)
        assert len(names) == 9 - last.thresholds[100].pictures
        assert reason == "answers below 100%"
    assert any("no rule" in label.text() for label in panel.findChildren(QLabel))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: (root / "violet").mkdir(), "no pictures in"),
        (lambda root: (root / "loose.png").write_bytes(b"x"), "put them into one sub-folder"),
    ],
)
def test_missing_truth_is_explained_and_the_layout_shown(ready, qtbot, tmp_path, make, said):
    make(tmp_path)
    page = ready.pages.evaluate
    page.evaluate(str(tmp_path))
    qtbot.waitUntil(lambda: bool(page.notice.text), timeout=WAIT)
    assert page.shown is page.start
    assert "cannot be scored" in page.notice.text
    assert said in page.notice.text


def test_labels_that_the_model_does_not_know_are_named(ready, qtbot, tmp_path, pictures):
    shutil.copytree(pictures / "red", tmp_path / "violet")
    page = ready.pages.evaluate
    page.evaluate(str(tmp_path))
    qtbot.waitUntil(lambda: bool(page.notice.text), timeout=WAIT)
    assert "does not know the label violet; it knows blue, green, red" in page.notice.text


def test_two_files_are_compared_where_labels_are_not_known(
    ready, qtbot, tmp_path, pictures, other_models
):
    shutil.copytree(pictures / "red", tmp_path / "violet")
    page, evaluations = ready.pages.evaluate, ready.session.evaluations
    evaluate(qtbot, ready, pictures)
    page.evaluate(str(tmp_path))
    qtbot.waitUntil(lambda: bool(page.notice.text), timeout=WAIT)
    page.notice.act()
    choose(qtbot, ready, other_models["plain"])
    qtbot.waitUntil(lambda: evaluations.comparison is not None, timeout=WAIT)
    assert page.shown is page.results
    assert "The same answer for 2 of 2 pictures (100.0%)" in page.results.comparison.text
    with qtbot.waitSignal(evaluations.compared, timeout=WAIT) as compared:
        page.compare(str(other_models["plain"]))
    assert compared.args[0].request.data == str(tmp_path)  # not what was scored before
    assert not page.results.confusion.isVisible()


def choose(qtbot, window, path) -> None:
    """Choose a file in the dialog that is open."""
    dialog = window.findChild(QFileDialog)
    qtbot.waitUntil(dialog.isVisible, timeout=WAIT)
    dialog.filesSelected.emit([str(path)])
    dialog.close()


def test_two_files_of_the_same_labels_are_told_to_agree(done, qtbot, other_models):
    with qtbot.waitSignal(done._evaluations.compared, timeout=WAIT):
        done.compare(str(other_models["plain"]))
    assert done.results.tabs.currentIndex() == COMPARISON
    panel = done.results.comparison
    assert "The same answer for 9 of 9 pictures (100.0%)" in panel.text
    assert "both 6, A alone 0, B alone 0, neither 3" in panel.text
    assert not panel.table.isVisible()
    assert done.results.confusion.isVisible()


def test_pictures_on_which_two_files_differ_can_be_shown(done, qtbot, biased):
    with qtbot.waitSignal(done._evaluations.compared, timeout=WAIT):
        done.compare(str(biased))
    panel = done.results.comparison
    assert "both 2, A alone 4, B alone 3, neither 0" in panel.text
    names, reason = wanted(qtbot, done, panel.groups["second"].click)
    assert sorted(names) == ["red/blue.png", "red/green0.png", "red/green1.png"]
    assert reason == "B alone is right"
    names, _ = wanted(qtbot, done, panel.groups[""].click)
    assert len(names) == 7
    names, _ = wanted(qtbot, done, lambda: click(qtbot, panel.table, 6))
    assert names[0].startswith("red/")
    assert panel.groups["neither"].isHidden()


@pytest.fixture(scope="module")
def biased(tmp_path_factory, colour_model) -> Path:
    """A model that takes every picture for red."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(colour_model)
    for tensor in model.graph.initializer:
        if tensor.name == "weight":
            values = numpy_helper.to_array(tensor).copy()
            values[:, 2] = 1 / 16  # of each colour
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    path = tmp_path_factory.mktemp("biased") / "biased.onnx"
    onnx.save(model, path)
    return path


def test_files_with_other_labels_are_not_compared_and_the_numbers_stay(done, qtbot, other_models):
    done.compare(str(other_models["renamed"]))
    qtbot.waitUntil(lambda: bool(done.notice.text), timeout=WAIT)
    assert "cannot be compared" in done.notice.text
    assert "the labels differ" in done.notice.text
    assert done.window().strip.text == "Nothing was compared"
    assert done.shown is done.results


def test_the_report_is_saved_as_page_numbers_and_rows(done, qtbot, tmp_path):
    for ending in ("html", "json", "csv"):
        with qtbot.waitSignal(done._evaluations.written, timeout=WAIT):
            done.save(str(tmp_path / f"report.{ending}"))
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["accuracy"] == done._evaluations.last.numbers.number("accuracy")
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 10


def test_the_dialog_for_the_report_gives_the_name_the_ending_of_its_kind(done, qtbot):
    done.results.save.click()
    dialog = done.findChild(QFileDialog)
    qtbot.waitUntil(dialog.isVisible, timeout=WAIT)
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    for number, ending in enumerate(("html", "json", "csv")):
        dialog.selectNameFilter(dialog.nameFilters()[number])
        dialog.filterSelected.emit(dialog.nameFilters()[number])
        assert dialog.selectedFiles()[0].endswith(f"report.{ending}")
    dialog.close()


def test_a_comparison_is_saved_by_ctrl_e_as_numbers_or_rows(done, qtbot, biased, tmp_path):
    with qtbot.waitSignal(done._evaluations.compared, timeout=WAIT):
        done.compare(str(biased))
    assert done.results.save.text() == "Save comparison…"
    for ending in ("json", "csv"):
        done.window().activateWindow()  # windows of other tests were
        qtbot.waitUntil(done.window().isActiveWindow, timeout=WAIT)
        qtbot.keyClick(done.window(), Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        dialog = done.findChild(QFileDialog)
        qtbot.waitUntil(dialog.isVisible, timeout=WAIT)
        assert dialog.windowTitle() == "Save comparison"
        with qtbot.waitSignal(done._evaluations.written, timeout=WAIT):
            dialog.fileSelected.emit(str(tmp_path / f"two.{ending}"))
        dialog.close()
        qtbot.waitUntil(lambda: done.findChild(QFileDialog) is None, timeout=WAIT)
    content = json.loads((tmp_path / "two.json").read_text())
    assert len(content["disagreements"]) == 7
    assert content["agreement"] == done._evaluations.comparison.numbers.number("agreement")
    rows = (tmp_path / "two.csv").read_text().splitlines()
    assert (rows[0][:21], len(rows)) == ("path,truth,first,seco", 8)
    done.save_comparison(str(tmp_path / "two.html"))
    qtbot.waitUntil(lambda: bool(done.notice.text), timeout=WAIT)
    assert "The comparison was not written" in done.notice.text
    done.results.tabs.setCurrentIndex(LABELS)
    assert done.results.save.text() == "Save report…"
    with qtbot.waitSignal(done._evaluations.not_written, timeout=WAIT):
        done.save_comparison(str(tmp_path / "two.html"))
    assert "The comparison was not written" in done.notice.text  # whatever is seen by then
    with qtbot.waitSignals([done._evaluations.written] * 2, timeout=WAIT):
        done.save_comparison(str(tmp_path / "again.json"))
        done.save(str(tmp_path / "again.html"))
    assert not done.notice.text


def test_a_file_of_somebody_else_is_not_replaced(done, qtbot, tmp_path):
    page = tmp_path / "report.html"
    page.write_text("mine")
    with qtbot.waitSignal(done._evaluations.not_written, timeout=WAIT):
        done.save(str(page))
    assert "was not written by tlx" in done.notice.text
    assert page.read_text() == "mine"


def test_a_bad_model_leaves_the_numbers_and_another_one_takes_them_away(
    ready, qtbot, muddled, other_models
):
    evaluate(qtbot, ready, muddled)
    window, done = ready, ready.pages.evaluate
    window.open_model(str(other_models["none"]))
    qtbot.waitUntil(lambda: bool(window.banner.text), timeout=WAIT)
    assert done.shown is done.results
    window.open_model(str(other_models["renamed"]))
    qtbot.waitUntil(lambda: done.shown is done.start, timeout=WAIT)
    assert "sea/" in done.start.text


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_a_worker_that_is_killed_can_be_started_again_where_it_was(ready, qtbot, muddled):
    page, session = ready.pages.evaluate, ready.session
    page.evaluate(str(muddled))
    os.kill(session.client.process_id, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(page.notice.text), timeout=WAIT)
    assert "stopped before the pictures were scored" in page.notice.text
    assert page.shown is page.start
    with qtbot.waitSignal(session.evaluations.evaluated, timeout=WAIT):
        page.notice.act()
    assert page.shown is page.results


def test_a_report_of_a_worker_that_is_gone_is_said_not_to_be_written(
    ready, qtbot, muddled, tmp_path
):
    evaluate(qtbot, ready, muddled)
    page = ready.pages.evaluate
    os.kill(ready.session.client.process_id, signal.SIGTERM)
    qtbot.waitUntil(lambda: not ready.session.client.running, timeout=WAIT)
    page.save(str(tmp_path / "report.html"))
    assert "evaluate again" in page.notice.text
    assert ready.strip.text == "The report was not written"


def test_an_evaluation_that_waits_for_a_model_can_be_cancelled(ready, qtbot, muddled, other_models):
    page, evaluations = ready.pages.evaluate, ready.session.evaluations
    ready.open_model(str(other_models["renamed"]))
    page.evaluate(str(muddled))
    assert evaluations.waiting
    qtbot.keyClick(ready, Qt.Key.Key_Escape)
    assert "Cancelled after 0 pictures" in page.notice.text
    qtbot.waitUntil(lambda: page.shown is page.start, timeout=WAIT)
    assert not evaluations.running


def test_an_evaluation_waits_for_the_model_that_is_opened_last(ready, qtbot, muddled, colour_model):
    evaluations = ready.session.evaluations
    ready.open_model(str(colour_model))
    ready.pages.evaluate.evaluate(str(muddled))
    with qtbot.waitSignal(evaluations.evaluated, timeout=WAIT):
        ready.open_model(str(colour_model))


def test_several_labels_have_no_matrix_but_what_was_missed_and_added(
    open_window, qtbot, multi_label_run
):
    window = open_window(multi_label_run / "model.onnx")
    qtbot.waitUntil(lambda: window.session.model is not None, timeout=WAIT)
    window.show_page(EVALUATE)
    page = window.pages.evaluate
    assert "file,labels" in page.start.text
    evaluate(qtbot, window, multi_label_run.parent / "data" / "truth.csv")
    assert figure(page, "Mean average precision")
    assert not page.results.confusion.isVisible()
    assert not page.results.tabs.isTabVisible(THRESHOLD)
    assert "validation pictures" in page.results._notes.text()
    names, reason = wanted(qtbot, page, lambda: click(qtbot, page.results.labels, 0))
    assert reason.startswith("truth: ")
    pictures = page._evaluations.last.pictures
    bars = page.results.mistakes.bars
    total = sum(len(pictures.missed(n)) + len(pictures.added(n)) for n in range(len(names)))
    assert bool(bars.rowCount()) == bool(total)


def test_the_models_of_the_page_are_right(done, qtbot, qtmodeltester, other_models, biased):
    with qtbot.waitSignal(done._evaluations.compared, timeout=WAIT):
        done.compare(str(biased))
    results = done.results
    for model in (
        results.confusion.matrix.confusion,
        results.labels.labels,
        results.mistakes.bars,
        results.comparison.table.differences,
    ):
        assert model.rowCount() > 1
        qtmodeltester.check(model, force_py=True)


def test_everything_on_the_page_that_takes_the_focus_has_a_name(done, qtbot, biased):
    with qtbot.waitSignal(done._evaluations.compared, timeout=WAIT):
        done.compare(str(biased))
    done.notice.say("wrong", "in detail", "Mend it")
    seen = set()
    for tab in range(4):
        done.results.tabs.setCurrentIndex(tab)
        for widget in done.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
                assert name, (widget, widget.parent())
                seen.add(name)
    assert {"Scores of the labels", "Threshold of probability in percent", "Mend it"} <= seen


def test_the_focus_is_seen_on_every_part(done, qtbot, biased, focus_is_seen):
    with qtbot.waitSignal(done._evaluations.compared, timeout=WAIT):
        done.compare(str(biased))
    done.notice.say("wrong", "in detail", "Mend it")
    for tab in range(4):
        done.results.tabs.setCurrentIndex(tab)
        focus_is_seen(done.window(), done.results.tabs.tabText(tab))


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_row_that_is_chosen_stays_legible(done, qapp, name):
    table = done.results.labels
    apply_theme(qapp, name)
    table.setFocus()
    table.selectRow(1)
    qapp.processEvents()
    ground = table.viewport().grab(table.visualRect(table.labels.index(1, 1))).toImage()
    text, behind = QColor(colours().text), ground.pixelColor(3, 3)
    apply_theme(qapp, "light")
    assert abs(text.lightnessF() - behind.lightnessF()) > 0.6


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("right", [True, False])
def test_numbers_in_cells_have_contrast_enough(theme, right):
    def luminance(colour: QColor) -> float:
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        line = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * line[0] + 0.7152 * line[1] + 0.0722 * line[2]

    base, text = QColor(theme.base), luminance(QColor(theme.text))
    for percent in range(1, 101):
        over = cell_colour(percent / 100, right, theme)
        alpha = over.alphaF()
        pairs = zip(over.getRgbF()[:3], base.getRgbF()[:3], strict=True)
        ground = luminance(QColor.fromRgbF(*(alpha * a + (1 - alpha) * b for a, b in pairs)))
        low, high = sorted((text, ground))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_the_smallest_window_shows_the_whole_matrix_and_clips_no_button(done, qtbot):
    window = done.window()
    window.resize(window.minimumSize())
    qtbot.wait(50)
    results = done.results
    assert not results.confusion.matrix.horizontalScrollBar().isVisible()
    for button in (results.wrong, results.compare, results.save):
        assert button.width() >= button.sizeHint().width()
        assert button.mapTo(window, button.rect().topRight()).x() < window.width()
    table = results.labels
    assert table.columnWidth(0) >= 70
    results.tabs.setCurrentIndex(THRESHOLD)
    qtbot.wait(50)
    panel = results.threshold
    parts = [panel.plot, panel.slider, panel._answered, panel._right, panel._rule]
    for above, below in pairwise(parts):
        assert above.geometry().bottom() < below.geometry().top()


def test_no_picture_is_changed_and_nothing_is_written_beside_them(done, qtbot, muddled):
    files = sorted(muddled.rglob("*"))
    contents = [path.read_bytes() for path in files if path.is_file()]
    evaluate(qtbot, done.window(), muddled)
    assert sorted(muddled.rglob("*")) == files
    assert [path.read_bytes() for path in files if path.is_file()] == contents
