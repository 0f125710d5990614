"""`tlx eval`, `classify` and `inspect` with a model of the multi-label task."""

import csv
import json
from dataclasses import replace

import pytest
from PIL import Image

import tlx
from tlx.export.onnx_file import rewrite_onnx_card

REPORT = {
    "task": str,
    "model": str,
    "pictures": int,
    "failures": int,
    "mean_average_precision": float,
    "mean_average_precision_interval": list,
    "labels_counted": int,
    "exact_match": float,
    "exact_match_interval": list,
    "micro_f1": float,
    "macro_f1": float,
    "loss": float,
    "labels": list,
    "thresholds": list,
    "per_label": dict,
    "worst_mistakes": list,
    "unreadable": list,
    "pictures_per_second": float,
    "split": type(None),
    "unknown": type(None),
    "error": type(None),
}
SCORES = ["average_precision", "precision", "recall", "f1", "support", "threshold"]


@pytest.fixture
def model(multi_label_run):
    return multi_label_run / "model.onnx"


@pytest.fixture
def data(multi_label_run):
    return multi_label_run.parent / "data"


@pytest.fixture
def strict_model(model, tmp_path):
    """The same file with thresholds that only a certain answer reaches."""
    path = tmp_path / "strict.onnx"
    path.write_bytes(model.read_bytes())
    rewrite_onnx_card(path, replace(tlx.Classifier(model).card, thresholds=(1.0, 1.0, 1.0)))
    return path


@pytest.fixture
def spoiled(data, tmp_path):
    """A CSV with a label too many, a label too few, and a picture that is not there."""
    rows = [
        *("file,label", "blue-00.png,blue|red", "blue-red-00.png,blue", "blue-01.png,blue"),
        *("blue-green-red-00.png,green|red|blue", "nowhere.png,red"),
    ]
    path = tmp_path / "truth.csv"
    path.write_text("\n".join(rows))
    return ["--labels", path, "--root", data]


def test_eval_prints_one_object_as_documented(model, data, run_tlx):
    ran = run_tlx("eval", model, "--labels", data / "truth.csv", "--json")
    assert ran.code == 0
    (report,) = ran.json
    assert {name: type(report[name]) for name in REPORT} == REPORT
    assert (report["task"], report["model"]) == ("multi-label", "model.onnx")
    assert (report["pictures"], report["failures"], report["labels_counted"]) == (48, 0, 3)
    assert report["labels"] == list(report["per_label"]) == ["blue", "green", "red"]
    assert all(set(scores) >= set(SCORES) for scores in report["per_label"].values())
    assert report["thresholds"] == [row["threshold"] for row in report["per_label"].values()]
    assert report["thresholds"] == list(tlx.Classifier(model).card.thresholds)
    assert report["mean_average_precision"] > 0.99
    assert report["exact_match_interval"][0] < report["exact_match"]


def test_eval_finds_what_is_wrong_with_the_truth(model, spoiled, data, run_tlx):
    ran = run_tlx("eval", model, *spoiled, "--json")
    assert ran.code == 1
    (report,) = ran.json
    assert (report["pictures"], report["failures"], report["exact_match"]) == (4, 1, 0.5)
    missing = {"path": str(data / "nowhere.png"), "error": "no such file"}
    assert report["unreadable"] == [missing]
    mistakes = {row["path"]: row for row in report["worst_mistakes"]}
    too_many, too_few = (mistakes[str(data / f"{name}-00.png")] for name in ("blue", "blue-red"))
    assert (too_many["truth"], too_many["predicted"]) == (["blue", "red"], ["blue"])
    assert (too_few["truth"], too_few["predicted"]) == (["blue"], ["blue", "red"])
    assert too_many["label"] == too_few["label"] == "red"
    assert too_many["probability"] < 0.5 < too_few["probability"]
    assert len(mistakes) == 2


def test_eval_shows_head_lines_a_table_and_the_worst_mistakes(model, spoiled, data, run_tlx):
    ran = run_tlx("eval", model, *spoiled)
    assert (ran.code, ran.err) == (1, "")
    first, second, *lines = ran.out.splitlines()
    assert first.startswith("mean average precision 0.")
    assert ", bootstrap) over 3 of 3 labels, loss " in first
    assert ", 4 pictures, " in first
    assert second.startswith("exact match 0.5000 (95% interval 0.1500 to 0.8500, Wilson), F1 mic")
    assert any(line.startswith("│ blue  │             1.000 │     1.000 │") for line in lines)
    missed = f"  {data / 'blue-00.png'}: blue + red, predicted blue; missed red at "
    added = f"  {data / 'blue-red-00.png'}: blue, predicted blue + red; wrongly red at "
    for start in (missed, added):
        assert sum(line.startswith(start) for line in lines) == 1
    assert "\x1b" not in ran.out


def test_eval_says_where_pictures_chose_the_thresholds(multi_label_run, data, model, run_tlx):
    rows = ["--labels", multi_label_run / "split.csv", "--root", data, "--split", "validation"]
    ran = run_tlx("eval", model, *rows)
    said = "note: 48 of 48 are this run's validation pictures, which chose the epoch and the thres"
    assert said in ran.out


def test_out_gets_the_report_and_a_picture_of_the_labels(model, data, run_tlx, tmp_path):
    out = tmp_path / "report"
    for _ in range(2):  # what tlx wrote may be written again
        ran = run_tlx("eval", model, "--labels", data / "truth.csv", "--json", "--out", out)
        assert ran.code == 0
    assert json.loads((out / "report.json").read_text()) == ran.json[0]
    with Image.open(out / "labels.png") as picture:
        picture.load()
        assert min(picture.size) > 100
    plots = ["labels.png", "precision_recall.png", "reliability.png", "roc.png"]
    written = sorted([*plots, "predictions.csv", "report.json"])
    assert sorted(path.name for path in out.iterdir()) == written
    assert all(name in ran.err for name in written)


