"""Very many pictures: parts that are whole, go on where they ended, and hold each file once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tlx.errors import DataError, UsageError
from tlx.inference.answer_table import answer_schema, answer_table, answer_tables
from tlx.inference.classifier import Classifier
from tlx.inference.listed_paths import Shard
from tlx.inference.many_answers import Answered, PartsFound, write_parts
from tlx.inference.part_folder import Part, open_parts
from tlx.inference.part_manifest import PartPlan, require_same_plan
from tlx.inference.prediction import Outcome, Prediction

PLAN = PartPlan("a" * 64, 3, 10**8, 5)
ALL = Shard()


@pytest.fixture(scope="module")
def model(write_model, tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "model.onnx")


@pytest.fixture(scope="module")
def classifier(model):
    return Classifier(model, many=True)


@pytest.fixture(scope="module")
def paths(write_pictures, tmp_path_factory):
    folder = write_pictures(tmp_path_factory.mktemp("pictures"), 4)
    (folder / "red" / "bad.jpg").write_bytes(b"This is no picture.\n")
    return [str(path) for path in sorted(folder.rglob("*.jpg"))]  # 13


@pytest.fixture
def out(tmp_path):
    return tmp_path / "results.parquet"


@pytest.fixture
def start(classifier, out):
    """Give the function that starts a run; what it classifies is noted in `start.asked`."""

    def begin(listed, plan=PLAN, shard=ALL):
        def answers(wanted):
            return answer_tables(classifier, (note(path) for path in wanted), plan.topk)

        def note(path):
            begin.asked.append(path)
            return path

        return write_parts(iter(listed), out, plan, shard, answers)

    begin.asked = []
    return begin


@pytest.fixture
def finish(start):
    """Give the function that runs to the end: the parts it wrote, and what the shard holds."""

    def run(*arguments, **options):
        events, work = [], start(*arguments, **options)
        while True:
            try:
                events.append(next(work))
            except StopIteration as end:
                return [event for event in events if isinstance(event, Part)], end.value

    return run


def rows_of(out) -> list[dict]:
    return pq.read_table(out).to_pylist()


def files_of(out) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in out.glob("*.parquet")}


def test_each_picture_is_a_row_in_its_place_with_the_classifiers_own_answers(
    finish, paths, classifier, out
):
    parts, whole = finish(paths)
    assert [part.pictures for part in parts] == [5, 5, 3]
    assert (whole.pictures, whole.failures, whole.listed) == (13, 1, 13)
    rows = rows_of(out)
    for row, outcome in zip(rows, classifier.classify_files(paths), strict=True):
        found = outcome.prediction
        assert (row["path"], row["error"]) == (outcome.path, outcome.error)
        if found is not None:
            ranked = [(answer.label, answer.probability) for answer in found.top(3)]
            assert list(zip(row["top_labels"], row["top_probabilities"], strict=True)) == ranked
            assert (row["label"], row["probability"]) == ranked[0]
    (bad,) = [row for row in rows if row["error"]]
    assert bad["path"].endswith("bad.jpg")
    assert (bad["label"], bad["probability"], bad["top_labels"]) == (None, None, [])


def test_a_file_says_which_model_and_pictures_it_is_about(finish, paths, out):
    parts, _ = finish(paths)
    said = pq.read_metadata(parts[2].path).metadata
    assert said[b"tlx.model_sha256"] == b"a" * 64
    assert said[b"tlx.failures"] == str(parts[2].failures).encode()
    assert said[b"tlx.paths_sha256"] == parts[2].paths_sha256.encode()
    assert len(parts[2].paths_sha256) == 64
    assert sum(part.failures for part in parts) == 1


def test_it_is_told_what_is_found_answered_and_written(start, finish, paths):
    events = list(start(paths))
    assert events[0] == PartsFound(0, 0)
    assert [type(event) for event in events[1:]] == [Answered, Part, Part, Part]
    assert events[1] == Answered(13)
    assert list(start(paths)) == [PartsFound(3, 13)]


def test_a_run_that_was_stopped_goes_on_behind_the_parts_that_are_there(start, finish, paths, out):
    work = start(paths)
    while not isinstance(next(work), Part):
        pass
    work.close()
    before = files_of(out)
    assert len(before) == 1
    start.asked.clear()
    parts, whole = finish(paths)
    assert start.asked == paths[5:]
    assert [part.pictures for part in parts] == [5, 3]
    assert (whole.pictures, whole.failures) == (13, 1)
    assert before.items() <= files_of(out).items()
    assert [row["path"] for row in rows_of(out)] == paths


def test_a_finished_run_classifies_nothing_again_and_still_knows_its_failures(
    start, finish, paths, out
):
    _, first = finish(paths)
    before = files_of(out)
    start.asked.clear()
    assert finish(paths) == ([], first)
    assert (start.asked, files_of(out)) == ([], before)


def test_a_list_that_has_grown_at_its_end_is_gone_on_with(finish, paths, out):
    finish(paths[:7])
    parts, whole = finish(paths)
    assert ([part.pictures for part in parts], whole.listed) == ([5, 1], 13)
    assert [row["path"] for row in rows_of(out)] == paths


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_sha256": "b" * 64}, "the model file of SHA-256 aaaaaaaaaaaa, not bbbbbbbbbbbb"),
        ({"topk": 2}, "--topk 3, not 2"),
        ({"max_pixels": 7}, "--max-pixels 100000000, not 7"),
        ({"part_size": 6}, "--part-size 5, not 6"),
        ({"shards": 4}, "was begun with 1 share, not 4; "),
    ],
)
def test_another_plan_is_refused_in_one_line_and_changes_nothing(
    finish, start, paths, out, change, said
):
    finish(paths[:6])
    before = files_of(out)
    with pytest.raises(UsageError, match=said) as caught:
        next(start(paths[:6], replace(PLAN, **change)))
    assert str(caught.value).endswith("go on with the same, or choose another --out")
    assert "\n" not in str(caught.value)
    assert files_of(out) == before


def test_shares_are_named_in_the_plural_too(tmp_path):
    with pytest.raises(UsageError, match="was begun with 4 shares, not 1; "):
        require_same_plan(tmp_path / "_shard-1-of-4.json", replace(PLAN, shards=4), PLAN)


def test_another_list_is_refused_whatever_is_other(finish, start, paths, out):
    finish(paths)
    wrong = {
        "shorter": paths[:-1],
        "other order": [paths[1], paths[0], *paths[2:]],
        "one more": [paths[0], *paths],
        "one less": paths[1:],
    }
    for listed in wrong.values():
        with pytest.raises(UsageError, match="was made of other files than are listed now"):
            next(start(listed))
    assert [row["path"] for row in rows_of(out)] == paths


def test_shards_hold_each_file_once_and_are_read_as_one_table(finish, paths, out):
    plan = replace(PLAN, shards=3, part_size=2)
    wholes = [finish(paths, plan, Shard(number, 3))[1] for number in (2, 3, 1)]
    assert sum(whole.pictures for whole in wholes) == len(paths)
    assert {whole.listed for whole in wholes} == {13}
    assert sorted(row["path"] for row in rows_of(out)) == sorted(paths)


def test_a_shard_of_another_list_is_said(finish, paths):
    plan = replace(PLAN, shards=2)
    finish(paths, plan, Shard(1, 2))
    with pytest.raises(DataError, match=r"shard-1-of-2 of .* is of another list \(13 files"):
        finish(paths[:-1], plan, Shard(2, 2))


def test_shares_are_even_and_do_not_depend_on_what_else_is_listed():
    listed = [f"pictures/{number:06}.jpg" for number in range(3000)]
    shares = [[path for path in listed if Shard(number, 4).holds(path)] for number in range(1, 5)]
    assert sorted(path for share in shares for path in share) == listed
    assert all(650 < len(share) < 850 for share in shares)


def test_two_runs_into_one_shard_are_refused_and_into_two_are_not(start, finish, paths, out):
    plan = replace(PLAN, shards=2)
    with open_parts(out, plan, Shard(1, 2)):
        with pytest.raises(UsageError, match="another tlx classify writes share 1/2 of"):
            next(start(paths, plan, Shard(1, 2)))
        finish(paths, plan, Shard(2, 2))
    finish(paths, plan, Shard(1, 2))
    assert not list(out.glob(".*"))


def test_what_a_killed_run_left_is_removed_and_what_is_anothers_is_not(finish, paths, out):
    finish(paths[:5])
    left = out / ".shard-1-of-1-part-00001.parquet.77.partial"
    other = out / ".shard-1-of-12-part-00001.parquet.77.partial"
    left.write_bytes(b"PAR1")
    other.write_bytes(b"PAR1")
    finish(paths)
    assert (left.exists(), other.exists()) == (False, True)
    assert [row["path"] for row in rows_of(out)] == paths


@pytest.mark.parametrize("name", ["notes.txt", "part-0.parquet"])
def test_a_folder_of_somebody_else_is_refused(start, paths, out, name):
    out.mkdir()
    (out / name).write_text("mine")
    with pytest.raises(UsageError, match="exists and was not written by tlx"):
        next(start(paths))
    assert [path.name for path in out.iterdir()] == [name]


def test_a_file_in_the_place_or_no_folder_above_is_refused(start, paths, out):
    out.write_text("mine")
    with pytest.raises(UsageError, match="is a file; it becomes a folder"):
        next(start(paths))
    assert out.read_text() == "mine"
    out.unlink()
    out.parent.rmdir()
    with pytest.raises(UsageError, match="there is no folder"):
        next(start(paths))


def test_an_absent_or_damaged_part_is_refused(start, finish, paths, out):
    parts, _ = finish(paths)
    content = parts[0].path.read_bytes()
    parts[0].path.write_bytes(content[:-9])
    with pytest.raises(UsageError, match=r"00000\.parquet is no part that tlx wrote"):
        next(start(paths))
    parts[0].path.unlink()
    with pytest.raises(UsageError, match=r"00000\.parquet is absent, but later parts are there"):
        next(start(paths))
    parts[0].path.write_bytes(content)
    assert list(start(paths)) == [PartsFound(3, 13)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ('{"schema": 1}', "has no field"),
        ("[]", "should be an object"),
    ],
)
def test_a_damaged_manifest_is_one_line(start, finish, paths, out, content, said):
    finish(paths)
    (out / "_shard-1-of-1.json").write_text(content)
    with pytest.raises(UsageError, match=said) as caught:
        next(start(paths))
    assert "\n" not in str(caught.value)


def test_a_manifest_of_a_newer_version_is_refused(start, finish, paths, out):
    finish(paths)
    manifest = out / "_shard-1-of-1.json"
    manifest.write_text(manifest.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(UsageError, match="of another version of tlx"):
        next(start(paths))


def test_a_part_of_another_model_is_refused(start, finish, paths, out):
    finish(paths)
    manifest = out / "_shard-1-of-1.json"
    manifest.write_text(manifest.read_text().replace("a" * 64, "b" * 64))
    with pytest.raises(UsageError, match="is of another model file"):
        next(start(paths, replace(PLAN, model_sha256="b" * 64)))


def test_a_part_that_cannot_be_written_ends_the_run_in_one_line(start, paths, out, monkeypatch):
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "Error writing bytes to file. Detail: [errno 28] No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space left") as caught:
        list(start(paths))
    assert caught.value.filename == str(out / "shard-1-of-1-part-00000.parquet")
    assert caught.value.strerror == "No space left on device"
    assert not list(out.glob("*.parquet"))
    assert not list(out.glob(".*.partial"))


def test_relative_paths_begin_in_the_folder_that_is_given(classifier, paths):
    folder, name = os.path.split(paths[0])
    (there,) = answer_tables(classifier, [name, f"file://{paths[0]}"], 1, folder)
    (here,) = answer_tables(classifier, [name], 1)
    assert there["path"].to_pylist() == [name, f"file://{paths[0]}"]
    assert (there["error"].to_pylist(), here["error"].to_pylist()) == ([None] * 2, ["no such file"])


def test_chosen_labels_and_unknown_pictures_have_their_columns():
    several = Prediction(
        ("a", "b", "c"),
        np.array([2.0, -3.0, 3.0], np.float32),
        np.array([0.875, 0.125, 0.75], np.float32),
        (0.5, 0.5, 0.5),
        9.5,
        7.0,
    )
    rows = answer_table([Outcome("a.jpg", several, None), Outcome("b.jpg", None, "bad")], 2, True)
    assert rows.schema == answer_schema(True)
    assert rows.to_pylist() == [
        {
            "path": "a.jpg",
            "labels": ["c", "a"],
            "label": "c",
            "probability": 0.75,
            "top_labels": ["c", "a"],
            "top_probabilities": [0.75, 0.875],
            "unknown": True,
            "unknown_score": 9.5,
            "error": None,
        },
        {
            "path": "b.jpg",
            "labels": [],
            "label": None,
            "probability": None,
            "top_labels": [],
            "top_probabilities": [],
            "unknown": None,
            "unknown_score": None,
            "error": "bad",
        },
    ]


def test_the_documentation_names_the_columns_in_their_order():
    text = (Path(__file__).parents[2] / "docs" / "many.md").read_text(encoding="utf-8")
    _, table = text.split("| column | type | |\n")
    named = [line.split("`")[1] for line in table.splitlines()[1:10]]
    assert named == answer_schema(True).names


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_name_that_is_not_valid_unicode_is_escaped_and_found_again(finish, out):
    listed = [os.fsdecode(b"/nowhere/\xff\xe9.jpg")]
    finish(listed)
    (row,) = rows_of(out)
    assert row["path"] == r"/nowhere/\xff\xe9.jpg"
    assert finish(listed)[0] == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_runs_that_are_killed_at_random_lose_and_double_nothing(model, paths, out, tmp_path):
    listed = paths * 600
    names = tmp_path / "list.txt"
    names.write_text("\n".join(listed))
    command = [sys.executable, "-m", "tlx", "classify", model, names, "--out", out]
    command += ["--part-size", "250"]
    chance, counts = random.Random(3), [0]
    while len(counts) < 9 and counts[-1] < len(listed):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        before = len(files_of(out)) if out.exists() else 0
        while process.poll() is None and (not out.exists() or len(files_of(out)) <= before):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()  # SIGKILL
        assert process.wait() in (-signal.SIGKILL, 1)
        rows = [row["path"] for row in rows_of(out)]
        assert rows == listed[: len(rows)]
        counts.append(len(rows))
    assert counts == sorted(set(counts))  # each run went on where the one before had ended
    assert len(counts) > 3
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 1
    rows = rows_of(out)
    assert [row["path"] for row in rows] == listed
    assert sum(row["error"] is not None for row in rows) == 600
    assert json.loads((out / "_shard-1-of-1.json").read_text())["whole"]["pictures"] == len(listed)
