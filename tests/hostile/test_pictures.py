"""Bad pictures through the commands: a row each, the good ones answered, nothing changed."""

import json
import os
from pathlib import Path

import pytest
from catalogue.bombs import BOMBS
from catalogue.kinds import ANSWERED, EITHER, Kind
from catalogue.pictures import CONTENTS, SEVERAL
from catalogue.places import PLACES

ALL = (*CONTENTS, SEVERAL, *PLACES)
SAMPLE = [
    kind for kind in ALL if not kind.name.endswith("every byte") and " altered " not in kind.name
]
CUT = [kind for kind in ALL if kind not in SAMPLE]


def _written(root: Path, kind: Kind, good: bytes) -> tuple[Path, list[Path]]:
    """Write a label folder of bad pictures and one of good ones."""
    bad, beside = root / "data" / "blue", root / "data" / "red"
    bad.mkdir(parents=True)
    beside.mkdir()
    kind.write(bad)
    for index in range(6):
        (beside / f"{index}.jpg").write_bytes(good)
        (bad / f"good-{index}.jpg").write_bytes(good)
    return root / "data", sorted(bad.iterdir())


def _classify(run_safely, model, entries: list[Path], kind: Kind) -> None:
    ran = run_safely("classify", model, *entries, "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["path"] for row in rows] == [os.fspath(path) for path in _files(entries)]
    refused = [row for row in rows if row["error"]]
    for row in rows:
        assert bool(row["error"]) != bool(row["predictions"])
        if Path(row["path"]).name.startswith("good-"):
            assert row["predictions"]
        elif kind.answer != EITHER:
            assert bool(row["predictions"]) == (kind.answer == ANSWERED), row
    assert ran.code == (1 if refused else 0)


def _files(entries: list[Path]) -> list[Path]:
    return [path for path in entries if not path.is_dir()]


@pytest.mark.parametrize("kind", SAMPLE, ids=str)
def test_classify_gives_a_row_each_and_leaves_the_files_alone(
    kind, tmp_path, run_safely, colour_model, good_picture, fingerprint
):
    data, entries = _written(tmp_path, kind, good_picture)
    before = fingerprint(data)
    _classify(run_safely, colour_model, _files(entries), kind)
    assert fingerprint(data) == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*ALL, *BOMBS], ids=str)
def test_every_kind_through_classify_eval_and_check(
    kind, tmp_path, run_safely, colour_model, good_picture, fingerprint
):
    data, entries = _written(tmp_path, kind, good_picture)
    before = fingerprint(data)
    _classify(run_safely, colour_model, _files(entries), kind)
    scored = run_safely("eval", colour_model, data, "--json", codes=(0, 1))
    assert json.loads(scored.out)["pictures"] >= 12
    checked = run_safely("check", data, "--json", codes=(0, 1))
    assert json.loads(checked.out)["pictures"] >= 12
    assert fingerprint(data) == before


@pytest.mark.slow
def test_a_training_leaves_out_what_it_cannot_read(
    tmp_path, run_safely, good_picture, fingerprint, write_pictures
):
    data = write_pictures(tmp_path / "data", 12)
    for kind in (*ALL, *(bomb for bomb in BOMBS if bomb.answer != EITHER)):
        folder = data / "blue" / kind.name.replace("/", "-").replace(".", "")
        folder.mkdir()
        kind.write(folder)
    before = fingerprint(data)
    options = ("--weights", "none", "--epochs", "1", "--imgsz", "32", "-j", "0", "--json")
    run = tmp_path / "run"
    ran = run_safely("train", data, "--out", run, *options, codes=(0,), seconds=500)
    summary = json.loads(ran.out.splitlines()[-1])
    assert len(summary["left_out"]) > 2000
    assert (run / "best.pt").exists()
    assert fingerprint(data) == before


def test_the_limit_of_pixels_can_be_set(tmp_path, run_safely, colour_model, good_picture):
    path = tmp_path / "picture.jpg"
    path.write_bytes(good_picture)
    ran = run_safely("classify", colour_model, path, "--max-pixels", "1599", "--json", codes=(1,))
    assert "40 x 40 are more than 1,599 pixels" in json.loads(ran.out)["error"]
    run_safely("classify", colour_model, path, "--max-pixels", "1600", codes=(0,))


def test_files_that_vanish_or_change_meanwhile_are_rows(tmp_path, colour_model, good_picture):
    """The files are gone, or cut short, when the batches after the first are read."""
    import tlx

    paths = [tmp_path / f"{index:03}.jpg" for index in range(200)]
    for path in paths:
        path.write_bytes(good_picture)
    outcomes = tlx.Classifier(colour_model).classify_files(paths)
    assert next(outcomes).error is None
    for path in paths[100:150]:
        path.unlink()
    for path in paths[150:]:
        path.write_bytes(good_picture[:100])
    rest = [outcome.error for outcome in outcomes]
    assert rest[:50] == [None] * 50
    assert rest[99:149] == ["no such file"] * 50
    assert all(error is not None for error in rest[149:])
