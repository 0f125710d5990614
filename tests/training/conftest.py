"""Trainings whose subject is not what they draw."""

import os
from pathlib import Path

import pytest

from tlx.training import recording


@pytest.fixture
def quick_runs(monkeypatch) -> None:
    """Save the seconds of drawing and of waiting for the disk; the files are there all the same."""
    monkeypatch.setattr(os, "fsync", lambda _number: None)
    monkeypatch.setattr(recording, "draw_curves", lambda _curves, _best, path: Path(path).touch())
    monkeypatch.setattr(recording, "draw_pictures", lambda _i, _labels, path: Path(path).touch())
