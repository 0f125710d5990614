"""Studies of tiny trainings, and results made up for what is computed from them."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tlx.studies import compare
from tlx.studies.cell_result import CellResult, CurvePoint, HeldOutScore
from tlx.studies.compare import StudyResult
from tlx.studies.grid import Grid, build_grid, read_variations
from tlx.studies.latency import Latency
from tlx.studies.study_folder import Study
from tlx.training import recording
from tlx.training.config import TrainingConfig


@pytest.fixture(scope="session", autouse=True)
def _quick_networks(narrow_networks: None) -> None:
    """Build narrow networks."""


@pytest.fixture(scope="session")
def make_grid() -> Callable[..., Grid]:
    """Give the function that makes a grid of what `--vary` would be given."""

    def make(*vary: str, data: Path = Path("photos"), seeds: int = 1, **options: object) -> Grid:
        return build_grid(partial(TrainingConfig, data, **options), read_variations(vary), seeds)

    return make


@pytest.fixture
def small(write_pictures, tmp_path) -> Path:
    """Three labels with 3 pictures for training, 2 for validation and 2 for test each."""
    for seed, (split, count) in enumerate({"train": 3, "val": 2, "test": 2}.items()):
        write_pictures(tmp_path / "small" / split, count, seed)
    return tmp_path / "small"


@pytest.fixture
def quick_cells(monkeypatch) -> None:
    """Really train, but save drawing, waiting for the disk, export and scoring."""

    def exported(run: Path, **_: object):
        (run / "model.onnx").write_bytes(b"onnx")
        yield "exported"

    def scored(_classifier: object, samples: list):
        yield "scored"
        return type("Report", (), {"accuracy": 0.5, "loss": 1.5, "pictures": len(samples)})

    monkeypatch.setattr(os, "fsync", lambda _number: None)
    monkeypatch.setattr(recording, "draw_curves", lambda _curves, _best, path: Path(path).touch())
    monkeypatch.setattr(recording, "draw_pictures", lambda _i, _labels, path: Path(path).touch())
    monkeypatch.setattr(compare, "export_events", exported)
    monkeypatch.setattr(compare, "Classifier", lambda model, **_: model)
    monkeypatch.setattr(compare, "evaluate", scored)
    monkeypatch.setattr(compare, "measure_latency", lambda _model: Latency(2.5, 10, 1))


MakeResult = Callable[..., CellResult]


@pytest.fixture(scope="session")
def make_result() -> MakeResult:
    """Give the function that makes a result whose epochs take `epoch_seconds` each."""

    def make(
        cell: str,
        seed: int = 0,
        scores: tuple[float, ...] = (0.5,),
        test: float | None = 0.5,
        epoch_seconds: float = 1.0,
        pictures: int = 1000,
    ) -> CellResult:
        curve = tuple(
            CurvePoint(epoch_seconds * epoch, score, 1 - score)
            for epoch, score in enumerate(scores, 1)
        )
        return CellResult(
            cell=cell,
            seed=seed,
            metric="accuracy",
            best_epoch=scores.index(max(scores)) + 1,
            validation=max(scores),
            validation_loss=0.25,
            validation_pictures=pictures,
            test=None if test is None else HeldOutScore(test, 0.5, pictures),
            parameters=1000,
            trainable=100,
            curve=curve,
            file_bytes=2_000_000,
            latency_ms=4.0 + seed,
            latency_threads=2,
            device="cpu",
            fingerprint="f",
        )

    return make


@pytest.fixture
def make_study(make_grid, make_result) -> Callable[..., StudyResult]:
    """Give the function that makes a study's end of a grid and scores by cell: a list a seed."""

    def make(vary: list[str], tests: dict[str, list[float]], **changes: object) -> StudyResult:
        seeds = max(map(len, tests.values()))
        grid = make_grid(*vary, seeds=seeds)
        results = [
            make_result(name, seed, scores=(score,), test=score, **changes)
            for name, scores in tests.items()
            for seed, score in enumerate(scores)
        ]
        return StudyResult(Study(Path("study"), grid), tuple(results), ())

    return make
