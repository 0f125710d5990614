"""The report's page: one file, its data, its pictures, and what is left out."""

import json
import re
import tomllib
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tlx
from tlx.evaluation import page_pictures, report_page
from tlx.evaluation.metrics import wilson_interval
from tlx.evaluation.page_facts import PageOrigin, model_facts
from tlx.evaluation.page_numbers import numbers, unknown_numbers
from tlx.evaluation.page_pictures import draw_pictures, shortened, to_be_shown
from tlx.evaluation.refusals import measure_refusals
from tlx.evaluation.report_page import page, write_page
from tlx.evaluation.scored_picture import ScoredPicture
from tlx.evaluation.scoring import evaluate
from tlx.evaluation.unknown_report import UnknownReport
from tlx.inference.card import MeasuredResult
from tlx.inference.events import finish
from tlx.samples.sample import Sample

ORIGIN = PageOrigin("tlx eval model.onnx 'a & <b>'", "2026-01-01", "a note")


@pytest.fixture(scope="module")
def written(model_file, split_folder, tmp_path_factory):
    """A report on nine pictures and an empty file, three with a wrong truth, and its page."""
    root = tmp_path_factory.mktemp("page")
    samples = [
        Sample(path, path.parent.name) for path in sorted(split_folder.glob("test/*/00[0-2].jpg"))
    ]
    samples[:3] = [Sample(sample.path, "red") for sample in samples[:3]]
    (root / "empty.jpg").touch()
    classifier = tlx.Classifier(model_file)
    report = finish(
        evaluate(classifier, [*samples, Sample(root / "empty.jpg", "red")]), lambda _: None
    )
    seen = []
    pictures = finish(
        draw_pictures(report, classifier.session),
        lambda event: seen.append((event.done, event.total)),
    )
    write_page(root / "r.html", report, pictures, classifier.card, model_file, ORIGIN)
    return report, pictures, seen, (root / "r.html").read_text(encoding="utf-8")


def _content(text):
    return json.loads(re.search(r'id="content">(.*?)</script>', text, re.DOTALL)[1])


