"""The pages of `eval` and `check` in a real browser: what a click shows, and no harm."""

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import onnx
import pytest

import tlx
from tlx.evaluation.page_facts import PageOrigin
from tlx.evaluation.page_pictures import draw_pictures, shortened
from tlx.evaluation.report_page import write_page
from tlx.evaluation.scoring import evaluate
from tlx.inference.card import CARD_KEY
from tlx.inference.card_json import card_from_json, card_to_json
from tlx.inference.events import finish
from tlx.samples.findings import Finding
from tlx.samples.findings_html import write_html
from tlx.samples.labels_csv import read_labels_csv
from tlx.samples.sample import Sample

pytestmark = pytest.mark.slow

LABELS = ("<script>alert(1)</script>", "a \"quoted\" & 'single' label", "\u202egreen\n</script>")
NAMES = (
    '"><img src=x onerror=alert(2)>.jpg',
    'it\'s "quoted".jpg',
    "two\nlines.jpg",
    "\U0001f457 \u05e9\u05dc\u05d5\u05dd.jpg",
    "\u202egpj.exe",
    "]]><!--<script>alert(3)<\\script>.jpg",
)
NOWHERE = "<script src='http://127.0.0.1:9/x.js'></script>.jpg".replace("/", "\u2215")


@pytest.fixture
def hostile_model(model_file, tmp_path) -> Path:
    """The small model with labels that are no labels one would wish."""
    graph = onnx.load(model_file)
    (text,) = [prop.value for prop in graph.metadata_props if prop.key == CARD_KEY]
    card = replace(card_from_json(text), labels=LABELS)
    onnx.helper.set_model_props(graph, {CARD_KEY: card_to_json(card)})
    onnx.save(graph, tmp_path / "hostile.onnx")
    return tmp_path / "hostile.onnx"


