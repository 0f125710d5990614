"""Export: written, verified, reopened, hashed, and only then given its name."""

import csv
import hashlib
import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

import tlx
from tlx.errors import CheckpointError, DataError, UsageError, VerificationError
from tlx.evaluation.report import score
from tlx.export import publish
from tlx.export.condition import other_conditions
from tlx.export.delivery import deliver
from tlx.export.events import Verified, Writing
from tlx.export.files import FORMATS
from tlx.export.options import ExportOptions
from tlx.export.pictures import VerificationPictures
from tlx.export.publish import export_events
from tlx.export.record import ExportedFile
from tlx.export.reference import ComparisonProgress, compute_reference
from tlx.export.unknown_fit import RuleFitted
from tlx.samples.folders import label_folders

LIGHT = {"best.pt", "config.json", "split.csv"}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _break_weights(graph) -> None:
    for tensor in graph.initializer:
        if tensor.name == "normalise.mean":
            tensor.raw_data = bytes(len(tensor.raw_data))


def test_an_exported_run_has_two_files_and_their_record(model_file):
    names = _names(model_file.parent)
    assert {"model.onnx", "model.ts", "verification.json"} <= names
    assert not any(name.endswith(".partial") for name in names)


def test_the_record_holds_the_hashes_of_the_files(model_file):
    folder = model_file.parent
    content = json.loads((folder / "verification.json").read_text(encoding="utf-8"))
    assert [row["path"] for row in content["files"]] == ["model.onnx", "model.ts"]
    for row in content["files"]:
        assert row["sha256"] == hashlib.sha256((folder / row["path"]).read_bytes()).hexdigest()
        assert (row["verified"], row["pictures"], row["agreement"]) == (True, 64, 1)
        assert 0 <= row["max_probability_difference"] < 1e-4
        best = hashlib.sha256((folder / "best.pt").read_bytes()).hexdigest()
        assert row["checkpoint_sha256"] == best


