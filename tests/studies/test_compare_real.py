"""The claim that the study is for: on photographs pretrained weights win at equal time."""

import shutil
from pathlib import Path

import pytest

from tlx.inference.events import finish
from tlx.studies.compare import compare_events
from tlx.studies.comparison_table import build_table, scores_at
from tlx.studies.study_folder import open_study
from tlx.studies.summary import summarise

PICTURES = {"train": 20, "validation": 20, "test": 20}
"""How many of each label are taken."""


@pytest.fixture
def clothing(real_pictures, tmp_path) -> Path:
    """A part of the photographs of clothing, with its splits."""
    source = real_pictures / "clothing"
    if not source.is_dir():
        pytest.skip(f"{source} is not there")
    for split, count in PICTURES.items():
        for folder in sorted((source / split).iterdir()):
            target = tmp_path / "clothing" / split / folder.name
            target.mkdir(parents=True)
            for path in sorted(folder.iterdir())[:count]:
                shutil.copy(path, target)
    return tmp_path / "clothing"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pretrained_weights_beat_none_at_equal_time_frozen_and_fine_tuned(
    clothing, starter_weights, make_grid, tmp_path
):
    grid = make_grid(
        "freeze=backbone,none",
        f"weights={starter_weights},none",
        **{"data": clothing, "imgsz": 64, "epochs": 4, "batch": 16, "workers": 0, "lr": 0.005},
    )
    result = finish(compare_events(open_study(grid, tmp_path / "study", False)))
    assert result.failures == ()
    table = build_table(result)
    frozen, skipped, fine_tuned, nothing = table.rows
    assert "--weights none" in skipped.problem
    time_of_nothing = nothing.results[0].seconds
    for row in (frozen, fine_tuned):
        within = scores_at(row.results, time_of_nothing)
        assert within and within.mean > nothing.validation.mean + 0.1
    said = [
        line
        for line in summarise(grid.variations, table)
        if line.startswith("Pretrained weights (weights=resnet18-starter.pth, freeze=")
    ]
    assert len(said) == 2
    assert all("points better" in line for line in said)
