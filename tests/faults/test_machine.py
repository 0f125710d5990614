"""What the machine does to a training: a killed process, a lost GPU, a clock that jumps."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest
import torch

import tlx
from tlx.errors import StoppedError
from tlx.inference.events import finish
from tlx.training import recording
from tlx.training.batches import PictureDataset
from tlx.training.checkpoint import load_checkpoint
from tlx.training.learner import Learner
from tlx.training.train import resume_events

SMALL = {"weights": "none", "imgsz": 32, "batch": 8, "epochs": 3, "seed": 2, "amp": "none"}
WORDS = [f"{word}" for name, value in SMALL.items() for word in (f"--{name}", value)]


@pytest.fixture(autouse=True)
def _write_at_every_epoch(monkeypatch, narrow_networks):
    monkeypatch.setattr(recording, "PAUSE", 0)


@contextmanager
def _failing(step: int, error: Callable[[], None]) -> Iterator[None]:
    """Let the given step of a training fail, counted from 1; there are three an epoch."""
    learn, steps = Learner.learn, iter(range(1, 1000))

    def fail(learner: Learner, *arguments: object) -> object:
        if next(steps) == step:
            error()
        return learn(learner, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "learn", fail)
        yield


def _lose_gpu() -> None:
    raise torch.AcceleratorError(
        "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously "
        "reported at some other API call"
    )


def _run_out() -> None:
    raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried 9 bytes")


def test_a_gpu_that_is_lost_keeps_the_run_which_goes_on_to_the_same_end(
    run_safely, few_pictures, tmp_path
):
    whole, run = tmp_path / "whole", tmp_path / "run"
    with _failing(5, _lose_gpu):  # in the second epoch
        words = ["train", few_pictures, "--out", run, *map(str, WORDS), "-j", "0"]
        ran = run_safely(*words, codes=(2,))
    assert ran.err == (
        "tlx: the GPU has failed (CUDA error: unspecified launch failure); see to it, or go on "
        "with --device cpu\n"
    )
    assert ran.out.splitlines()[-1] == f"to go on: tlx train --resume {run}"
    assert load_checkpoint(run / "last.pt").epoch == 1
    resumed = finish(resume_events(run, device="cpu"))
    expected = tlx.train(few_pictures, out=whole, workers=0, **SMALL)
    losses = [[row.train_loss for row in result.history] for result in (resumed, expected)]
    assert losses[0] == losses[1]


def test_a_processor_without_memory_says_what_to_lower(few_pictures, tmp_path):
    with _failing(1, _run_out), pytest.raises(tlx.TlxError, match="ran out of memory; give a low"):
        tlx.train(few_pictures, out=tmp_path / "run", workers=0, **SMALL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_decoding_process_that_is_killed_ends_in_one_line_and_the_run_goes_on(
    few_pictures, tmp_path, monkeypatch
):
    ours, get = os.getpid(), PictureDataset.__getitem__

    def die(dataset: PictureDataset, index: tuple[int, int]) -> object:
        if os.getpid() != ours and index[0] == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return get(dataset, index)

    run = tmp_path / "run"
    options = {**SMALL, "cache": "none"}
    with monkeypatch.context() as patch:
        patch.setattr(PictureDataset, "__getitem__", die)
        with pytest.raises(StoppedError, match=r"process was killed.*fewer --workers"):
            tlx.train(few_pictures, out=run, workers=1, **options)
    assert load_checkpoint(run / "last.pt").epoch == 1
    assert len(finish(resume_events(run, workers=0)).history) == 3
    assert [path.name for path in run.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
def test_a_clock_that_jumps_changes_no_result_and_no_duration(
    run_safely, few_pictures, tmp_path, monkeypatch
):
    """Of the wall clock only dates are taken: there and back by years, nothing depends on it."""
    run, steady = tmp_path / "run", tmp_path / "steady"
    jumps = cycle((0.0, -9e8, 3e9, -1e9, 5e7))
    now = time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now() + next(jumps))
        result = tlx.train(few_pictures, out=run, workers=0, **SMALL)
        page = tmp_path / "page.html"
        tlx.export(run)
        words = ("eval", run / "model.onnx", few_pictures / "test", "--report", page)
        run_safely(*words, codes=(0,))
    expected = tlx.train(few_pictures, out=steady, workers=0, **SMALL)
    assert [row.train_loss for row in result.history] == [
        row.train_loss for row in expected.history
    ]
    assert all(0 < row.seconds < 60 for row in result.history)
