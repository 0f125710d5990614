"""`tlx eval`: its numbers, rows, files, and what it makes of bad pictures."""

import csv
import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

import tlx
from tlx.inference.whole_file import file_digest

REPORT = {
    "task": str,
    "model": str,
    "pictures": int,
    "failures": int,
    "accuracy": float,
    "accuracy_interval": list,
    "top5_accuracy": type(None),
    "loss": float,
    "labels": list,
    "per_label": dict,
    "confusion": list,
    "worst_mistakes": list,
    "unreadable": list,
    "pictures_per_second": float,
    "split": type(None),
    "notes": list,
    "refused": type(None),
    "accuracy_with_refusals": type(None),
    "refused_expected": type(None),
    "refused_expected_interval": type(None),
    "unknown": type(None),
    "error": type(None),
}
LABELS = ["blue", "green", "red"]


@pytest.fixture(scope="module")
def on_validation(journey, run_tlx):
    """`eval --json` on the validation folder, in which three blue pictures count as red."""
    return run_tlx("eval", journey.run / "model.onnx", journey.data / "val", "--json")


@pytest.fixture
def copied_test(journey, tmp_path):
    """A copy of the test folder to spoil."""
    return shutil.copytree(journey.data / "test", tmp_path / "test")


def test_json_is_one_object_as_documented(on_validation, journey):
    assert on_validation.code == 0
    (report,) = on_validation.json
    assert {name: type(report[name]) for name in REPORT} == REPORT
    assert report["model"] == "model.onnx"
    assert (report["pictures"], report["failures"], report["error"]) == (33, 0, None)
    assert report["labels"] == LABELS
    assert report["pictures_per_second"] > 0
    assert report["model_sha256"] == file_digest(journey.run / "model.onnx")
    assert (report["data"], report["tlx"]) == (str(journey.data / "val"), tlx.__version__)
    assert report["date"] == date.today().isoformat()
    (note,) = report["notes"]
    assert note.startswith("33 of 33 are this run's validation pictures, which chose the epoch")
    low, high = report["accuracy_interval"]
    assert 0 < low < report["accuracy"] < high <= 1


def test_confusion_has_a_row_a_truth_and_agrees_with_the_scores_by_label(on_validation):
    (report,) = on_validation.json
    assert report["confusion"] == [[10, 0, 0], [0, 10, 0], [3, 0, 10]]
    scores = {"precision": 10 / 13, "recall": 1.0, "f1": 20 / 23, "support": 10}
    blue = report["per_label"]["blue"]
    assert {name: blue[name] for name in scores} == pytest.approx(scores)
    assert list(report["per_label"]) == LABELS
    assert report["per_label"]["red"]["support"] == 13


def test_accuracy_and_loss_are_those_that_training_printed_for_its_best_epoch(
    on_validation, journey
):
    best = journey.trained.json[-1]["best"]
    (report,) = on_validation.json
    assert report["accuracy"] == best["validation_accuracy"] == 30 / 33
    assert report["loss"] == pytest.approx(best["validation_loss"], abs=1e-3)
    line = next(line for line in journey.trained.err.splitlines() if line.startswith("best:"))
    printed = re.search(r"validation accuracy ([\d.]+), loss ([\d.]+)", line)
    assert float(printed[1]) == round(report["accuracy"], 4)
    assert float(printed[2]) == pytest.approx(report["loss"], abs=1e-3)


def test_the_worst_mistakes_are_the_mislabelled_pictures(on_validation, journey):
    (report,) = on_validation.json
    assert {row["path"] for row in report["worst_mistakes"]} == {
        str(journey.data / "val" / "red" / f"blue-{index:03}.jpg") for index in range(3)
    }
    for row in report["worst_mistakes"]:
        assert (row["truth"], row["predicted"]) == ("red", "blue")
        assert row["truth_probability"] < row["probability"] <= 1
    doubts = [row["truth_probability"] for row in report["worst_mistakes"]]
    assert doubts == sorted(doubts)


