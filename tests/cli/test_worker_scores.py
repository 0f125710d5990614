"""`tlx worker` asked for scores: those of `tlx eval`, to the last digit."""

import csv
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Talk

OF_A_RUN = {"pictures_per_second"}
"""What differs from run to run."""


@pytest.fixture(scope="module")
def talk(model_file: Path, start_worker) -> Iterator["Talk"]:
    with start_worker() as talk:
        assert talk.ask("load", id=1, model=str(model_file))["kind"] == "loaded"
        yield talk


@pytest.fixture(scope="module")
def spoiled(split_folder: Path, tmp_path_factory) -> Path:
    """The test folder with a damaged picture, and a blue one among the red."""
    root = tmp_path_factory.mktemp("spoiled") / "test"
    shutil.copytree(split_folder / "test", root)
    (root / "green" / "bad.jpg").write_bytes(b"no picture")
    shutil.copy(root / "blue" / "000.jpg", root / "red" / "blue.jpg")
    return root


@pytest.fixture(scope="module")
def evaluated(talk: "Talk", spoiled: Path) -> list[dict]:
    talk.say("evaluate", id=2, data=str(spoiled))
    return talk.until("evaluated")


def test_the_report_is_that_of_tlx_eval_to_the_last_digit(evaluated, spoiled, model_file, run_tlx):
    (expected,) = run_tlx("eval", model_file, spoiled, "--json").json
    report = evaluated[-1]["report"]
    assert report.keys() == expected.keys()
    assert {k: v for k, v in report.items() if k not in OF_A_RUN} == {
        k: v for k, v in expected.items() if k not in OF_A_RUN
    }


def test_progress_comes_first_then_every_picture_that_was_scored(evaluated, spoiled):
    progress = [answer for answer in evaluated if answer["kind"] == "progressed"]
    assert [answer["done"] for answer in progress] == [8, 16, 24, 32]
    assert {answer["total"] for answer in progress} == {32}
    assert progress[-1]["seconds"] > 0
    (scored,) = (answer for answer in evaluated if answer["kind"] == "scored")
    rows = scored["rows"]
    assert (scored["first"], len(rows)) == (0, 31)
    wrong = next(row for row in rows if row["path"].endswith("red/blue.jpg"))
    assert (wrong["truth"], wrong["correct"]) == (["red"], wrong["predicted"] == ["red"])
    report = evaluated[-1]["report"]
    assert sum(row["correct"] for row in rows) == round(report["accuracy"] * 31)


def test_thresholds_are_of_every_percent(evaluated):
    points = evaluated[-1]["thresholds"]
    assert [point["threshold"] for point in points] == [n / 100 for n in range(101)]
    assert (points[0]["pictures"], points[0]["coverage"]) == (31, 1.0)
    assert points[0]["interval"] == evaluated[-1]["report"]["accuracy_interval"]


def test_its_files_are_those_of_tlx_eval(
    talk: "Talk", evaluated, spoiled, model_file, run_tlx, tmp_path
):
    for ending in ("html", "json", "csv"):
        path = str(tmp_path / f"r.{ending}")
        for _ in range(2):  # one of before is replaced
            talk.say("write-report", id=3, evaluation=2, path=path)
            assert talk.until("written")[-1] == {"kind": "written", "id": 3, "path": path}
    run_tlx("eval", model_file, spoiled, "--out", tmp_path / "out")
    assert (tmp_path / "r.csv").read_bytes() == (tmp_path / "out/predictions.csv").read_bytes()
    assert json.loads((tmp_path / "r.json").read_text()) == evaluated[-1]["report"]
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html><!-- written by tlx eval -->")
    assert f"tlx eval {model_file} {spoiled} --report {tmp_path / 'r.html'}" in page


@pytest.mark.parametrize("ending", ["html", "json", "csv"])
def test_a_file_of_somebody_else_is_not_replaced(talk: "Talk", evaluated, tmp_path, ending):
    path = tmp_path / f"mine.{ending}"
    path.write_text("mine")
    failed = talk.ask("write-report", id=4, evaluation=2, path=str(path))
    assert "exists and was not written by tlx" in failed["error"]
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"kind": "write-report", "evaluation": 99, "path": "a.html"}, "it has not ended, or"),
        ({"kind": "write-report", "evaluation": 2, "path": "a.pdf"}, "ends in .html, .json or"),
        ({"kind": "write-report", "evaluation": 2, "path": "no/a.csv"}, "there is no folder no"),
        ({"kind": "evaluate", "data": "missing"}, "missing does not exist"),
        ({"kind": "evaluate", "data": "missing", "topk": 0}, "topk 0"),
        ({"kind": "evaluate", "data": ".", "split": "test"}, "go with --labels"),
        ({"kind": "compare", "data": "missing", "other": "no.onnx"}, "no.onnx: no such file"),
    ],
)
def test_what_cannot_be_done_is_a_line(talk: "Talk", evaluated, request_, said):
    failed = talk.ask(**request_, id=5)
    assert (failed["kind"], failed["id"]) == ("failed", 5)
    assert said in failed["error"]


def test_labels_of_another_model_are_named(talk: "Talk", spoiled, tmp_path):
    shutil.copytree(spoiled / "red", tmp_path / "violet")
    failed = talk.ask("evaluate", id=6, data=str(tmp_path))
    assert "does not know the label violet; it knows blue, green, red" in failed["error"]