def test_someone_elses_picture_is_not_replaced(model, data, run_tlx, tmp_path):
    (tmp_path / "labels.png").write_bytes(b"mine")
    ran = run_tlx("eval", model, "--labels", data / "truth.csv", "--out", tmp_path)
    assert "labels.png exists and was not written by tlx" in ran.error
    assert (tmp_path / "labels.png").read_bytes() == b"mine"


def test_labels_that_the_model_does_not_know_are_named_one_by_one(model, data, run_tlx, tmp_path):
    (tmp_path / "truth.csv").write_text("file,label\nblue-00.png,blue|violet\n")
    rows = ["--labels", tmp_path / "truth.csv", "--root", data]
    error = run_tlx("eval", model, *rows).error
    assert "does not know the label violet; it knows blue, green, red" in error


def test_a_model_of_single_labels_does_not_know_several_at_once(
    model_file, data, run_tlx, tmp_path
):
    (tmp_path / "truth.csv").write_text("file,label\nblue-00.png,blue|red\n")
    rows = ["--labels", tmp_path / "truth.csv", "--root", data]
    assert "label blue|red; it knows blue, green, red" in run_tlx("eval", model_file, *rows).error


def test_a_row_shows_the_chosen_labels_with_probabilities(model, data, run_tlx):
    picture = data / "blue-red-00.png"
    ran = run_tlx("classify", model, picture, data / "green-00.png")
    both, one = ran.out.splitlines()
    chosen = tlx.Classifier(model).classify(picture).chosen
    assert {row.label for row in chosen} == {"blue", "red"}
    answers = "  ".join(f"{row.label} {row.probability:.1%}" for row in chosen)
    assert both == f"{picture}  {answers}"
    assert one.startswith(f"{data / 'green-00.png'}  green 9")
    assert one.count("%") == 1


def test_a_row_without_a_chosen_label_says_so(strict_model, data, run_tlx):
    ran = run_tlx("classify", strict_model, data / "green-00.png")
    assert ran.code == 0
    start = f"{data / 'green-00.png'}  none of the labels (most probable: green 9"
    assert ran.out.startswith(start)


def test_a_row_tells_how_many_chosen_labels_it_leaves_out(model, data, run_tlx):
    ran = run_tlx("classify", model, data / "blue-green-red-00.png", "--topk", "1")
    assert ran.out.count("%") == 1
    assert ran.out.endswith("  and 2 more\n")


KEYS = ["path", "labels", "predictions"]


def test_json_has_the_chosen_labels_and_a_ranking_of_its_own(model, data, run_tlx, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"")
    paths = [data / "blue-red-00.png", tmp_path / "bad.png"]
    ran = run_tlx("classify", model, *paths, "--json", "--topk", "1")
    assert ran.code == 1
    good, bad = ran.json
    assert list(good) == list(bad) == [*KEYS, "unknown", "unknown_score", "error"]
    assert sorted(good["labels"]) == ["blue", "red"]
    assert [row["label"] for row in good["predictions"]] == good["labels"][:1]
    assert (bad["labels"], bad["predictions"], bad["error"]) == ([], [], "empty file (0 bytes)")


def test_json_of_a_picture_without_a_chosen_label_still_ranks(strict_model, data, run_tlx):
    (row,) = run_tlx("classify", strict_model, data / "red-00.png", "--json").json
    assert row["labels"] == []
    assert row["predictions"][0]["label"] == "red"
    assert len(row["predictions"]) == 3


def test_a_csv_has_the_chosen_labels_sorted_in_one_cell(
    model, strict_model, data, run_tlx, tmp_path
):
    table = tmp_path / "answers.csv"
    pictures = sorted(data.glob("blue-red-*.png"))
    for file, cell in ((model, "blue|red"), (strict_model, "")):
        assert run_tlx("classify", file, *pictures, "--topk", "2", "--csv", table).code == 0
        with table.open(encoding="utf-8", newline="") as content:
            rows = list(csv.DictReader(content))
        assert list(rows[0]) == [
            *("path", "error", "labels", "label", "probability", "label_2", "probability_2"),
            *("unknown", "unknown_score"),
        ]
        assert [row["labels"] for row in rows] == [cell] * 8
        assert {row["label"] for row in rows} == {"blue", "red"}


def test_inspect_shows_the_task_and_the_threshold_of_each_label(multi_label_run, run_tlx):
    card = tlx.Classifier(multi_label_run / "model.onnx").card
    pairs = zip(card.labels, card.thresholds, strict=True)
    expected = f"thresholds     {', '.join(f'{label} {value:.4g}' for label, value in pairs)}"
    for name in ("best.pt", "model.onnx", "model.ts"):
        lines = run_tlx("inspect", multi_label_run / name).out.splitlines()
        assert "task           multi-label" in lines
        assert expected in lines
    assert any("same labels 100.00%" in line for line in lines)
    (found,) = run_tlx("inspect", multi_label_run / "model.onnx", "--json").json
    assert found["card"]["thresholds"] == list(card.thresholds)


def test_inspect_says_where_thresholds_were_not_tuned(model, run_tlx, tmp_path):
    path = tmp_path / "plain.onnx"
    path.write_bytes(model.read_bytes())
    rewrite_onnx_card(path, replace(tlx.Classifier(model).card, thresholds=None))
    assert "thresholds     0.5 for every label, not tuned" in run_tlx("inspect", path).out


def test_inspect_has_no_thresholds_for_single_labels(model_file, run_tlx):
    assert "thresholds" not in run_tlx("inspect", model_file).out