def test_one_picture_is_counted_as_one(journey, run_tlx, tmp_path):
    (tmp_path / "red").mkdir()
    shutil.copy(journey.data / "test" / "red" / "000.jpg", tmp_path / "red")
    ran = run_tlx("eval", journey.run / "model.onnx", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ", 1 picture, " in ran.out.splitlines()[0]


def test_rows_tables_and_mistakes_are_shown(journey, run_tlx):
    ran = run_tlx("eval", journey.run / "model.onnx", journey.data / "val")
    assert (ran.code, ran.err) == (0, "")
    first, *_ = lines = ran.out.splitlines()
    assert first.startswith("accuracy 0.9091 (95% interval 0.")
    assert ", 33 pictures, " in first
    blue = "│ blue  │     0.769 │ 1.000 (0.722 to 1.000) │ 0.870 │ "
    assert any(line.startswith(blue) and line.endswith(" │       10 │") for line in lines)
    assert any(line.startswith("calibration error 0.") for line in lines)
    assert any(line.startswith("the surest 9") for line in lines)
    assert "│ 2 red   │  3 │  · │ 10 │" in lines
    assert "red taken for blue: 3 times" in lines
    assert sum(": red, predicted blue at " in line for line in lines) == 3
    assert "\x1b" not in ran.out


def test_with_json_the_rows_for_people_are_on_stderr(on_validation):
    assert on_validation.err.startswith("accuracy 0.9091")
    assert "worst mistakes, the least probable truth first:" in on_validation.err
    assert "\x1b" not in on_validation.err


def test_out_gets_the_same_report_and_a_picture_of_the_confusion(journey, run_tlx, tmp_path):
    out = tmp_path / "new" / "report"
    ran = run_tlx("eval", journey.run / "model.onnx", journey.data / "val", "--json", "--out", out)
    assert json.loads((out / "report.json").read_text()) == ran.json[0]
    with Image.open(out / "confusion.png") as picture:
        picture.load()
        assert min(picture.size) > 100
    plots = ["confusion.png", "coverage.png", "precision_recall.png", "reliability.png", "roc.png"]
    written = sorted([*plots, "predictions.csv", "report.json"])
    assert sorted(path.name for path in out.iterdir()) == written
    assert all(name in ran.err for name in written)
    for name in plots:
        with Image.open(out / name) as picture:
            assert picture.format == "PNG"
    rows = list(csv.DictReader((out / "predictions.csv").read_text().splitlines()))
    assert len(rows) == 33
    assert sum(int(row["correct"]) for row in rows) == 30
    wrong = [row for row in rows if row["correct"] == "0"]
    assert {(row["truth"], row["predicted"]) for row in wrong} == {("red", "blue")}


def test_bad_pictures_are_rows_and_end_with_1(copied_test, journey, run_tlx, write_bad_pictures):
    bad = write_bad_pictures(copied_test / "green", copied_test / "green" / "000.jpg")
    ran = run_tlx("eval", journey.run / "model.onnx", copied_test, "--json")
    assert ran.code == 1
    (report,) = ran.json
    assert (report["pictures"], report["failures"], report["error"]) == (30, 3, None)
    assert [row["path"] for row in report["unreadable"]] == [str(path) for path in bad]
    assert report["unreadable"][1]["error"] == "empty file (0 bytes)"
    assert report["confusion"] == [[10, 0, 0], [0, 10, 0], [0, 0, 10]]
    assert "not scored, because they cannot be read: 3" in ran.err
    assert all(f"  {row['path']}: {row['error']}" in ran.err for row in report["unreadable"])


def test_truth_is_aligned_by_name_where_the_folder_lacks_a_label(copied_test, journey, run_tlx):
    shutil.rmtree(copied_test / "blue")
    (report,) = run_tlx("eval", journey.run / "model.onnx", copied_test, "--json").json
    assert report["accuracy"] == 1.0
    assert report["labels"] == LABELS
    assert report["confusion"] == [[0, 0, 0], [0, 10, 0], [0, 0, 10]]
    nothing = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    blue = report["per_label"]["blue"]
    assert {name: blue[name] for name in nothing} == nothing
    assert blue["average_precision"] is blue["roc_auc"] is blue["recall_interval"] is None


def test_a_csv_says_what_is_true_relative_to_its_own_folder(copied_test, journey, run_tlx):
    rows = ["label,note,file", "green,x,green/000.jpg", 'red,"a,b",blue/001.jpg']
    (copied_test / "truth.csv").write_text("\n".join(rows))
    labels = copied_test / "truth.csv"
    (report,) = run_tlx("eval", journey.run / "model.onnx", "--labels", labels, "--json").json
    assert report["confusion"] == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(("split", "pictures"), [("validation", 33), ("test", 30)])
def test_a_runs_split_csv_gives_the_pictures_of_one_split(journey, run_tlx, split, pictures):
    rows = ["--labels", journey.run / "split.csv", "--root", journey.data, "--split", split]
    (report,) = run_tlx("eval", journey.run / "model.onnx", *rows, "--json").json
    assert report["pictures"] == pictures
    if split == "validation":
        best = journey.trained.json[-1]["best"]
        assert report["accuracy"] == best["validation_accuracy"]


def test_a_spreadsheets_csv_with_names_without_endings_is_understood(copied_test, journey, run_tlx):
    (copied_test / "truth.csv").write_text("image;label\ngreen/000;green\nblue/001;red\n")
    labels = copied_test / "truth.csv"
    (report,) = run_tlx("eval", journey.run / "model.onnx", "--labels", labels, "--json").json
    assert report["confusion"] == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]


