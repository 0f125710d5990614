"""`compare.png`: every cell in it, whatever the cells are called and however many."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlx.studies.comparison_plot import draw_comparison
from tlx.studies.comparison_table import build_table


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("count", [2, 12, 25])
def test_cells_are_drawn_however_many(make_study, tmp_path, count):
    values = [f"0.{index + 10}" for index in range(count)]
    tests = {f"dropout={value}": [0.5, float(value)] for value in values}
    draw_comparison(build_table(make_study([f"dropout={','.join(values)}"], tests)), tmp_path / "p")
    assert pixels(tmp_path / "p").shape[1] == 1650
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_the_picture_shows_the_scores(make_study, tmp_path):
    for name, score in {"low": 0.2, "high": 0.9}.items():
        study = make_study(["dropout=0,0.5"], {"dropout=0": [0.5], "dropout=0.5": [score]})
        draw_comparison(build_table(study), tmp_path / name)
    assert (pixels(tmp_path / "low") != pixels(tmp_path / "high")).any()


def test_names_of_any_spelling_are_drawn_without_a_warning(make_study, tmp_path):
    grid = "weights=$x^2$.pth,帽子.pth"
    study = make_study([grid], {"weights=": [0.5]})
    first = study.study.grid.cells[0].name
    study = make_study([grid], {first: [0.5]})
    draw_comparison(build_table(study), tmp_path / "p")
    assert pixels(tmp_path / "p").std() > 0


def test_times_far_apart_are_drawn_on_a_logarithmic_axis(make_study, make_result, tmp_path):
    from dataclasses import replace

    study = make_study(["dropout=0,0.5"], {"dropout=0": [0.5], "dropout=0.5": [0.5]})
    results = (
        make_result("dropout=0", scores=(0.1, 0.2), epoch_seconds=1),
        make_result("dropout=0.5", scores=(0.1, 0.2), epoch_seconds=100),
    )
    draw_comparison(build_table(replace(study, results=results)), tmp_path / "p")
    assert pixels(tmp_path / "p").std() > 0
