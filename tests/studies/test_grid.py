"""The grid: what `--vary` takes, what each cell is called, and what is refused before anything."""

from pathlib import Path

import pytest

from tlx.errors import UsageError
from tlx.studies.grid import LONGEST_NAME, read_variations


def names(grid) -> list[str]:
    return [cell.name for cell in grid.cells]


def test_a_grid_is_every_combination_in_the_order_given(make_grid):
    grid = make_grid("freeze=backbone,none", "dropout=0,0.5")
    assert names(grid) == [
        "freeze=backbone,dropout=0",
        "freeze=backbone,dropout=0.5",
        "freeze=none,dropout=0",
        "freeze=none,dropout=0.5",
    ]
    assert [(c.configs[0].freeze, c.configs[0].dropout) for c in grid.cells] == [
        ("layer4", 0.0),
        ("layer4", 0.5),
        ("none", 0.0),
        ("none", 0.5),
    ]
    assert grid.cells[1].title == "freeze=backbone, dropout=0.5"


def test_seeds_follow_the_first_one(make_grid):
    grid = make_grid("lr=0.1,0.2", seeds=3, seed=5)
    assert grid.seeds == (5, 6, 7)
    assert [config.seed for config in grid.cells[1].configs] == [5, 6, 7]


@pytest.mark.parametrize(
    ("vary", "field", "values"),
    [
        ("epochs=2,3", "epochs", [2, 3]),
        ("--weight-decay=0, 1e-3", "weight_decay", [0.0, 0.001]),
        ("lr=none,0.5", "lr", [None, 0.5]),
        ("patience=3,none", "patience", [3, None]),
        ("compile=true,no", "compile", [True, False]),
        ("weights=none,my/w.pth", "weights", ["none", "my/w.pth"]),
        ("model=resnet18,resnet50", "model", ["resnet18", "resnet50"]),
    ],
)
def test_values_are_of_the_options_kind(make_grid, vary, field, values):
    found = [getattr(cell.configs[0], field) for cell in make_grid(vary).cells]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_an_impossible_combination_is_a_skipped_cell_with_its_reason(make_grid):
    grid = make_grid("freeze=backbone,none", "weights=imagenet,none")
    assert [bool(cell.configs) for cell in grid.cells] == [True, False, True, True]
    assert "--freeze backbone with --weights none" in grid.cells[1].skipped
    assert [cell.skipped for cell in grid.cells if cell.configs] == [None] * 3


def test_an_option_may_be_possible_only_with_what_varies(make_grid):
    grid = make_grid("freeze=backbone,layer3", views=4)
    assert [cell.configs[0].views for cell in grid.cells] == [4, 4]


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ([], "give --vary NAME=VALUE,VALUE"),
        (["optimiser=sgd,adamw"], "no option 'optimiser'; did you mean optimizer?"),
        (["quux=1,2"], "tlx train --help lists them"),
        (["freeze"], "give its values, as in --vary freeze=VALUE,VALUE"),
        (["freeze="], "give its values"),
        (["freeze=none,"], "one of its values is empty"),
        (["dropout=0.5,0,0.50"], "0.50 stands there twice"),
        (["freeze=backbone,layer4"], "freeze=backbone and freeze=layer4 are the same training"),
        (["lr=0.1,0.2", "lr=0.3"], "--vary lr is given twice"),
        (["lr=0.1"], "a single cell compares nothing"),
        (["data=a,b"], "compared on the same pictures"),
        (["labels=a.csv,b.csv"], "compared on the same pictures"),
        (["split=a.csv,b.csv"], "compared on the same pictures"),
        (["seed=1,2"], "give --seeds N"),
        (["out=a,b"], "the folder of the whole study"),
        (["overwrite=yes,no"], "for the whole study"),
        (["log=mlflow,tensorboard"], "changes nothing"),
        (["epochs=2,many"], "--epochs many: it must be a whole number"),
        (["epochs=2,2.5"], "--epochs 2.5: it must be a whole number"),
        (["lr=0.1,high"], "--lr high: it must be a number"),
        (["lr=0.1,nan"], "--lr nan: it must be above 0"),
        (["compile=on,off"], "--compile on: it must be true or false"),
        (["epochs=0,2"], "--epochs 0: it must be at least 1"),
        (["model=resnet18,vgg"], "--model vgg: choose one of resnet18"),
        (["weights=none", "freeze=backbone,none"], "fewer than two cells are possible: --freeze"),
    ],
)
def test_what_makes_no_grid_is_refused_in_one_line(make_grid, vary, said):
    with pytest.raises(UsageError) as refused:
        make_grid(*vary)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_more_trainings_than_anybody_waits_for_are_refused_at_once(make_grid):
    with pytest.raises(UsageError, match=r"2,000,000,000 trainings are asked for, .* 10,000"):
        make_grid("lr=0.1,0.2", seeds=10**9)


def test_names_are_safe_in_any_file_system_and_stay_apart(make_grid):
    weights = ["a/w.pth", "b/w.pth", "W.pth", "w.pth", "größe w:*.pth", "..", "x" * 200]
    grid = make_grid(f"weights={','.join(weights)}", "freeze=backbone,none")
    assert len({name.lower() for name in names(grid)}) == len(grid.cells)
    for name in names(grid):
        assert len(name) <= LONGEST_NAME
        assert not set(name) & set('/\\:*?"<>| ')
        assert name.isascii()
    assert names(grid)[0].startswith("weights=w.pth-")
    assert grid.cells[0].title == "weights=w.pth, freeze=backbone"


def test_a_cells_name_does_not_depend_on_the_other_values(make_grid):
    assert (
        names(make_grid("weights=a/w.pth,none"))[0]
        == names(make_grid("weights=b/w.pth,a/w.pth,imagenet"))[1]
    )


def test_spaces_around_values_do_not_matter():
    (variation,) = read_variations([" freeze = none , backbone "])
    assert (variation.name, variation.texts) == ("freeze", ("none", "backbone"))


def test_a_grids_base_has_what_does_not_vary(make_grid):
    grid = make_grid("freeze=backbone,none", "weights=none,imagenet", data=Path("d"), imgsz=64)
    assert (grid.base.data, grid.base.imgsz) == (Path("d"), 64)