def test_the_best_epochs_validation_numbers_are_those_of_the_file(model_file, split_folder):
    with (model_file.parent / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    best = [row for row in rows if row["best"] == "True"][-1]
    samples = label_folders(split_folder / "val")
    classifier = tlx.Classifier(model_file)
    outcomes = list(classifier.classify_files(sample.path for sample in samples))
    report = score("model.onnx", classifier.card.labels, samples, outcomes, seconds=1.0)
    assert report.pictures == 30
    assert report.accuracy == float(best["validation_accuracy"])
    assert report.loss == pytest.approx(float(best["validation_loss"]), abs=1e-3)
    card = {result.metric: result.value for result in classifier.card.results}
    assert report.accuracy == card["accuracy"]
    assert report.loss == pytest.approx(card["loss"], abs=1e-3)


def test_what_happens_is_told_in_order(plant_graph, light_run, monkeypatch):
    plant_graph()
    monkeypatch.setattr(publish, "compute_reference", compute_reference)
    chosen, rule, *events, last = export_events(light_run)
    assert isinstance(chosen, VerificationPictures)
    assert isinstance(rule, RuleFitted)
    told = [e.side if isinstance(e, ComparisonProgress) else type(e) for e in events]
    conditions = [f"onnx ({condition})" for condition in other_conditions(runtime=True)]
    assert list(dict.fromkeys(told)) == ["checkpoint", Writing, "onnx", *conditions, Verified]
    assert [told.count(side) for side in ("checkpoint", "onnx")] == [2, 2]
    assert (events[2].name, events[-1].name) == ("model.onnx", "model.onnx")
    assert isinstance(last, ExportedFile)
    assert last.sha256 == hashlib.sha256(last.path.read_bytes()).hexdigest()


def test_a_file_gets_its_name_after_everything_else(plant_graph, light_run):
    plant_graph()
    for event in export_events(light_run):
        partial = {name for name in _names(light_run) if name.endswith(".partial")}
        if isinstance(event, Writing):
            assert partial == {f".export.{os.getpid()}.partial"}
        assert (light_run / "model.onnx").exists() == isinstance(event, ExportedFile)
        assert (light_run / "verification.json").exists() == isinstance(event, ExportedFile)
    assert _names(light_run) == {*LIGHT, "model.onnx", "verification.json"}


@pytest.mark.parametrize("until", [Writing, ComparisonProgress, Verified])
def test_an_export_that_is_broken_off_leaves_nothing(plant_graph, light_run, until):
    plant_graph()
    events = export_events(light_run)
    next(event for event in events if isinstance(event, until))
    events.close()
    assert _names(light_run) == LIGHT


def test_a_second_export_replaces_the_first(plant_graph, light_run):
    plant_graph()
    tlx.export(light_run)
    first = (light_run / "model.onnx").stat().st_mtime_ns
    tlx.export(light_run)
    assert (light_run / "model.onnx").stat().st_mtime_ns > first


def test_a_file_of_an_earlier_export_goes_when_the_next_one_fails_and_others_are_made_anew(
    plant_graph, exported_run, monkeypatch
):
    before = _names(exported_run)
    assert {"model.onnx", "model.ts", "verification.json"} <= before
    script = (exported_run / "model.ts").stat().st_mtime_ns
    plant_graph(_break_weights)
    monkeypatch.setattr(publish, "FORMATS", (*publish.FORMATS, FORMATS[1]))
    with pytest.raises(VerificationError, match=r"^model\.onnx does not answer"):
        tlx.export(exported_run)
    assert _names(exported_run) == before - {"model.onnx"}
    assert (exported_run / "model.ts").stat().st_mtime_ns > script
    content = json.loads((exported_run / "verification.json").read_text(encoding="utf-8"))
    assert [row["path"] for row in content["files"]] == ["model.ts"]


def test_a_second_format_that_fails_leaves_the_first_with_its_record(
    plant_graph, light_run, monkeypatch
):
    plant_graph()

    def write(network, card, path, options) -> None:
        network.normalise.mean.zero_()
        FORMATS[1].write(network, card, path, options)

    faulty = (publish.FORMATS[0], replace(FORMATS[1], write=write))
    monkeypatch.setattr(publish, "FORMATS", faulty)
    with pytest.raises(VerificationError, match=r"model\.ts does not answer"):
        tlx.export(light_run)
    assert _names(light_run) == {*LIGHT, "model.onnx", "verification.json"}
    content = json.loads((light_run / "verification.json").read_text(encoding="utf-8"))
    assert [row["path"] for row in content["files"]] == ["model.onnx"]


def _delivering(folder: Path, **options: object) -> ExportOptions:
    return ExportOptions(bundle=folder / "out.zip", triton=folder / "served", **options)


def test_a_good_onnx_file_is_delivered_though_another_format_is_refused(
    plant_graph, light_run, monkeypatch, tmp_path
):
    plant_graph()

    def write(network, card, path, options) -> None:
        network.normalise.mean.zero_()
        FORMATS[1].write(network, card, path, options)

    faulty = (publish.FORMATS[0], replace(FORMATS[1], write=write))
    monkeypatch.setattr(publish, "FORMATS", faulty)
    with pytest.raises(VerificationError, match=r"model\.ts does not answer"):
        tlx.export(light_run, options=_delivering(tmp_path))
    served = tmp_path / "served" / "light" / "1" / "model.onnx"
    assert served.read_bytes() == (light_run / "model.onnx").read_bytes()
    with zipfile.ZipFile(tmp_path / "out.zip") as bundle:
        assert bundle.read("model.onnx") == served.read_bytes()


def test_what_was_made_of_an_earlier_file_goes_when_the_next_one_is_refused(
    plant_graph, light_run, tmp_path
):
    options = _delivering(tmp_path, formats=("onnx",), legacy_exporter=True)
    plant_graph()
    tlx.export(light_run, options=options)
    other = Path(shutil.copytree(tmp_path / "served" / "light", tmp_path / "served" / "other"))
    assert (tmp_path / "out.zip").exists()
    plant_graph(_break_weights)
    with pytest.raises(VerificationError, match=r"^model\.onnx does not answer"):
        tlx.export(light_run, options=options)
    assert not (tmp_path / "out.zip").exists()
    assert [*(tmp_path / "served").iterdir()] == [other]


def test_of_several_smaller_files_the_smallest_is_delivered(
    plant_graph, light_run, split_folder, tmp_path
):
    plant_graph()
    (file,) = tlx.export(light_run)
    int8, fp16 = (light_run / f"model.{kind}.onnx" for kind in ("int8", "fp16"))
    shutil.copy(file.path, int8)
    model = onnx.load(file.path)
    model.doc_string = "larger"
    onnx.save(model, fp16)
    published = [file, *(replace(file, path=path) for path in (int8, fp16))]
    options = _delivering(tmp_path, quantize=("int8", "fp16"))
    pictures = sorted((split_folder / "val").glob("*/*.jpg"))
    bundle, model = deliver(options, [file.path, int8, fp16], published, pictures)
    assert "model.int8.onnx" in bundle.files
    assert model.name == "light_int8"


def test_a_writer_that_crashes_leaves_nothing(plant_graph, light_run):
    def crash(_graph) -> None:
        raise RuntimeError("planted")

    plant_graph(crash)
    with pytest.raises(VerificationError, match="onnx cannot be written by torch: planted"):
        tlx.export(light_run)
    assert _names(light_run) == LIGHT


def test_another_folder_takes_the_files_and_the_run_stays_as_it_is(
    plant_graph, light_run, tmp_path
):
    plant_graph()
    (file,) = tlx.export(str(light_run), out=str(tmp_path / "out"))
    assert file.path == tmp_path / "out" / "model.onnx"
    assert _names(tmp_path / "out") == {"model.onnx", "verification.json"}
    assert _names(light_run) == LIGHT


def test_someone_elses_model_is_refused_and_stays(plant_graph, light_run, tmp_path):
    plant_graph()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.onnx").write_bytes(b"mine")
    with pytest.raises(UsageError, match="choose another --out"):
        tlx.export(light_run, out=tmp_path / "out")
    assert (tmp_path / "out" / "model.onnx").read_bytes() == b"mine"
    assert _names(tmp_path / "out") == {"model.onnx"}


def test_pictures_that_have_moved_are_found_where_the_user_says(
    plant_graph, light_run, split_folder, tmp_path
):
    plant_graph()
    shutil.copytree(split_folder, tmp_path / "moved")
    config = json.loads((light_run / "config.json").read_text(encoding="utf-8"))
    (light_run / "config.json").write_text(json.dumps(config | {"data": str(tmp_path / "gone")}))
    with pytest.raises(DataError, match=r"is gone.*give their folder with --data"):
        tlx.export(light_run)
    (file,) = tlx.export(light_run, data=tmp_path / "moved")
    assert file.verified


@pytest.fixture
def own_pictures(split_folder, tmp_path) -> Path:
    return Path(shutil.copytree(split_folder, tmp_path / "pictures"))


def test_a_verification_picture_that_is_gone_is_named_before_anything_is_removed(
    exported_run, own_pictures
):
    (own_pictures / "val" / "red" / "004.jpg").unlink()
    before = _names(exported_run)
    with pytest.raises(DataError, match=r"red.004\.jpg is gone, and the export is verified on it"):
        tlx.export(exported_run, data=own_pictures)
    assert _names(exported_run) == before


def test_a_verification_picture_that_was_damaged_since_is_named(light_run, own_pictures):
    (own_pictures / "val" / "red" / "004.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"red.004\.jpg cannot be read any more"):
        tlx.export(light_run, data=own_pictures)
    assert _names(light_run) == LIGHT


@pytest.mark.parametrize("missing", ["best.pt", "config.json"])
def test_a_folder_that_is_no_run_is_refused(light_run, missing):
    (light_run / missing).unlink()
    with pytest.raises(CheckpointError):
        tlx.export(light_run)
    assert _names(light_run) == LIGHT - {missing}


@pytest.mark.slow
def test_a_deeper_network_is_exported_without_a_word(split_folder, tmp_path, capfd):
    run = tmp_path / "run"
    tlx.train(
        split_folder, out=run, model="resnet50", weights="none", epochs=1, imgsz=32, batch=16,
        workers=0,
    )  # fmt: skip
    files = tlx.export(run)
    assert [file.format for file in files] == ["onnx", "torchscript"]
    assert all(file.verified and file.agreement == 1 for file in files)
    session = tlx.Classifier(run / "model.onnx").session
    assert {spec.name: spec.shape for spec in session.outputs}["features"] == ("N", 2048)
    assert capfd.readouterr() == ("", "")
