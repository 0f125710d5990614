"""`tlx eval A B`: two files on the same pictures, their rows, files and refusals."""

import csv
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

import tlx
from tlx.inference.whole_file import file_digest

COMPARISON = {
    "task": str,
    "models": list,
    "pictures": int,
    "failures": int,
    "verdict": str,
    "difference": dict,
    "mcnemar_p": float,
    "counts": dict,
    "agreement": float,
    "per_label": dict,
    "disagreements": list,
    "unreadable": list,
    "notes": list,
    "split": type(None),
    "error": type(None),
    "data": str,
    "date": str,
    "tlx": str,
}
DIFFERENCE = ["metric", "value", "interval", "better", "pictures_to_tell"]
RECALL = ["support", "first_recall", "second_recall", "difference", "interval"]


@pytest.fixture(scope="module")
def models(journey, alter_model, tmp_path_factory):
    """Two files: the second has its labels in another order and says red more often."""
    folder = tmp_path_factory.mktemp("models")
    first = journey.run / "model.onnx"
    labels = ("red", "green", "blue")
    return first, alter_model(first, folder / "redder.onnx", labels, bias={"red": 6.0})


@pytest.fixture(scope="module")
def on_test(models, journey, run_tlx):
    return run_tlx("eval", *models, journey.data / "test", "--json")


@pytest.fixture(scope="module")
def alone(models, journey, run_tlx):
    return [run_tlx("eval", one, journey.data / "test", "--json").json[0] for one in models]


def test_json_is_one_object_as_documented(on_test):
    assert on_test.code == 0
    (found,) = on_test.json
    assert {name: type(value) for name, value in found.items()} == COMPARISON
    assert list(found["difference"]) == DIFFERENCE
    assert all(list(row)[:5] == RECALL for row in found["per_label"].values())
    assert (found["pictures"], found["failures"], found["notes"]) == (30, 0, [])
    digests = [file_digest(Path(row["path"])) for row in found["models"]]
    assert [row["model_sha256"] for row in found["models"]] == digests
    assert (found["tlx"], found["date"]) == (tlx.__version__, date.today().isoformat())


def test_each_file_has_the_numbers_that_it_has_alone(on_test, alone, models):
    (found,) = on_test.json
    assert [model["path"] for model in found["models"]] == [str(path) for path in models]
    for model, report in zip(found["models"], alone, strict=True):
        assert model["accuracy"] == report["accuracy"]
        assert model["labels"] == report["labels"]
        for name in ("loss", "calibrated_loss", "brier_score"):
            assert model[name] == pytest.approx(report[name], abs=1e-4)
            assert model[f"{name}_interval"] == pytest.approx(report[f"{name}_interval"], abs=1e-3)
        error = report["calibration"]["expected_calibration_error"]
        assert model["expected_calibration_error"] == pytest.approx(error, abs=1e-4)
    assert found["models"][0]["labels"] != found["models"][1]["labels"]


def test_the_difference_is_that_of_the_accuracies_and_the_better_file_is_named(on_test, alone):
    (found,) = on_test.json
    value = alone[1]["accuracy"] - alone[0]["accuracy"]
    assert found["difference"]["value"] == pytest.approx(value)
    assert found["difference"]["better"] == "first"
    assert found["verdict"].startswith("A is better by ")
    counts = found["counts"]
    assert counts["only_first"] - counts["only_second"] == round(-value * 30) > 5
    assert found["mcnemar_p"] < 0.05
    assert set(next(iter(found["per_label"]))) <= set("bluegreen")


def test_the_pictures_on_which_they_differ_are_those_where_the_answers_do(on_test, models, journey):
    (found,) = on_test.json
    paths = sorted((journey.data / "test").glob("*/*.jpg"))
    said = [tlx.Classifier(model).classify_files(paths) for model in models]
    differing = {
        str(path): (a.prediction.label, b.prediction.label)
        for path, a, b in zip(paths, *said, strict=True)
        if a.prediction.label != b.prediction.label
    }
    rows = {row["path"]: row for row in found["disagreements"]}
    assert {
        path: (row["first"]["label"], row["second"]["label"]) for path, row in rows.items()
    } == (differing)
    assert found["agreement"] == pytest.approx(1 - len(differing) / 30)
    assert all(row["right"] == "first" for row in found["disagreements"])


def test_verdict_counts_table_and_first_differences_are_shown(models, journey, run_tlx, on_test):
    ran = run_tlx("eval", *models, journey.data / "test")
    assert (ran.code, ran.err) == (0, "")
    first, second, verdict, counts, same, *rest = ran.out.splitlines()
    assert first.startswith(f"A {models[0]}: accuracy 1.0000 (95% interval 0.")
    assert second.startswith(f"B {models[1]}: accuracy 0.")
    one = on_test.json[0]["models"][0]
    losses = f"loss {one['loss']:.4f}, calibrated loss {one['calibrated_loss']:.4f}"
    assert f", {losses}, calibration error " in first
    assert verdict == on_test.json[0]["verdict"]
    assert counts.startswith("right: both ")
    assert "McNemar's exact test p = " in counts
    assert same.startswith("the same answer for ")
    assert any("recall A" in line for line in rest)
    at = next(n for n, line in enumerate(rest) if line.startswith("they differ and A alone is"))
    assert rest[at].endswith(", the first 3")
    assert len([line for line in rest if line.startswith("  ") and " at " in line]) == 3
    assert "\x1b" not in ran.out


