"""What is measured in fresh processes: that they run, and that memory is that of the process."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tlx.errors import ModelFileError
from tlx.inference.events import finish
from tlx.studies import footprint, fresh_process
from tlx.studies.footprint import FreshRun, classify_freshly, measure_fresh_processes, time_loading

needs_wait4 = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak")
MEGA = 1_000_000


def measured(program: str) -> dict:
    starter = [sys.executable, "-I", "-S", fresh_process.__file__]
    done = subprocess.run(
        [*starter, sys.executable, "-c", program], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def test_the_command_is_really_run_and_its_exit_code_and_errors_are_told(tmp_path):
    path = tmp_path / "written"
    found = measured(f"open({str(path)!r}, 'w'); import sys; sys.stderr.write('no'); sys.exit(3)")
    assert path.exists()
    assert (found["code"], found["errors"]) == (3, "no")
    assert found["seconds"] > 0


@needs_wait4
def test_the_peak_is_the_largest_memory_even_if_it_was_freed():
    small, large = (measured(f"x = b'1' * {size}; del x") for size in (1, 200 * MEGA))
    assert 190 * MEGA < large["peak_bytes"] - small["peak_bytes"] < 250 * MEGA


@needs_wait4
def test_the_peak_is_not_that_of_the_process_that_measures(model_file, split_folder):
    picture = split_folder / "test" / "red" / "000.jpg"
    before = classify_freshly(model_file, [picture]).peak_bytes
    ballast = np.ones(80 * MEGA)  # 640 MB
    after = classify_freshly(model_file, [picture]).peak_bytes
    assert ballast[-1] == 1
    assert after < before + 100 * MEGA


def test_the_command_is_tlx_classify_with_the_file_and_the_pictures(monkeypatch, tmp_path):
    commands: list = []

    def run(command, **_options):
        commands.append(command)
        out = '{"seconds": 1.5, "peak_bytes": null, "code": 0, "errors": ""}'
        return subprocess.CompletedProcess(command, 0, out)

    monkeypatch.setattr(subprocess, "run", run)
    assert classify_freshly("m.onnx", ["a.jpg", "b.jpg"]) == FreshRun(1.5, None)
    ((*starter, m, tlx, classify, end, file, a, b),) = commands
    assert starter[-2:] == [fresh_process.__file__, sys.executable]
    assert (m, tlx, classify, end) == ("-m", "tlx", "classify", "--")
    assert (file, a, b) == ("m.onnx", "a.jpg", "b.jpg")


def test_a_command_that_fails_is_an_error_with_its_line(model_file, tmp_path):
    missing = tmp_path / "nowhere.onnx"
    with pytest.raises(
        ModelFileError, match=r"ended with 2 .*: tlx: .*nowhere\.onnx: no such file"
    ):
        classify_freshly(missing, ["a.jpg"])
    with pytest.raises(ModelFileError, match=r"model\.onnx: tlx classify ended with 1"):
        classify_freshly(model_file, [tmp_path / "nowhere.jpg"])


def test_the_first_start_does_not_count_and_files_take_turns(monkeypatch):
    runs: list = []

    def fake(model, pictures):
        runs.append((model, len(pictures)))
        return FreshRun(float(len(runs)), 100 * len(pictures) + len(runs))

    monkeypatch.setattr(footprint, "classify_freshly", fake)
    monkeypatch.setattr(footprint, "COLD_STARTS", 3)
    events: list = []
    a, b = finish(measure_fresh_processes(["a", "b"], list(range(40))), events.append)
    assert runs[:8] == [(model, 1) for model in "abbaabba"]
    assert runs[8:] == [("a", 32), ("b", 32)]
    assert (a.cold_start.least_ms, a.cold_start.median_ms, a.cold_start.most_ms) == (
        *(4000, 5000, 8000),
    )
    assert b.cold_start.repeats == 3
    assert (a.memory.one_bytes, a.memory.many_bytes, a.memory.many) == (108, 3209, 32)
    assert [(event.done, event.total) for event in events] == [(n, 5) for n in range(1, 6)]


def test_memory_that_the_system_does_not_tell_is_none(monkeypatch):
    monkeypatch.setattr(footprint, "classify_freshly", lambda *_: FreshRun(1.0, None))
    (found,) = finish(measure_fresh_processes(["a"], ["p"]))
    assert (found.memory.one_bytes, found.memory.many_bytes, found.memory.many) == (None, None, 1)


def test_loading_is_really_opening_the_file(model_file, tmp_path):
    (times,) = finish(time_loading([model_file], 1, 0.01))
    assert times.size >= footprint.FEWEST_LOADS
    assert times.min() > 0
    with pytest.raises(ModelFileError):
        finish(time_loading([tmp_path / "nowhere.onnx"], 1, 0.01))
