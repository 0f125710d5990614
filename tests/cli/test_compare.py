"""`tlx compare`: a study by its command, its table and files, and what it refuses."""

import csv
import json
import shlex
from pathlib import Path

import pytest
from PIL import Image

from tlx.errors import TrainingError
from tlx.studies import compare, latency

GRID = shlex.split("--vary augment=crop,none --vary lr=0.001,0.01")
TINY = shlex.split("--weights none --imgsz 32 --epochs 1 --batch 4 -j 0")


@pytest.fixture
def here(tmp_path, monkeypatch, write_pictures):
    """A working folder with the folder `few`: three labels of two pictures a split."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(latency, "SECONDS", 0.01)
    for seed, (split, count) in enumerate({"train": 3, "val": 2, "test": 2}.items()):
        write_pictures(tmp_path / "few" / split, count, seed)
    return tmp_path


@pytest.mark.slow
def test_a_grid_of_four_cells_from_the_command_to_table_csv_and_picture(here, run_tlx):
    ran = run_tlx("compare", "few", *GRID, *TINY, "--out", "study")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("3 labels; 9 pictures to train on, 6 for validation, 6 kept")
    assert [line for line in lines if line.startswith("4/4 augment=none, lr=0.01, seed 0: valid")]
    header = next(index for index, line in enumerate(lines) if "equal time" in line)
    for title in ("augment", "lr", "seeds", "validation", "test loss", "latency"):
        assert any(title in line for line in lines[header - 1 : header + 2])
    assert "augment=none against augment=crop (2 pairs of cells): test accuracy" in ran.out
    with Path("study/compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["augment"], row["lr"], row["seed"]) for row in rows] == [
        ("crop", "0.001", "0"),
        ("crop", "0.01", "0"),
        ("none", "0.001", "0"),
        ("none", "0.01", "0"),
    ]
    assert all(row["status"] == "done" and row["test_pictures"] == "6" for row in rows)
    assert all(float(row["latency_ms"]) > 0 for row in rows)
    summary = Path("study/summary.txt").read_text(encoding="utf-8")
    written = "written: study/compare.csv, study/compare.png, study/summary.txt"
    assert ran.out.endswith(f"{summary}{written}\n")
    run = Path("study/cells") / rows[0]["cell"] / "seed-0"
    assert (run / "model.onnx").is_file()
    assert not (run / "model.ts").exists()
    with Image.open("study/compare.png") as picture:
        assert picture.format == "PNG"

    again = run_tlx("compare", "few", *GRID, *TINY, "--out", "study", "--json")
    assert again.code == 0
    (found,) = again.json
    assert list(found) == [
        *("metric", "equal_time_seconds", "rows", "study", "summary"),
        *("failures", "files", "error"),
    ]
    assert again.err.count("(finished earlier)") == 4
    for row, line in zip(found["rows"], rows, strict=True):
        assert row["cell"] == line["cell"]
        assert row["test"]["mean"] == float(line["test_score"])
        assert row["seeds"] == [0]
    checked = run_tlx(
        *("eval", Path("study/cells") / rows[0]["cell"] / "seed-0" / "model.onnx"),
        *("few/test", "--json"),
    )
    assert checked.json[0]["accuracy"] == float(rows[0]["test_score"])
    assert checked.json[0]["loss"] == pytest.approx(float(rows[0]["test_loss"]))


def test_a_cell_that_fails_is_a_row_and_the_exit_code_is_1(here, run_tlx, monkeypatch):
    def failing(config, features=None):
        raise TrainingError(f"no memory for {config.augment}")

    monkeypatch.setattr(compare, "training_events", failing)
    ran = run_tlx("compare", "few", "--vary", "augment=crop,none", *TINY, "--out", "study")
    assert (ran.code, ran.err) == (1, "")
    assert "1/2 augment=crop, seed 0: failed: no memory for crop" in ran.out
    assert "augment=none failed: seed 0: no memory for none" in ran.out
    assert "Fewer than two cells came to an end" in ran.out
    assert not Path("study/compare.png").exists()
    told = run_tlx("compare", "few", "--vary", "augment=crop,none", *TINY, "--json")
    assert told.code == 1
    assert told.json[0]["failures"] == [
        {"cell": f"augment={name}", "seed": 0, "error": f"no memory for {name}"}
        for name in ("crop", "none")
    ]


def test_an_interruption_says_how_to_go_on(here, run_tlx, monkeypatch):
    def interrupted(_config, _features=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "training_events", interrupted)
    words = ["compare", "few", "--vary", "lr=0.1,0.2", *TINY]
    ran = run_tlx(*words, "--overwrite")
    assert (ran.code, ran.failure) == (130, "tlx: interrupted\n")
    assert ran.out.splitlines()[-1] == f"to go on: tlx {shlex.join(words)}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["few"], "nothing varies; give --vary NAME=VALUE,VALUE"),
        ([*GRID], "give a folder DATA"),
        (["few", "--vary", "optimizr=sgd,adamw"], "did you mean optimizer?"),
        (["few", "--vary", "dropout=0,1"], "--dropout 1.0: it must be from 0 to 0.99"),
        (["few", "--vary", "freeze=layer9,none"], "--freeze layer9: choose one of none, stem"),
        (["few", "--vary", "freeze=none,layer1", "--freeze", "layer2"], "is given beside --vary"),
        (["few", "--vary", "data=a,b"], "run a study of its own for each"),
        (["few", *GRID, "--seeds", "0"], "'--seeds'"),
        (["few", *GRID, "--epochs", "0"], "--epochs 0: it must be at least 1"),
        (["nowhere", *GRID], "nowhere does not exist"),
        (["few", *GRID, "--out", "few/study"], "lies inside few"),
        (["few", *GRID, "--out", "full"], "is not empty and holds no study"),
    ],
)
def test_what_makes_no_study_is_one_line_before_anything_runs(here, run_tlx, arguments, said):
    (here / "full").mkdir()
    (here / "full" / "mine.txt").touch()
    assert said in run_tlx("compare", *arguments).error
    assert not (here / "runs").exists()


def test_a_table_too_wide_for_the_terminal_comes_in_two(make_wide):
    out = make_wide(100)
    assert out.count("dropout") == 2
    assert make_wide(200).count("dropout") == 1


@pytest.fixture
def make_wide(monkeypatch, capsys):
    """Give the function that shows a table on a terminal of some columns."""
    from tlx.cli.comparison_screen import show_comparison
    from tlx.cli.screen import Screen
    from tlx.studies.comparison_table import Row, Spread, Table
    from tlx.studies.grid import Cell, Variation

    number = Spread(0.81234, 0.0123, 3)
    cells = [Cell(f"c{value}", (("dropout", value),), ()) for value in ("0", "0.5")]
    rows = [
        Row(cell, (), None, number, number, number, number, 11_000_000, 12.3, 123.4, 4 * 10**7, 5.6)
        for cell in cells
    ]
    table = Table(tuple(rows), "accuracy", 12.0)

    def show(columns: int) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("FORCE_COLOR", "1")
        capsys.readouterr()
        with Screen() as screen:
            show_comparison(table, (Variation("dropout", ("0", "0.5"), (0.0, 0.5)),), screen)
        return capsys.readouterr().out

    return show


def test_the_json_is_ascii_without_nan(here, run_tlx, monkeypatch):
    monkeypatch.setattr(
        compare,
        "training_events",
        lambda _config, _features: (_ for _ in ()).throw(TrainingError("größe")),
    )
    ran = run_tlx("compare", "few", "--vary", "lr=0.1,0.2", *TINY, "--json")
    assert ran.out.isascii()
    assert json.loads(ran.out)["rows"][0]["test"] is None