def test_out_gets_the_comparison_and_a_table_of_the_differences(
    models, journey, run_tlx, tmp_path, on_test
):
    out = tmp_path / "new"
    ran = run_tlx("eval", *models, journey.data / "test", "--json", "--out", out)
    assert json.loads((out / "comparison.json").read_text()) == ran.json[0]
    with (out / "differences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["path"], row["second"], row["right"]) for row in rows] == [
        (row["path"], row["second"]["label"], row["right"])
        for row in on_test.json[0]["disagreements"]
    ]
    again = run_tlx("eval", *models, journey.data / "test", "--out", out)
    assert again.code == 0
    (out / "differences.csv").write_text("mine")
    assert "was not written by tlx" in (
        run_tlx("eval", *models, journey.data / "test", "--out", out).error
    )


def test_a_file_compared_with_itself_is_not_told_apart(models, journey, run_tlx):
    (found,) = run_tlx("eval", models[0], models[0], journey.data / "test", "--json").json
    assert found["verdict"].startswith("not told apart on 30 pictures: equal accuracy")
    assert (found["mcnemar_p"], found["agreement"], found["disagreements"]) == (1.0, 1.0, [])
    assert found["difference"]["pictures_to_tell"] is None


def test_bad_pictures_are_rows_of_both_and_end_with_1(
    models, journey, run_tlx, write_bad_pictures, tmp_path
):
    copied = shutil.copytree(journey.data / "test", tmp_path / "test")
    bad = write_bad_pictures(copied / "green", copied / "green" / "000.jpg")
    ran = run_tlx("eval", *models, copied, "--json")
    assert ran.code == 1
    (found,) = ran.json
    assert (found["pictures"], found["failures"], found["error"]) == (30, 3, None)
    assert [row["path"] for row in found["unreadable"]] == [str(path) for path in bad]
    assert "not scored, because they cannot be read: 3" in ran.err


def test_a_runs_split_csv_names_the_pictures_and_what_they_are_worth(models, journey, run_tlx):
    rows = ["--labels", journey.run / "split.csv", "--root", journey.data, "--split", "validation"]
    (found,) = run_tlx("eval", *models, *rows, "--json").json
    assert (found["pictures"], found["split"]) == (33, "validation")
    assert found["notes"] == [  # B lies in no run folder
        "A: 33 of 33 are this run's validation pictures, which chose the epoch: that flatters",
        "B: these are validation pictures of a run, which chose the epoch: that flatters",
    ]


def test_files_of_the_multi_label_task_are_compared_too(
    multi_label_run, alter_model, run_tlx, tmp_path
):
    first, data = multi_label_run / "model.onnx", multi_label_run.parent / "data"
    turned = ("red", "blue", "green")
    second = alter_model(first, tmp_path / "b.onnx", turned, bias={"red": 4.0})
    out = tmp_path / "out"
    ran = run_tlx("eval", first, second, "--labels", data / "truth.csv", "--json", "--out", out)
    assert ran.code == 0
    (found,) = ran.json
    assert found["task"] == "multi-label"
    assert found["difference"]["metric"] == "mean average precision"
    assert found["exact_match_difference"]["better"] == "first"
    assert list(next(iter(found["per_label"].values()))) == [
        *("support", "first_average_precision", "second_average_precision", "difference"),
    ]
    added = found["disagreements"][0]
    assert added["label"] == "red"
    assert set(added["second"]) == {*added["first"], "red"}
    assert "exact match: A is better by " in ran.err
    with (out / "differences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["second"] == "|".join(added["second"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("a.onnx b.onnx", "give the FOLDER of label folders after b.onnx, or --labels CSV"),
        ("a.onnx run/model.ts", "give the FOLDER of label folders after run/model.ts"),
        ("a.onnx b.onnx a.onnx", "two model files are compared, not three: a.onnx stands where"),
        ("a.onnx b.onnx a.onnx --labels x.csv", "not three: a.onnx is too many"),
        ("a.onnx b.onnx data --labels x.csv", "give either a FOLDER"),
        ("a.onnx b.onnx data data", "data is too many: two model files are compared, not more"),
        ("a.onnx b.onnx a.onnx data", "data is too many: two model files are compared, not more"),
        ("data a.onnx", "data is a folder; the model file stands first: tlx eval MODEL FOLDER"),
        ("a.onnx b.onnx nowhere", "nowhere does not exist"),
        ("a.onnx nowhere.onnx data", "nowhere.onnx: no such file"),
        ("a.onnx data data", "data is a folder; give the model file"),
        ("a.onnx run/model.ts data", "run/model.ts is a checkpoint, TorchScript or pt2 file"),
        ("a.onnx text.txt data", "text.txt cannot be opened as an ONNX file"),
        ("a.onnx b.onnx data --split test", "go with --labels; a FOLDER needs none"),
        ("a.onnx b.onnx data --topk 2", "--topk goes with one model file"),
        ("a.onnx b.onnx data --unknown data", "--unknown goes with one model file"),
        ("a.onnx b.onnx data --report r.html", "--report goes with one model file"),
        ("a.onnx b.onnx data --out text.txt", "--out text.txt is a file"),
        ("a.onnx several.onnx data", "only files of one task can be compared"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    models, multi_label_run, journey, run_tlx, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    links = {"a.onnx": models[0], "b.onnx": models[1], "run": journey.run}
    links |= {"data": journey.data / "test", "several.onnx": multi_label_run / "model.onnx"}
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    (tmp_path / "text.txt").write_text("a text\n")
    assert said in run_tlx("eval", *arguments.split()).error
