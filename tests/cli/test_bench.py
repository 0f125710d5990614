"""`tlx bench`: its JSON, what it shows, and what it refuses."""

import shutil

import onnx
import pytest
from onnx import numpy_helper

import tlx
from tlx.inference import timing
from tlx.studies import footprint, throughput
from tlx.studies.footprint import FreshRun

TIMING = ["p50_ms", "p95_ms", "p99_ms", "repeats"]
SETTING = ["threads", "batch", "pictures_per_second"]
QUICK = ("--seconds", "0.02", "--threads", "1")


@pytest.fixture(scope="module")
def other_model(model_file, tmp_path_factory):
    """The same network with a bias against its last label: some pictures get another label."""
    path = tmp_path_factory.mktemp("other") / "other.onnx"
    network = onnx.load(model_file)
    (bias,) = (row for row in network.graph.initializer if row.name.endswith("fc.bias"))
    values = numpy_helper.to_array(bias).copy()
    values[-1] -= 1000
    bias.CopyFrom(numpy_helper.from_array(values, bias.name))
    onnx.save(network, path)
    return path


@pytest.fixture
def no_processes(monkeypatch):
    """Save fresh processes, and most of the search, in tests that are about something else."""
    monkeypatch.setattr(timing, "REST", 0.0)
    monkeypatch.setattr(throughput, "BATCHES", (1, 4))
    monkeypatch.setattr(footprint, "classify_freshly", lambda *_: FreshRun(0.5, 10_000_000))


