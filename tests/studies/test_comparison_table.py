"""The table: means, deviations and equal time, held against values computed by hand."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from tlx.studies.compare import CellFailed, StudyResult
from tlx.studies.comparison_table import Spread, build_table, write_table
from tlx.studies.study_folder import Study

GRID = ["freeze=backbone,none", "weights=imagenet,none"]
FROZEN, FINE, NOTHING = (
    "freeze=backbone,weights=imagenet",
    "freeze=none,weights=imagenet",
    "freeze=none,weights=none",
)


@pytest.fixture
def study(make_grid, make_result) -> StudyResult:
    """Three cells that ran with 2 seeds each, one of which failed, and one that is impossible."""
    grid = make_grid(*GRID, seeds=2)
    results = (
        make_result(FROZEN, 0, (0.5, 0.6), test=0.58, epoch_seconds=1),
        make_result(FROZEN, 1, (0.5, 0.8), test=0.62, epoch_seconds=1.5),
        make_result(FINE, 0, (0.7, 0.9, 0.85), test=0.8, epoch_seconds=2),
        make_result(FINE, 1, (0.6, 0.7, 0.8), test=0.9, epoch_seconds=2),
        make_result(NOTHING, 1, (0.2, 0.3), test=0.3, epoch_seconds=4),
    )
    failures = (CellFailed(grid.cells[3], 0, "the loss is not finite"),)
    return StudyResult(Study(Path("study"), grid), results, failures)


def test_scores_are_mean_and_standard_deviation_over_the_seeds(study):
    frozen, _, fine, _ = build_table(study).rows
    assert frozen.validation == Spread(pytest.approx(0.7), pytest.approx(0.02**0.5), 2)
    assert frozen.test == Spread(pytest.approx(0.6), pytest.approx(0.0008**0.5), 2)
    assert fine.validation.mean == pytest.approx(0.85)
    assert fine.test_loss == Spread(0.5, 0.0, 2)


def test_costs_are_means_over_the_seeds(study):
    frozen, _, fine, _ = build_table(study).rows
    assert (frozen.seconds_per_epoch, frozen.seconds) == (1.25, 2.5)
    assert (fine.seconds_per_epoch, fine.seconds) == (2.0, 6.0)
    assert (frozen.trainable, frozen.file_bytes, frozen.latency_ms) == (100, 2_000_000, 4.5)


def test_equal_time_is_the_shortest_training_and_takes_each_ones_best_until_then(study):
    table = build_table(study)
    frozen, _, fine, nothing = table.rows
    assert table.equal_time == 2.0
    assert frozen.equal_time.mean == pytest.approx((0.6 + 0.5) / 2)
    assert fine.equal_time.mean == pytest.approx((0.7 + 0.6) / 2)
    assert nothing.equal_time is None  # its first epoch took 4 s


def test_an_epoch_that_ends_a_moment_late_counts_at_equal_time(make_result):
    result = make_result("a", scores=(0.1, 0.2), epoch_seconds=1.0)
    assert result.best_within(1.96) == 0.2
    assert result.best_within(1.8) == 0.1
    assert result.best_within(0.9) is None


def test_a_skipped_cell_and_a_failed_seed_are_rows_with_their_reason(study):
    frozen, skipped, _, nothing = build_table(study).rows
    assert frozen.problem is None
    assert "--weights none" in skipped.problem
    assert (skipped.results, skipped.test) == ((), None)
    assert nothing.problem == "seed 0: the loss is not finite"
    assert nothing.test == Spread(0.3, None, 1)


def test_without_test_pictures_the_test_columns_are_empty(study):
    results = tuple(replace(result, test=None) for result in study.results)
    rows = build_table(replace(study, results=results)).rows
    assert all(row.test is None and row.test_loss is None for row in rows)
    assert rows[0].validation is not None


def test_a_study_in_which_everything_failed_is_a_table_still(study):
    table = build_table(replace(study, results=()))
    assert (table.equal_time, len(table.rows)) == (None, 4)
    assert all(row.validation is None for row in table.rows)


def test_the_csv_is_a_row_a_training_with_nothing_rounded(study, tmp_path):
    write_table(tmp_path / "compare.csv", study, build_table(study))
    with (tmp_path / "compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["cell"], row["seed"], row["status"]) for row in rows] == [
        (FROZEN, "0", "done"),
        (FROZEN, "1", "done"),
        ("freeze=backbone,weights=none", "", "skipped"),
        (FINE, "0", "done"),
        (FINE, "1", "done"),
        (NOTHING, "0", "failed"),
        (NOTHING, "1", "done"),
    ]
    assert (rows[0]["freeze"], rows[0]["weights"]) == ("backbone", "imagenet")
    assert rows[5]["error"] == "the loss is not finite"
    found = study.results[1]
    assert float(rows[1]["validation_score"]) == found.validation
    assert float(rows[1]["test_score"]) == 0.62
    assert float(rows[1]["validation_score_at_equal_time"]) == 0.5
    assert rows[6]["validation_score_at_equal_time"] == ""
    assert float(rows[1]["total_seconds"]) == 3.0
    assert [path.name for path in tmp_path.iterdir()] == ["compare.csv"]
