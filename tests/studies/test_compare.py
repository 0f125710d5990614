"""Running a study: what each cell leaves, going on where it was stopped, and cells that fail."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tlx.errors import DataError, TrainingError, UsageError, WeightsError
from tlx.inference.events import finish
from tlx.inference.folder_lock import only_writer
from tlx.studies import compare
from tlx.studies.compare import (
    CellDone,
    CellFailed,
    CellStarted,
    StudyResult,
    compare_events,
)
from tlx.studies.study_folder import clear_rests, open_study
from tlx.training.checkpoint import load_checkpoint
from tlx.training.resnet import build_resnet
from tlx.training.run_folder import EpochDone

TINY = {"weights": "none", "epochs": 1, "imgsz": 32, "batch": 4, "workers": 0}
pytestmark = pytest.mark.usefixtures("quick_cells")
VARY = "augment=crop,none"
CROP, NONE = "cells/augment=crop/seed-0", "cells/augment=none/seed-0"


@pytest.fixture
def events_of(make_grid, small, tmp_path) -> Callable[..., object]:
    """Give the function that begins a study, or goes on with it, as a new process does."""

    def begin(*vary: str, overwrite: bool = False, **options):
        grid = make_grid(*(vary or (VARY,)), data=small, **TINY | options)
        return compare_events(open_study(grid, tmp_path / "study", overwrite))

    return begin


def run(events) -> tuple[list[object], StudyResult]:
    seen: list[object] = []
    return seen, finish(events, seen.append)


def trained_epochs(seen: list[object]) -> list[int]:
    return [event.epoch for event in seen if isinstance(event, EpochDone)]


def test_each_cell_is_a_run_folder_with_its_result(events_of, tmp_path, small):
    seen, result = run(events_of(epochs=2))
    started = [event for event in seen if isinstance(event, CellStarted)]
    assert [(s.cell.name, s.seed, s.number, s.total) for s in started] == [
        ("augment=crop", 0, 1, 2),
        ("augment=none", 0, 2, 2),
    ]
    names = {path.name for path in (tmp_path / "study" / CROP).iterdir()}
    assert names >= {"best.pt", "last.pt", "config.json", "metrics.csv", "split.csv", "result.json"}
    first = result.results[0]
    assert (first.test.score, first.test.loss, first.test.pictures) == (0.5, 1.5, 6)
    assert (first.validation_pictures, first.latency_ms, first.file_bytes) == (6, 2.5, 4)
    parameters = sum(value.numel() for value in build_resnet("resnet18", 3).parameters())
    assert first.parameters == first.trainable == parameters
    assert len(first.curve) == 2
    assert first.seconds == pytest.approx(
        sum(event.seconds for event in seen if isinstance(event, EpochDone)) / 2, rel=0.99
    )
    kept = json.loads((tmp_path / "study" / CROP / "result.json").read_text())
    assert kept["config"]["data"] == str(small)
    assert kept["config"]["augment"] == "crop"


def test_finished_cells_are_taken_as_they_are(events_of):
    _, first = run(events_of())
    seen, again = run(events_of())
    assert again.results == first.results
    assert trained_epochs(seen) == []
    assert [event.earlier for event in seen if isinstance(event, CellDone)] == [True, True]


def test_a_study_stopped_between_cells_goes_on_with_the_next(events_of):
    events = events_of()
    next(event for event in events if isinstance(event, CellDone))
    events.close()
    seen, result = run(events_of())
    assert [event.earlier for event in seen if isinstance(event, CellDone)] == [True, False]
    assert trained_epochs(seen) == [1]
    assert len(result.results) == 2


@pytest.mark.slow
def test_a_cell_stopped_within_goes_on_after_its_last_epoch_and_ends_the_same(events_of, tmp_path):
    events = events_of(epochs=2)
    next(event for event in events if isinstance(event, EpochDone))
    next(events)  # the first batch of the second epoch
    events.close()
    assert not (tmp_path / "study" / CROP / "result.json").exists()
    seen, _ = run(events_of(epochs=2))
    assert trained_epochs(seen) == [2, 1, 2]
    resumed = load_checkpoint(tmp_path / "study" / CROP / "best.pt").weights
    shutil.rmtree(tmp_path / "study")
    run(events_of(epochs=2))
    whole = load_checkpoint(tmp_path / "study" / CROP / "best.pt").weights
    assert all(resumed[name].equal(whole[name]) for name in whole)


def test_a_cell_stopped_before_its_first_epoch_is_begun_again(events_of, tmp_path):
    events = events_of()
    while not (tmp_path / "study" / CROP / "config.json").exists():
        next(events)
    events.close()
    (tmp_path / "study" / CROP / ".best.pt.123.partial").write_bytes(b"half")
    seen, _ = run(events_of())
    assert trained_epochs(seen) == [1, 1]
    assert not list((tmp_path / "study" / CROP).glob(".*"))


def test_what_a_cell_is_writing_that_is_gone_on_with_elsewhere_stays(tmp_path):
    at_work, killed = (tmp_path / "cells" / name / "seed-0" for name in ("a", "b"))
    for run in (at_work, killed):
        run.mkdir(parents=True)
        (run / ".last.pt.123.partial").write_bytes(b"half")
    (killed / ".train.lock").touch()
    with only_writer(at_work, "train"):
        clear_rests(tmp_path)
        assert (at_work / ".last.pt.123.partial").exists()
    assert not (killed / ".last.pt.123.partial").exists()


def test_a_cell_killed_before_its_config_was_written_is_begun_again(events_of, tmp_path):
    events = events_of()
    (tmp_path / "study" / CROP).mkdir(parents=True)
    (tmp_path / "study" / CROP / ".config.json.123.partial").write_bytes(b"{")
    assert len(run(events)[1].results) == 2


def test_a_trained_cell_is_not_trained_again_for_its_export(events_of, tmp_path):
    events = events_of()
    next(event for event in events if event == "scored")
    events.close()
    seen, _ = run(events_of())
    assert trained_epochs(seen) == [1]  # of the second cell


def test_a_damaged_last_checkpoint_means_beginning_the_cell_again(events_of, tmp_path):
    events = events_of(epochs=2)
    next(event for event in events if isinstance(event, EpochDone))
    events.close()
    (tmp_path / "study" / CROP / "last.pt").write_bytes(b"damaged")
    seen, result = run(events_of(epochs=2))
    assert trained_epochs(seen) == [1, 2, 1, 2]
    assert len(result.results) == 2


def test_a_damaged_result_is_made_again_without_training(events_of, tmp_path):
    _, first = run(events_of())
    (tmp_path / "study" / CROP / "result.json").write_text('{"schema": 1}')
    seen, again = run(events_of())
    assert trained_epochs(seen) == []
    assert again.results == first.results


def test_cells_and_seeds_may_be_added(events_of):
    run(events_of())
    seen, result = run(events_of("augment=crop,none,mirror"))
    assert [event.earlier for event in seen if isinstance(event, CellDone)] == [True, True, False]
    assert len(result.results) == 3


@pytest.mark.parametrize(
    ("vary", "options", "said"),
    [
        (["augment=crop,mirror"], {}, "its --augment has none too"),
        (["lr=0.1,0.2"], {}, "it varies augment"),
        ([VARY], {"epochs": 3}, "its --epochs is 1"),
        ([VARY], {"seed": 4}, "its seeds are 0"),
    ],
)
def test_another_study_in_the_folder_is_refused(events_of, vary, options, said):
    events_of()
    with pytest.raises(UsageError, match=f"holds another study: {said}"):
        events_of(*vary, **options)


def test_options_that_change_no_number_may_change(events_of):
    events_of()
    events_of(workers=2)


def test_other_pictures_are_refused(events_of, make_grid, small, tmp_path, write_pictures):
    run(events_of())
    grid = make_grid(VARY, data=shutil.copytree(small, tmp_path / "other"), **TINY)
    with pytest.raises(UsageError, match="its pictures are"):
        open_study(grid, tmp_path / "study", False)
    write_pictures(small / "train", 4, seed=50)
    with pytest.raises(DataError, match="have changed since the study's first cells"):
        run(events_of("augment=crop,none,mirror"))
    assert not (tmp_path / "study/cells/augment=mirror/seed-0/last.pt").exists()


def test_a_study_told_to_begins_anew_and_leaves_the_users_files(events_of, tmp_path):
    run(events_of())
    (tmp_path / "study" / CROP / "notes.txt").write_text("mine")
    (tmp_path / "study" / "notes.txt").write_text("mine")
    seen, _ = run(events_of("augment=none,mirror", overwrite=True, epochs=2))
    assert trained_epochs(seen) == [1, 2, 1, 2]
    left = sorted(path.name for path in (tmp_path / "study" / CROP).iterdir())
    assert left == ["notes.txt"]
    assert (tmp_path / "study" / "notes.txt").read_text() == "mine"


def test_a_link_to_a_run_elsewhere_is_not_cleared(events_of, tmp_path):
    run(events_of())
    (tmp_path / "study" / CROP).rename(tmp_path / "own")
    (tmp_path / "study" / CROP).symlink_to(tmp_path / "own")
    before = sorted((tmp_path / "own").iterdir())
    events_of("augment=none,mirror", overwrite=True)
    assert sorted((tmp_path / "own").iterdir()) == before
    assert not (tmp_path / "study" / NONE / "best.pt").exists()


@pytest.mark.parametrize(
    ("linked", "own", "overwrite"),
    [(Path(CROP), {}, False), (Path(CROP), {"epochs": 2}, False), (Path(CROP).parent, {}, True)],
)
def test_a_cell_that_lies_elsewhere_by_a_link_is_refused_and_stays(
    events_of, tmp_path, linked, own, overwrite
):
    run(events_of(**own))
    (tmp_path / "study").rename(tmp_path / "own")
    for name in ("result.json", "model.onnx"):  # so that the cell is not done
        (tmp_path / "own" / CROP / name).unlink()
    before = _content(tmp_path / "own")
    events_of().close()
    place = tmp_path / "study" / linked
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "own" / linked)
    with pytest.raises(UsageError, match=r"seed-0 leads out of the study; remove the link$"):
        run(events_of(overwrite=overwrite))
    assert _content(tmp_path / "own") == before


def test_a_cell_whose_links_go_round_in_a_circle_is_refused(events_of, tmp_path):
    events_of().close()
    place = tmp_path / "study" / CROP
    place.parent.mkdir(parents=True)
    place.symlink_to(place)
    with pytest.raises(UsageError, match="remove the link"):
        events_of()


def _content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "change",
    [{"curve": []}, {"validation": "x"}, {"test": 7}, {"curve": [[]]}, {"more": 1}],
    ids=str,
)
def test_a_result_that_was_changed_is_no_result(events_of, tmp_path, change):
    events = events_of()
    next(event for event in events if isinstance(event, CellDone))
    events.close()
    path = tmp_path / "study" / CROP / "result.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "result": {**content["result"], **change}}))
    seen = [next(event for event in events_of() if isinstance(event, CellStarted | CellDone))]
    assert not getattr(seen[0], "earlier", False)


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_what_is_no_file_is_not_waited_for(events_of, tmp_path, make_grid, small):
    run(events_of())
    for name in (f"{CROP}/result.json", "study.json"):
        path = tmp_path / "study" / name
        content = path.read_bytes()
        path.unlink()
        os.mkfifo(path)
        if name == "study.json":
            with pytest.raises(UsageError, match="holds no study"):
                events_of()
        else:
            next(event for event in events_of() if isinstance(event, CellStarted))
        path.unlink(missing_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_with_other_things_is_refused(events_of, tmp_path, overwrite):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "photo.jpg").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and holds no study"):
        events_of(overwrite=overwrite)


def test_a_folder_inside_the_data_or_a_file_is_refused(make_grid, small, tmp_path):
    grid = make_grid(VARY, data=small, **TINY)
    with pytest.raises(UsageError, match="lies inside"):
        open_study(grid, small / "study", False)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        open_study(grid, tmp_path / "file", False)


def test_no_pictures_are_an_error_before_anything_is_made(make_grid, tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        open_study(make_grid(VARY, data=tmp_path / "nowhere"), tmp_path / "study", False)
    assert not (tmp_path / "study").exists()


def test_a_cell_that_fails_is_told_and_the_others_go_on(events_of, monkeypatch, tmp_path):
    really = compare.training_events

    def failing(config, features=None):
        if config.augment == "crop":
            raise TrainingError("the loss is not finite")
        return really(config)

    monkeypatch.setattr(compare, "training_events", failing)
    seen, result = run(events_of())
    (failed,) = [event for event in seen if isinstance(event, CellFailed)]
    assert (failed.cell.name, failed.error) == ("augment=crop", "the loss is not finite")
    assert result.failures == (failed,)
    assert [found.cell for found in result.results] == ["augment=none"]


def test_a_failed_cell_is_tried_again_by_the_next_call(events_of, monkeypatch):
    really = compare.training_events

    def failing(config, features=None):
        raise WeightsError("no network")

    monkeypatch.setattr(compare, "training_events", failing)
    assert len(run(events_of())[1].failures) == 2
    monkeypatch.setattr(compare, "training_events", really)
    assert len(run(events_of())[1].results) == 2


def test_pictures_that_cannot_be_used_end_the_study(events_of, monkeypatch):
    def failing(config, features=None):
        raise DataError("no picture can be read")

    monkeypatch.setattr(compare, "training_events", failing)
    with pytest.raises(DataError, match="no picture can be read"):
        run(events_of())


def test_without_test_pictures_nothing_is_scored(events_of, small):
    shutil.rmtree(small / "test")
    _, result = run(events_of())
    assert [found.test for found in result.results] == [None, None]


def test_an_impossible_cell_is_not_trained(make_grid, small, tmp_path):
    options = {name: value for name, value in TINY.items() if name != "weights"}
    grid = make_grid("weights=none,imagenet", "freeze=backbone,none", data=small, **options)
    study = open_study(grid, tmp_path / "study", False)
    assert [len(study.runs(cell)) for cell in grid.cells] == [0, 1, 1, 1]


def test_the_default_folder_is_dated_and_found_again(make_grid, small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = make_grid(VARY, data=small, **TINY)
    first = open_study(grid, None, False).folder
    assert first.parent == Path("runs") and first.name.endswith("-compare-small")
    old = first.rename(first.parent / "2020-01-31-compare-small")
    assert open_study(grid, None, False).folder == old
    more = make_grid("augment=crop,none,mirror", data=small, **TINY)
    assert open_study(more, None, False).folder == old
    other = open_study(make_grid("lr=0.1,0.2", data=small, **TINY), None, False).folder
    assert other == first
    third = open_study(make_grid("lr=0.1,0.3", data=small, **TINY), None, False).folder
    assert third.name == f"{first.name}-2"


def test_features_have_one_folder_for_all_cells(make_grid, small, tmp_path):
    study = open_study(make_grid(VARY, data=small, **TINY), tmp_path / "study", False)
    assert study.features == tmp_path / "study" / "features"