def test_the_policy_allows_the_page_s_own_style_and_script_and_nothing_else(written):
    text = written[-1]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for rule, pattern in (
        ("style-src", r"<style>(.*?)</style>"),
        ("script-src", r"<script>(.*?)</script>"),
    ):
        (inner,) = re.findall(pattern, text, re.DOTALL)
        digest = b64encode(sha256(inner.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    outside = re.sub(r"http://www\.w3\.org/2000/svg", "", text)
    assert "http:" not in outside
    assert "https:" not in outside


def test_the_data_are_the_report_s(written):
    report, _, _, text = written
    content = _content(text)
    assert content["scored"] == 9
    assert content["labels"] == list(report.labels)
    assert content["confusion"] == [list(row) for row in report.confusion]
    by_name = {row["name"]: row for row in content["numbers"]}
    assert by_name["accuracy"]["value"] == pytest.approx(report.accuracy, abs=1e-5)
    assert by_name["accuracy"]["interval"] == pytest.approx(report.accuracy_interval, abs=1e-5)
    assert by_name["accuracy"]["method"] == "Wilson"
    assert by_name["balanced accuracy"]["method"] == "bootstrap over pictures"
    assert content["unreadable"][0][1] == "empty file (0 bytes)"
    assert content["note"] == "a note"
    assert ["command", "tlx eval model.onnx 'a & <b>'"] in content["origin"]
    assert content["left"] == ""
    names = {name for name, _ in content["model"]}
    assert {"SHA-256", "trained on", "pictures", "temperature"} <= names


def test_the_model_s_facts_are_those_of_its_card(model_file):
    card = tlx.Classifier(model_file).card
    measured = MeasuredResult("accuracy", 0.9, (0.8, 0.95), "validation", 60, True)
    plain = replace(measured, interval=None, split="test", used_for_selection=False)
    origin = replace(card.provenance, weights_sha256="ab" * 32, freeze="layer2", seed=17)
    told = dict(
        model_facts(
            replace(card, provenance=origin, unknown_threshold=1.25, results=(measured, plain)),
            model_file,
        )
    )
    assert told["accuracy, validation"] == (
        "0.9000 (95% interval 0.8000 to 0.9500) on 60 pictures, which chose the epoch"
    )
    assert told["accuracy, test"] == "0.9000 on 60 pictures"
    assert told["unknown above a score of"] == "1.25"
    assert (told["frozen up to"], told["seed"]) == ("layer2", "17")
    assert told["SHA-256 of these weights"] == "ab" * 32


def test_each_picture_stands_in_it_with_its_answer_and_mistakes_come_first(written):
    report, _, _, text = written
    pictures = _content(text)["pictures"]
    index = {label: place for place, label in enumerate(report.labels)}
    names = dict(zip([row.path for row in report.rows], [p["name"] for p in pictures], strict=True))
    assert len(names) == 9
    wrong = [picture["truth"] != picture["predicted"] for picture in pictures]
    assert wrong == sorted(wrong, reverse=True)
    assert sum(wrong) == sum(not row.correct for row in report.rows) >= 1
    cells = sorted((index[row.truth], index[row.predicted]) for row in report.rows)
    assert sorted((p["truth"][0], p["predicted"][0]) for p in pictures) == cells
    for picture in pictures:
        with Image.open(BytesIO(b64decode(picture["image"].partition(",")[2]))) as image:
            assert (image.format, max(image.size)) == ("JPEG", 48)


def test_worst_mistakes_have_the_maps_of_what_was_said_and_of_what_is_true(written):
    report, pictures, seen, _ = written
    assert len(pictures.mistakes) == len(report.worst_mistakes) >= 1
    for mistake, shown in zip(report.worst_mistakes, pictures.mistakes, strict=True):
        assert [one.label for one in shown.maps] == [mistake.predicted, mistake.truth]
        assert all(one.image.startswith("data:image/jpeg;base64,") for one in shown.maps)
        assert shown.image not in {"", *(one.image for one in shown.maps)}
    total = 9 + len(report.worst_mistakes)
    assert seen == [(done, total) for done in range(1, total + 1)]


def test_no_text_can_end_the_data():
    text = page(
        {"labels": ["</script><script>alert(1)</script>", "\u2028", "\udcff"]}, "<b>&\udcff"
    )
    assert text.count("</script>") == 2
    assert "<title>&lt;b&gt;&amp;&#56575;</title>" in text
    assert _content(text)["labels"][0] == "</script><script>alert(1)</script>"
    assert text.encode("utf-8")


def _row(name, truth, predicted, loss):
    return ScoredPicture(name, truth, predicted, 0.5, 0.5, loss)


def test_the_worst_mistakes_and_right_answers_of_all_labels_get_thumbnails(monkeypatch):
    monkeypatch.setattr(page_pictures, "MOST_MISTAKES", 2)
    monkeypatch.setattr(page_pictures, "MOST_RIGHT", 3)
    wrong = [_row(f"w{n}", "a", "b", loss) for n, loss in enumerate((1.0, 3.0, 2.0))]
    right = [_row(f"a{n}", "a", "a", n / 10) for n in range(5)] + [_row("b0", "b", "b", 0.1)]
    assert to_be_shown([*right, *wrong]) == ["w1", "w2", "a4", "b0", "a3"]


def test_what_is_left_out_is_said(written, monkeypatch):
    report, pictures, _, _ = written
    monkeypatch.setattr(report_page, "MOST_LISTED", 4)
    few = replace(pictures, thumbnails=dict([*pictures.thumbnails.items()][:2]))
    content = report_page._listed(report, few)
    assert len(content["pictures"]) == 4
    assert content["left"].startswith(
        "4 of 9 pictures are listed, the worst ones. 2 of 9 are shown"
    )


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/d/a/1.jpg", "/d/b/2.jpg"], ["a/1.jpg", "b/2.jpg"]),
        (["/d/a/1.jpg"], ["1.jpg"]),
        (["x.jpg", "a/y.jpg"], ["x.jpg", "a/y.jpg"]),
        (["/d/1.jpg", "e/2.jpg"], ["/d/1.jpg", "e/2.jpg"]),
        ([], []),
    ],
)
def test_names_leave_out_the_common_folder(paths, names):
    assert shortened(paths) == names


def test_a_number_that_is_undefined_is_left_out(written):
    report = written[0]
    found = {number.name for number in numbers(report)}
    assert "accuracy" in found
    assert "top-5 accuracy" not in found
    assert "expected calibration error" in found


def test_refusals_and_unknown_pictures_have_their_numbers(written):
    rows = [replace(row, unknown=place < 2) for place, row in enumerate(written[0].rows)]
    report = replace(written[0], **measure_refusals(rows))
    right = sum(row.correct for row in rows[2:])
    found = {number.name: number for number in numbers(report)}
    assert found["refused as unknown"].interval == wilson_interval(2, 9)
    assert found["accuracy with refusals"].interval == wilson_interval(right, 7)
    expected = {"refused_expected": 0.05, "refused_expected_interval": (0.0, 0.2)}
    (told,) = (n for n in numbers(replace(report, **expected)) if n.name == "refused as unknown")
    assert "5.0% are expected, 95% of the time between 0.0% and 20.0%" in told.meaning
    scores = np.arange(4.0)
    auroc, accepts, refused = (0.75, (0.6, 0.9)), (0.25, (0.1, 0.5)), (0.5, (0.2, 0.8))
    unknown = UnknownReport(0.5, scores, scores, *auroc, *accepts, *refused)
    area, accepted = unknown_numbers(unknown)
    assert (area.value, area.interval, area.method) == (0.75, (0.6, 0.9), "DeLong")
    assert (accepted.value, accepted.interval) == (0.25, (0.1, 0.5))


def test_the_package_holds_all_that_the_page_is_made_of():
    root = Path(__file__).parents[2]  # the sources, of which the wheel is made
    folder = root / "evaluation" / "page"
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["tlx.evaluation"]
    packed = {path for pattern in patterns for path in folder.parent.glob(pattern)}
    assert {"report.html", "report.css", *report_page._SCRIPTS} == {
        p.name for p in folder.iterdir()
    }
    assert {*folder.iterdir()} <= packed
