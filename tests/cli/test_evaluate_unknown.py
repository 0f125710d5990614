"""`tlx eval --unknown`: what it writes of each picture, known and unknown."""

import csv
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def measured(judging_model, journey, run_tlx, tmp_path_factory):
    """Red and green pictures are known, blue ones and an empty file asked about."""
    folder = tmp_path_factory.mktemp("unknown")
    for label in ("red", "green"):
        shutil.copytree(journey.data / "test" / label, folder / "known" / label)
    shutil.copytree(journey.data / "test" / "blue", folder / "strange")
    (folder / "strange" / "empty.jpg").touch()
    options = ["--unknown", folder / "strange", "--out", folder / "out", "--json"]
    page = ["--report", folder / "page.html"]
    return folder, run_tlx("eval", judging_model, folder / "known", *options, *page)


def test_each_unknown_picture_has_a_row(measured):
    folder, ran = measured
    assert ran.code == 1, "an unreadable picture"
    rows = _rows(folder / "out" / "unknown.csv")
    (report,) = ran.json
    found = report["unknown"]
    *read, empty = rows
    assert len(read) == found["pictures"] == 10
    assert [row["unknown"] for row in read].count("false") == 10 * found["false_accept_rate"]
    for row in read:
        assert (float(row["unknown_score"]) > found["threshold"]) == (row["unknown"] == "true")
        assert row["nearest"] in report["labels"]
        assert 0 < float(row["probability"]) <= 1
    assert empty["path"] == str(folder / "strange" / "empty.jpg")
    assert "empty" in empty["error"]
    assert {value for key, value in empty.items() if key not in ("path", "error")} == {""}


def test_the_known_pictures_have_their_scores_too(measured):
    folder, ran = measured
    (report,) = ran.json
    rows = _rows(folder / "out" / "predictions.csv")
    assert list(rows[0])[-2:] == ["unknown", "unknown_score"]
    refused = [row["unknown"] == "true" for row in rows]
    assert 0 < sum(refused) == report["refused"] * len(rows)
    threshold = report["unknown"]["threshold"]
    assert [float(row["unknown_score"]) > threshold for row in rows] == refused


def _is_between(point, one, other) -> bool:
    """Tell whether a point lies on the line from one to the other; the ends are on it."""
    there = (np.hypot(*np.subtract(point, end)) for end in (one, other))
    return sum(there) == pytest.approx(np.hypot(*np.subtract(one, other)), abs=1e-6)


def test_the_page_shows_the_curve_and_the_threshold(measured):
    folder, ran = measured
    (report,) = ran.json
    text = (folder / "page.html").read_text(encoding="utf-8")
    shown = json.loads(re.search(r'id="content">(.*?)</script>', text, re.DOTALL)[1])["unknown"]
    found = report["unknown"]
    assert shown["threshold"] == pytest.approx(found["threshold"], abs=1e-5)
    assert shown["found"] == pytest.approx(1 - found["false_accept_rate"], abs=1e-5)
    assert (shown["curve"][0], shown["curve"][-1]) == ([0, 0], [1, 1])
    here = (shown["refused"], shown["found"])
    assert any(_is_between(here, *ends) for ends in pairwise(shown["curve"]))
    across, up = zip(*shown["curve"], strict=True)
    assert np.trapezoid(up, across) == pytest.approx(found["auroc"], abs=0.01)


def test_an_unknown_csv_of_someone_else_is_refused(judging_model, journey, run_tlx, tmp_path):
    (tmp_path / "unknown.csv").write_text("mine")
    ran = run_tlx("eval", judging_model, journey.data / "test", "--out", tmp_path)
    assert ran.code == 2
    assert "unknown.csv exists" in ran.err


def test_what_is_refused_is_held_against_what_was_to_be_expected(measured, judging_model, run_tlx):
    folder, ran = measured
    (report,) = ran.json
    assert report["refused_expected"] == pytest.approx(6 / 101)  # 5 of 100 validation pictures
    low, high = report["refused_expected_interval"]
    assert low < 0.06 < high < report["refused"], "a third of the known pictures is refused"
    assert any("are not like them" in note for note in report["notes"])
    shown = run_tlx("eval", judging_model, folder / "known")
    said = rf"taken for unknown: {report['refused']:.1%} of the pictures, 5.9% expected, 95% of"
    assert said in shown.out
    assert re.search(
        r"note: .* taken for unknown; for pictures like those of validation", shown.out
    )
