"""Signals: an end that was asked for keeps what is done, leaves no rest and no traceback."""

import os
import signal
import sys
import time

import pytest

from tlx.cli.interruption import Interruption, Terminated, terminating
from tlx.training.checkpoint import load_checkpoint

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGTERM")
LONG = ["--weights", "none", "--imgsz", 32, "--batch", 8, "--epochs", 500]


@pytest.fixture(autouse=True)
def _as_from_a_shell():
    names = ("SIGINT", "SIGTERM", "SIGCHLD")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@posix
def test_sigterm_is_raised_and_given_back():
    with pytest.raises(Terminated), terminating():
        _terminate()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@posix
def test_in_a_training_sigterm_waits_for_the_end_of_a_step_and_a_second_one_does_not():
    with terminating(), Interruption() as interruption:
        _terminate()
        with pytest.raises(Terminated):
            interruption.check()
        with pytest.raises(Terminated):
            _terminate()


@posix
def test_where_sigterm_is_ignored_it_stays_ignored():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with terminating(), Interruption() as interruption:
        _terminate()
        interruption.check()


@posix
def test_a_table_is_not_there_in_part_when_its_command_is_terminated(
    run_safely, model_file, split_folder, tmp_path, monkeypatch
):
    from tlx.cli import classify

    def stop(*_arguments: object) -> None:
        _terminate()

    monkeypatch.setattr(classify, "show_outcome", stop)
    arguments = ("classify", model_file, split_folder / "test", "--csv", tmp_path / "a.csv")
    ran = run_safely(*arguments, codes=(143,))
    assert ran.err == "tlx: terminated\n"
    assert list(tmp_path.glob("*")) == []


@posix
@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_training_that_is_terminated_keeps_its_last_checkpoint(
    starter, few_pictures, tmp_path, assert_whole, unfinished_files, wait_for, workers
):
    run = tmp_path / "run"
    process = starter.start("train", few_pictures, "--out", run, *LONG, "-j", workers)
    wait_for(lambda: "\n2/500 " in starter.out.read_text())
    os.killpg(process, signal.SIGTERM)  # as systemd and Docker do: its workers too
    assert starter.ended() == 143
    assert starter.err.read_text() == "tlx: terminated\n"
    assert starter.out.read_text().splitlines()[-1] == f"to go on: tlx train --resume {run}"
    assert load_checkpoint(run / "last.pt").epoch >= 2
    assert assert_whole(run)
    assert unfinished_files(run) == []


@posix
@pytest.mark.slow
def test_a_second_interruption_ends_a_training_at_once_without_a_traceback(
    starter, few_pictures, tmp_path, assert_whole, wait_for
):
    run = tmp_path / "run"
    process = starter.start("train", few_pictures, "--out", run, *LONG, "-j", 2)
    wait_for(lambda: "\n2/500 " in starter.out.read_text())
    for _ in range(2):
        os.killpg(process, signal.SIGINT)
        time.sleep(0.02)
    assert starter.ended() == 130
    assert starter.err.read_text() == "tlx: interrupted\n"
    assert assert_whole(run)


@posix
@pytest.mark.slow
def test_a_study_and_an_export_that_are_terminated_leave_whole_files(
    starter, few_pictures, finished_run, tmp_path, assert_whole, unfinished_files, wait_for
):
    study = tmp_path / "study"
    vary = ["--vary", "lr=0.01,0.02", "--out", study, "-j", 0]
    process = starter.start("compare", few_pictures, *LONG, *vary)
    wait_for(lambda: bool([*study.glob("cells/*/*/last.pt")]))
    os.kill(process, signal.SIGTERM)
    assert starter.ended() == 143
    assert starter.err.read_text() == "tlx: terminated\n"
    assert "to go on: tlx compare" in starter.out.read_text()
    assert assert_whole(study)
    files = tmp_path / "files"
    process = starter.start("export", finished_run, "--out", files, "--legacy-exporter")
    wait_for(lambda: bool([*files.glob(".export.*.partial/*")]))
    os.kill(process, signal.SIGTERM)
    assert starter.ended() == 143
    assert not files.exists()
    assert unfinished_files(tmp_path) == []
