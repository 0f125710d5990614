"""A measurement as a whole: what it holds, and what ends it."""

import tempfile
from pathlib import Path

import pytest

from tlx.errors import DataError, ModelFileError
from tlx.inference import timing
from tlx.inference.events import finish
from tlx.studies import bench, footprint, throughput
from tlx.studies.bench import bench_events
from tlx.studies.footprint import FreshRun


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Save large batches, rests, and processes: tests/studies/test_footprint.py starts some."""
    monkeypatch.setattr(timing, "REST", 0.0)
    monkeypatch.setattr(throughput, "BATCHES", (1, 4))
    monkeypatch.setattr(footprint, "classify_freshly", lambda *_: FreshRun(1.0, 100))


def test_a_file_against_itself_agrees_on_every_picture(model_file, split_folder):
    events: list = []
    models = [model_file, model_file]
    result = finish(bench_events(models, split_folder / "test", 1, 0.02), events.append)
    (row,) = result.against_first
    assert (row.agreement.same, row.agreement.pictures) == (30, 30)
    assert row.size == 1
    figures = list(dict.fromkeys(event.figure for event in events))
    assert figures[:2] == ["labels", "path of a picture"]
    assert figures[-4:] == ["latency", "throughput", "load time", "cold start"]
    assert all(0 < event.done <= event.total for event in events)
    ends = {event.figure for event in events if event.done == event.total}
    assert ends == set(figures)


def test_every_figure_is_there_for_each_file_and_percentiles_rise(model_file, split_folder):
    result = finish(bench_events([model_file], split_folder / "test", 1, 0.02))
    (file,) = result.files
    assert (file.path, file.size_bytes) == (model_file, model_file.stat().st_size)
    assert list(file.path_of_picture) == ["decode", "preprocess", "inference", "whole"]
    timings = [*file.path_of_picture.values(), file.latency.timing, file.load]
    for found in timings:
        assert 0 < found.p50_ms <= found.p95_ms <= found.p99_ms
    assert all(found.repeats >= 30 for found in timings[:-1])
    assert {setting.threads for setting in file.tried} == {1}
    assert file.throughput.pictures_per_second > 0
    assert result.against_first == ()


def test_files_of_a_measurement_get_equally_many_repeats(model_file, split_folder):
    models = [model_file] * 3
    result = finish(bench_events(models, split_folder / "test", 1, 0.05))
    assert len({file.path_of_picture["whole"].repeats for file in result.files}) == 1
    assert len({file.load.repeats for file in result.files}) == 1


def test_threads_are_searched_unless_they_are_given(model_file, split_folder, monkeypatch):
    monkeypatch.setattr(bench, "available_cores", lambda: 2)
    (searched,) = finish(bench_events([model_file], split_folder / "test", None, 0.01)).files
    assert {setting.threads for setting in searched.tried} == {1, 2}
    (fixed,) = finish(bench_events([model_file], split_folder / "test", 2, 0.01)).files
    assert {setting.threads for setting in fixed.tried} == {2}
    assert (fixed.latency.threads, fixed.throughput.threads) == (2, 2)


def test_without_a_folder_pictures_are_made_and_removed(model_file, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list = []
    monkeypatch.setattr(
        footprint,
        "classify_freshly",
        lambda _model, pictures: seen.append(pictures[0].exists()) or FreshRun(1.0, 100),
    )
    result = finish(bench_events([model_file], None, 1, 0.01))
    assert (result.pictures.made, len(result.pictures.paths)) == (True, 16)
    assert seen and all(seen)
    assert list(tmp_path.iterdir()) == []


def test_bad_pictures_are_left_out_and_named(model_file, split_folder, tmp_path):
    good = split_folder / "test" / "red" / "000.jpg"
    (tmp_path / "good.jpg").write_bytes(good.read_bytes())
    (tmp_path / "empty.jpg").touch()
    result = finish(bench_events([model_file, model_file], tmp_path, 1, 0.01))
    assert [(row.path, row.reason) for row in result.unreadable] == [
        (tmp_path / "empty.jpg", "empty file (0 bytes)")
    ]
    assert result.against_first[0].agreement.pictures == 1
    (tmp_path / "good.jpg").unlink()
    with pytest.raises(DataError, match=r"no picture of .* can be read; the first one: empty file"):
        finish(bench_events([model_file], tmp_path, 1, 0.01))


def test_a_wrong_file_is_an_error_before_anything_is_measured(model_file, split_folder):
    events: list = []
    with pytest.raises(ModelFileError, match=r"nowhere\.onnx: no such file"):
        finish(bench_events([model_file, Path("nowhere.onnx")], split_folder, 1, 1), events.append)
    assert events == []


def test_multi_label_files_are_measured_too(multi_label_run):
    model = multi_label_run / "model.onnx"
    data = multi_label_run.parent / "data"
    (row,) = finish(bench_events([model, model], data, 1, 0.01)).against_first
    assert (row.agreement.same, row.agreement.pictures) == (48, 48)