@pytest.fixture(scope="module")
def ran(model_file, other_model, split_folder, run_tlx):
    """Two files measured on test pictures, their cold starts by real processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(footprint, "COLD_STARTS", 1)
        patch.setattr(timing, "REST", 0.0)
        command = ("bench", model_file, other_model, "--data", split_folder / "test")
        return run_tlx(*command, *QUICK, "--json")


def test_json_is_one_object_with_the_documented_keys(ran, model_file, other_model):
    assert ran.code == 0
    (found,) = ran.json
    assert list(found) == [
        *("machine", "pictures", "pictures_found", "made_pictures", "seconds", "threads"),
        *("files", "against_first", "failures", "unreadable", "error"),
    ]
    assert list(found["machine"]) == [
        *("processor", "cores", "system", "python", "onnxruntime", "load_average")
    ]
    assert (found["pictures"], found["pictures_found"], found["made_pictures"]) == (30, 30, False)
    assert (found["seconds"], found["threads"], found["error"]) == (0.02, 1, None)
    assert (found["failures"], found["unreadable"]) == (0, [])
    assert [row["path"] for row in found["files"]] == [str(model_file), str(other_model)]
    assert [row["path"] for row in found["against_first"]] == [str(other_model)]


def test_each_file_has_every_figure(ran, model_file):
    for row in ran.json[0]["files"]:
        assert list(row) == [
            *("path", "size", "decode", "preprocess", "inference", "whole", "latency"),
            *("throughput", "tried", "load", "cold_start", "peak_memory"),
        ]
        for name in ("decode", "preprocess", "inference", "whole", "load"):
            assert list(row[name]) == TIMING
            assert row[name]["p50_ms"] <= row[name]["p95_ms"] <= row[name]["p99_ms"]
        assert list(row["latency"]) == [*TIMING, "threads"]
        assert list(row["throughput"]) == [*SETTING, "repeats"]
        assert row["throughput"]["repeats"] >= 9
        assert all(list(tried) == SETTING for tried in row["tried"])
        assert list(row["peak_memory"]) == ["one_bytes", "many_bytes", "many"]
        assert row["peak_memory"]["many"] == 30
    assert ran.json[0]["files"][0]["size"] == model_file.stat().st_size


def test_the_cold_start_is_that_of_a_process_that_was_really_run(ran):
    for row in ran.json[0]["files"]:
        cold, memory = row["cold_start"], row["peak_memory"]
        assert list(cold) == ["median_ms", "least_ms", "most_ms", "repeats"]
        assert cold["repeats"] == 1
        assert cold["median_ms"] == cold["least_ms"] == cold["most_ms"]
        assert cold["median_ms"] > row["load"]["p50_ms"]  # it loads the file, and Python first
        if memory["one_bytes"] is not None:
            assert memory["one_bytes"] > row["size"]


def test_agreement_is_what_a_count_by_hand_gives(ran, model_file, other_model, split_folder):
    pictures = sorted((split_folder / "test").glob("*/*.jpg"))
    one, two = tlx.Classifier(model_file), tlx.Classifier(other_model)
    same = sum(one.classify(path).label == two.classify(path).label for path in pictures)
    assert 0 < same < len(pictures)
    (row,) = ran.json[0]["against_first"]
    assert list(row) == [
        *("path", "agreement", "same_labels", "inference", "whole", "throughput", "size")
    ]
    assert (row["same_labels"], row["agreement"]) == (same, same / len(pictures))
    for name in ("inference", "whole", "throughput"):
        assert list(row[name]) == ["ratio", "low", "high"]
        assert 0 < row[name]["low"] <= row[name]["high"]


def test_the_table_is_on_stderr_with_json_and_names_files_and_figures(ran, model_file):
    for words in (
        *("processor  ", "decode", "preprocess", "whole path", "p99", "best throughput"),
        *("cold start of tlx classify", "peak memory", "30 of the 30 found", str(model_file)),
        *(
            "repeats: latency ",
            "cold start 1\n",
            "other.onnx against",
            "times as fast",
            "agreement",
            "same label on",
        ),
    ):
        assert words in ran.err


def test_made_pictures_are_said_to_be_made(model_file, run_tlx, no_processes):
    ran = run_tlx("bench", model_file, model_file, *QUICK)
    assert (ran.code, ran.err) == (0, "")
    assert "16 made by tlx (JPEG, 640 x 480); --data FOLDER takes your own" in ran.out
    assert "agreement        100.0%: same label on 16 of 16 pictures; of made pictures" in ran.out


def test_bad_pictures_are_left_out_and_named_and_end_with_1(
    model_file, split_folder, run_tlx, tmp_path, write_bad_pictures, no_processes
):
    good = shutil.copy(split_folder / "test" / "red" / "000.jpg", tmp_path / "good.jpg")
    bad = write_bad_pictures(tmp_path, good)
    ran = run_tlx("bench", model_file, "--data", tmp_path, *QUICK, "--json")
    assert ran.code == 1
    (found,) = ran.json
    assert (found["pictures"], found["failures"]) == (1, 3)
    assert [row["path"] for row in found["unreadable"]] == sorted(map(str, bad))
    assert "left out, because they cannot be read: 3" in ran.err
    for path in bad:
        assert f"  {path}: " in ran.err


def test_files_of_other_labels_are_measured_and_their_agreement_is_null(
    model_file, multi_label_run, split_folder, run_tlx, no_processes
):
    models = (model_file, multi_label_run / "model.onnx")
    ran = run_tlx("bench", *models, "--data", split_folder / "test", *QUICK, "--json")
    (row,) = ran.json[0]["against_first"]
    assert (row["agreement"], row["same_labels"]) == (None, None)
    assert row["inference"]["ratio"] > 0
    assert "the files do not have the same labels" in ran.err


@pytest.mark.parametrize("name", ["model.ts", "best.pt"])
def test_what_is_no_onnx_file_is_one_line(exported_run, model_file, run_tlx, name):
    for files in ([exported_run / name], [model_file, exported_run / name]):
        ran = run_tlx("bench", *files)
        assert f"{name} is a checkpoint, TorchScript or pt2 file" in ran.error


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Missing argument"),
        (("nowhere.onnx",), "nowhere.onnx: no such file"),
        (("MODEL", "--data", "nowhere"), "--data nowhere does not exist"),
        (("MODEL", "--seconds", "0"), "--seconds"),
        (("MODEL", "--seconds", "nan"), "--seconds"),
        (("MODEL", "--threads", "0"), "--threads"),
        (("MODEL", "--threads", "100000"), "--threads"),
    ],
)
def test_wrong_input_is_one_line(model_file, run_tlx, options, said):
    given = [model_file if word == "MODEL" else word for word in options]
    assert said in run_tlx("bench", *given).error