@pytest.fixture
def hostile_samples(split_folder, tmp_path) -> list[Sample]:
    """Six pictures with such names: each colour once under its label and once under another."""
    root = tmp_path / "pictures"
    root.mkdir()
    samples = []
    for place, name in enumerate(NAMES):
        colour = ("blue", "green", "red")[place % 3]
        path = shutil.copy(split_folder / "test" / colour / f"{place:03}.jpg", root / name)
        samples.append(Sample(Path(path), LABELS[(place % 3 + place // 3) % 3]))
    (root / NOWHERE).write_bytes(b"no picture")
    return [*samples, Sample(root / NOWHERE, LABELS[0])]


def _write(model, samples, path):
    classifier = tlx.Classifier(model)
    report = finish(evaluate(classifier, samples), lambda _: None)
    pictures = finish(draw_pictures(report, classifier.session), lambda _: None)
    origin = PageOrigin("tlx eval </script><script>alert(4)</script>", "2026-01-01", "<b>note</b>")
    write_page(path, report, pictures, classifier.card, Path(model), origin)
    return report


def _shown(browser):
    return browser.run("[...document.querySelectorAll('#cell figure')].map(f => f.dataset.name)")


def _assert_harmless(browser, path):
    assert browser.dialogs == []
    assert browser.errors == []
    asked = [url for url in browser.requested if not url.startswith("data:image/")]
    assert asked == [path.resolve().as_uri()]


def _names_by_cell(report):
    index = {label: place for place, label in enumerate(report.labels)}
    names = shortened([row.path for row in report.rows])
    cells = {}
    for row, name in zip(report.rows, names, strict=True):
        cells.setdefault(f"{index[row.truth]},{index[row.predicted]}", []).append(name)
    return cells


def test_a_click_on_a_confusion_cell_shows_exactly_its_pictures(
    browser, hostile_model, hostile_samples, tmp_path
):
    page = tmp_path / "report.html"
    report = _write(hostile_model, hostile_samples, page)
    browser.size(1280, 900)
    browser.open(page)
    cells = _names_by_cell(report)
    assert len(cells) >= 4
    for cell, names in cells.items():
        browser.click(f"[data-cell='{cell}']")
        assert sorted(_shown(browser)) == sorted(names)
        pressed = browser.run(
            "[...document.querySelectorAll('[aria-pressed=true]')].map(e => e.dataset.cell)"
        )
        assert pressed == [cell]
        loaded = "Promise.all([...document.querySelectorAll('#cell img')].map(i => i.decode()))"
        assert len(browser.run(f"{loaded}.then((all) => all.map(() => 1))")) == len(names)
    clickable = browser.run(
        "[...document.querySelectorAll('[data-cell]')].map(e => e.dataset.cell)"
    )
    assert sorted(clickable) == sorted(cells)
    _assert_harmless(browser, page)


def test_hostile_labels_and_names_are_text_and_nothing_is_asked_of_the_network(
    browser, hostile_model, hostile_samples, tmp_path
):
    page = tmp_path / "report.html"
    _write(hostile_model, hostile_samples, page)
    browser.open(page)
    text = browser.run(
        "[...document.querySelectorAll('[data-cell]')]"
        ".map((cell) => (cell.click(), document.body.innerText)).join('')"
    )
    assert "<script>alert(1)</script>" in text
    assert "<b>note</b>" in text
    assert "\\u202egreen\\u000a</script>" in text
    assert "two\\u000alines.jpg" in text
    assert NOWHERE in text
    assert "\u202e" not in text
    _assert_harmless(browser, page)
    assert browser.run("document.scripts.length") == 2
    assert browser.run("document.querySelectorAll('img[onerror], b:not(.pairs b)').length") == 0
    # And were a script to get in, the page's own policy would refuse it.
    browser.run(
        "document.body.append(Object.assign(document.createElement('script'),"
        "{textContent: 'alert(5)'}))"
    )
    assert (
        browser.run("fetch('http://127.0.0.1:9/').then(() => 'went', () => 'refused')") == "refused"
    )
    assert browser.dialogs == []
    assert any("Content Security Policy" in text for text in browser.errors)


def test_the_matrix_is_walked_with_the_keyboard(browser, hostile_model, hostile_samples, tmp_path):
    page = tmp_path / "report.html"
    report = _write(hostile_model, hostile_samples, page)
    browser.open(page)
    cells = sorted(_names_by_cell(report), key=lambda cell: [*map(int, cell.split(","))])
    first = next(a for a, b in pairwise(cells) if a[0] == b[0])
    row = [cell for cell in cells if cell[0] == first[0]]
    browser.run(f"document.querySelector(\"[data-cell='{row[0]}']\").focus()")
    browser.press("ArrowRight")
    assert browser.run("document.activeElement.dataset.cell") == row[1]
    browser.run("document.activeElement.click()")
    assert sorted(_shown(browser)) == sorted(_names_by_cell(report)[row[1]])
    browser.press("Escape")
    assert browser.run("document.activeElement.dataset.cell") == row[1]


def test_a_phone_and_the_dark_need_no_scrolling_aside(
    browser, hostile_model, hostile_samples, tmp_path
):
    page = tmp_path / "report.html"
    _write(hostile_model, hostile_samples, page)
    browser.size(390, 800)
    browser.open(page)
    assert browser.run("document.documentElement.scrollWidth") == 390
    light = browser.run("getComputedStyle(document.body).backgroundColor")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", features=dark)
    assert browser.run("getComputedStyle(document.body).backgroundColor") != light


def test_numbers_by_label_are_sorted_by_a_click(browser, model_file, split_folder, tmp_path):
    samples = [
        Sample(path, "red" if place % 4 == 0 else path.parent.name)
        for place, path in enumerate(sorted(split_folder.glob("test/*/*.jpg")))
    ]
    report = _write(model_file, samples, tmp_path / "report.html")
    browser.open(tmp_path / "report.html")
    first = "[...document.querySelectorAll('#labels tbody th')].map(e => e.textContent)"
    assert browser.run(first) == list(report.labels)
    browser.click("#labels thead th:nth-child(2) button")
    by_support = sorted(report.labels, key=lambda label: -report.per_label[label].support)
    assert browser.run(first) == by_support
    browser.click("#labels thead th:nth-child(2) button")
    assert browser.run(first)[-1] == by_support[0]


def test_decisions_on_several_labels_show_their_pictures(browser, multi_label_run, tmp_path):
    data = multi_label_run.parent / "data"
    samples = read_labels_csv(data / "truth.csv", data)
    for place in range(0, len(samples), 5):
        samples[place] = Sample(samples[place].path, "green")
    page = tmp_path / "report.html"
    report = _write(multi_label_run / "model.onnx", samples, page)
    browser.open(page)
    names = shortened([row.path for row in report.rows])
    for label in report.labels:
        place = report.labels.index(label)
        missed = [
            name
            for row, name in zip(report.rows, names, strict=True)
            if label in row.truth and label not in row.predicted
        ]
        if missed:
            browser.click(f"[data-cell='{place},missed']")
            assert sorted(_shown(browser)) == sorted(missed)
    assert any(set(row.truth) - set(row.predicted) for row in report.rows)
    _assert_harmless(browser, page)


def test_the_page_of_a_check_shows_hostile_names_as_text(browser, hostile_samples, tmp_path):
    page = tmp_path / "check.html"
    paths = [sample.path for sample in hostile_samples]
    findings = [
        Finding("duplicate", tuple(paths[:2]), "<script>alert(6)</script>"),
        Finding("unreadable", (paths[-1],), '"><img src=x onerror=alert(7)>'),
        *(Finding("near-duplicate", (path, paths[0]), "near") for path in paths[2:6]),
    ]
    write_html(page, findings, "tlx check <script>alert(8)</script>")
    browser.open(page)
    _assert_harmless(browser, page)
    text = browser.run("document.body.innerText")
    assert "<script>alert(6)</script>" in text
    assert "onerror=alert(7)" in text
    assert browser.run("document.scripts.length") == 0
    assert (
        browser.run(
            "Promise.all([...document.images].map(i => i.decode())).then(all => all.length)"
        )
        == 10
    )