def test_rows_of_a_csv_whose_files_are_missing_are_failures(copied_test, journey, run_tlx):
    rows = "file,label\nnowhere.jpg,red\ngreen/000.jpg,green\n"
    (copied_test / "truth.csv").write_text(rows)
    labels = copied_test / "truth.csv"
    ran = run_tlx("eval", journey.run / "model.onnx", "--labels", labels, "--json")
    assert ran.code == 1
    (report,) = ran.json
    missing = {"path": str(copied_test / "nowhere.jpg"), "error": "no such file"}
    assert (report["pictures"], report["unreadable"]) == (1, [missing])


def test_the_labels_of_a_folder_are_shown_as_they_are_named(capsys):
    import numpy as np

    from tlx.cli.report_screen import show_report
    from tlx.cli.screen import Screen
    from tlx.evaluation.report import score
    from tlx.inference.prediction import Outcome, Prediction
    from tlx.samples.sample import Sample

    labels = ("[red]x[/red]\n", "long " * 60 + "end")
    answer = Prediction(labels, np.zeros(2, np.float32), np.full(2, 0.5, np.float32))
    sample = Sample(Path("a.jpg"), labels[0])
    show_report(score("m", labels, [sample], [Outcome("a.jpg", answer, None)], 1.0), Screen())
    shown = capsys.readouterr().out
    assert r"│ [red]x[/red]\n" in shown
    assert shown.count("long " * 60 + "end") == 2


def test_what_the_temperature_moves_stands_on_a_line_of_its_own(capsys):
    import numpy as np

    from tlx.cli.report_screen import show_report
    from tlx.cli.screen import Screen
    from tlx.evaluation.report import score
    from tlx.inference.prediction import Outcome, Prediction
    from tlx.samples.sample import Sample

    answer = Prediction(("a", "b"), np.array([2, 0], np.float32), np.array([0.7, 0.3], np.float32))
    sample = Sample(Path("a.jpg"), "a")
    show_report(score("m", ("a", "b"), [sample], [Outcome("a.jpg", answer, None)], 2.0), Screen())
    lines = capsys.readouterr().out.splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.startswith("calibration error 0."))
    assert lines[place].endswith(", loss 0.1269")
    assert lines[place + 1].startswith("  the temperature moves the error by ")


def test_the_numbers_follow_from_the_classifiers_own_answers(on_validation, journey):
    classifier = tlx.Classifier(journey.run / "model.onnx")
    paths = sorted((journey.data / "val").glob("*/*.jpg"))
    outcomes = list(classifier.classify_files(paths))
    right = [
        outcome.prediction.label == path.parent.name
        for path, outcome in zip(paths, outcomes, strict=True)
    ]
    assert on_validation.json[0]["accuracy"] == sum(right) / len(right)


def test_a_column_of_the_csv_slices_the_report(copied_test, journey, run_tlx):
    rows = [
        f"{color}/00{i}.jpg,{color},{'a' if i < 3 else 'b'}" for color in LABELS for i in (1, 5)
    ]
    rows.append("blue/002.jpg,red,a")
    (copied_test / "truth.csv").write_text("\n".join(["file,label,camera", *rows]))
    arguments = ["--labels", copied_test / "truth.csv", "--slice-by", "camera"]
    ran = run_tlx("eval", journey.run / "model.onnx", *arguments, "--json")
    cameras = [one for one in ran.json[0]["slices"] if one["by"] == "camera"]
    assert [(one["name"], one["pictures"], one["score"]) for one in cameras] == [
        ("a", 4, 0.75),
        ("b", 3, 1.0),
    ]
    assert all(one["small"] for one in cameras)
    assert "camera: a" in ran.err
    wrong = ["--labels", copied_test / "truth.csv", "--slice-by", "lens"]
    assert "has no column 'lens'" in run_tlx("eval", journey.run / "model.onnx", *wrong).error


def test_topk_counts_the_truth_among_the_first_labels(journey, run_tlx):
    folder = journey.data / "val"
    ran = run_tlx("eval", journey.run / "model.onnx", folder, "--topk", "2", "--json")
    (report,) = ran.json
    assert (report["topk"], report["top5_accuracy"]) == (2, None)
    assert report["accuracy"] <= report["topk_accuracy"] <= 1
    assert "top-2 accuracy" in ran.err