def test_a_csv_s_split_is_scored_as_tlx_eval_does(talk: "Talk", model_file, split_folder, run_tlx):
    table = model_file.parent / "split.csv"
    talk.say("evaluate", id=7, data=str(table), root=str(split_folder), split="validation")
    report = talk.until("evaluated")[-1]["report"]
    given = ("--labels", table, "--root", split_folder, "--split", "validation", "--json")
    (expected,) = run_tlx("eval", model_file, *given).json
    assert (report["accuracy"], report["notes"]) == (expected["accuracy"], expected["notes"])
    assert report["notes"]


def test_an_evaluation_is_cancelled_and_a_picture_goes_before_it(
    talk: "Talk", split_folder, tmp_path
):
    picture = split_folder / "test" / "red" / "000.jpg"
    (tmp_path / "red").mkdir()
    for number in range(3000):
        os.link(picture, tmp_path / "red" / f"{number}.jpg")
    talk.say("evaluate", id=8, data=str(tmp_path))
    assert talk.read()["kind"] == "progressed"
    talk.say("classify", id=9, paths=[str(picture)])
    assert talk.until("done")[-1]["id"] == 9
    talk.say("cancel", id=8)
    answers = talk.until("cancelled")
    assert answers[-1]["id"] == 8
    assert 8 <= answers[-1]["rows"] < 3000
    assert talk.ask("explain", id=10, path=str(picture), label="blue")["id"] == 10


@pytest.fixture(scope="module")
def other(model_file, alter_model, tmp_path_factory) -> Path:
    """The file with its labels in another order and green less likely."""
    target = tmp_path_factory.mktemp("other") / "other.onnx"
    return alter_model(model_file, target, ("red", "blue", "green"), bias={"green": -99.0})


def test_a_comparison_is_that_of_tlx_eval_to_the_last_digit(
    talk: "Talk", spoiled, model_file, other, run_tlx
):
    talk.say("compare", id=11, other=str(other), data=str(spoiled))
    *progress, compared = talk.until("compared")
    (expected,) = run_tlx("eval", model_file, other, spoiled, "--json").json
    assert compared == {"kind": "compared", "id": 11, "comparison": expected}
    assert progress[-1]["done"] == 32
    assert expected["disagreements"]


def test_a_comparison_s_files_are_those_of_tlx_eval(
    talk: "Talk", spoiled, model_file, other, run_tlx, tmp_path
):
    talk.say("compare", id=13, other=str(other), data=str(spoiled))
    talk.until("compared")
    run_tlx("eval", model_file, other, spoiled, "--out", tmp_path / "out")
    for name in ("comparison.json", "differences.csv"):
        path, mine = tmp_path / name, tmp_path / f"mine-{name}"
        for _ in range(2):  # one of before is replaced
            written = talk.ask("write-report", id=14, evaluation=13, path=str(path))
            assert written == {"kind": "written", "id": 14, "path": str(path)}
        made, expected = (one.read_text().splitlines() for one in (path, tmp_path / "out" / name))
        assert [line for line in made if '"date"' not in line] == [
            line for line in expected if '"date"' not in line
        ]
        mine.write_text("mine")
        failed = talk.ask("write-report", id=15, evaluation=13, path=str(mine))
        assert "exists and was not written by tlx" in failed["error"]
        assert mine.read_text() == "mine"
    for wrong, said in (("a.html", "ends in .json or .csv"), ("no/a.csv", "there is no folder no")):
        assert said in talk.ask("write-report", id=16, evaluation=13, path=wrong)["error"]


def test_without_truth_a_table_names_what_differs(talk: "Talk", spoiled, other, tmp_path):
    talk.say("compare", id=17, other=str(other), data=str(spoiled), truth=False)
    differing = talk.until("compared")[-1]["comparison"]["disagreements"]
    path = tmp_path / "differences.csv"
    talk.ask("write-report", id=18, evaluation=17, path=str(path))
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [(row["path"], row["first"], float(row["first_probability"])) for row in rows] == [
        (one["path"], one["first"]["label"], one["first"]["probability"]) for one in differing
    ]
    assert {(row["truth"], row["right"]) for row in rows} == {("", "")}


def test_without_truth_only_the_answers_are_compared(talk: "Talk", spoiled, other):
    talk.say("compare", id=12, other=str(other), data=str(spoiled), truth=False)
    found = talk.until("compared")[-1]["comparison"]
    assert (found["pictures"], found["failures"], found["counts"]) == (31, 1, None)
    differing = found["disagreements"]
    assert found["agreement"] == pytest.approx(1 - len(differing) / 31)
    assert {row["first"]["label"] for row in differing} == {"green"}
    assert {row["truth"] for row in differing} == {None}
    assert {"data", "date", "tlx"} <= found.keys()
    assert all(len(model["model_sha256"]) == 64 for model in found["models"])


def test_several_labels_are_scored_from_a_csv(start_worker, multi_label_run, run_tlx, tmp_path):
    model, table = multi_label_run / "model.onnx", multi_label_run.parent / "data" / "truth.csv"
    with start_worker() as other:
        other.ask("load", id=1, model=str(model))
        other.say("evaluate", id=2, data=str(table))
        *_, scored, done = other.until("evaluated")
        (expected,) = run_tlx("eval", model, "--labels", table, "--json").json
        average = "mean_average_precision"
        assert done["report"][average] == expected[average]
        assert done["thresholds"] == []
        assert len(scored["rows"]) == 48
        path = str(tmp_path / "rows.csv")
        other.say("write-report", id=3, evaluation=2, path=path)
        other.until("written")
        other.say("write-report", id=3, evaluation=2, path=path)
        other.until("written")
        with open(path, newline="") as file:  # noqa: PTH123
            assert len(list(csv.DictReader(file))) == 48
