"""`tlx classify --out`: lists and folders into Parquet files, gone on with by the same command."""

import errno
import json
import os
import shutil
import subprocess
import sys
from itertools import islice

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

import tlx
from tlx.cli import classify_many, extras
from tlx.inference import answer_table
from tlx.inference.cores import available_cores


@pytest.fixture
def here(tmp_path, monkeypatch, journey, write_bad_pictures):
    """A working folder with the model, and in `tree` nine good pictures and three bad ones."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.onnx").symlink_to(journey.run / "model.onnx")
    for label in ("blue", "green", "red"):
        (tmp_path / "tree" / label).mkdir(parents=True)
        for number in range(3):
            name = f"{label}/00{number}.jpg"
            shutil.copy(journey.data / "test" / name, tmp_path / "tree" / name)
    write_bad_pictures(tmp_path / "tree", tmp_path / "tree" / "red" / "000.jpg")
    return tmp_path


@pytest.fixture
def names(here):
    """The pictures in the order in which a folder is walked, as the command names them."""
    paths = sorted((here / "tree").rglob("*.jpg"), key=lambda path: (path.parent, path.name))
    return [str(path.relative_to(here)) for path in paths]


def rows(path="results.parquet") -> list[dict]:
    return pq.read_table(path).to_pylist()


def classify(run_tlx, *words, **options):
    return run_tlx("classify", "model.onnx", *words, "--out", "results.parquet", **options)


def test_a_folder_becomes_a_row_a_picture_and_bad_ones_make_the_exit_code_1(here, names, run_tlx):
    ran = classify(run_tlx, "tree", "--part-size", "5", "--topk", "2")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[-1] == "12 pictures in results.parquet, 3 of them unreadable"
    assert len(ran.out.splitlines()) == 4
    found = rows()
    assert [row["path"] for row in found] == names
    assert sum(row["error"] is not None for row in found) == 3
    for row, outcome in zip(found, tlx.Classifier("model.onnx").classify_files(names), strict=True):
        assert row["error"] == outcome.error
        assert row["label"] == (outcome.prediction and outcome.prediction.label)
        assert len(row["top_labels"]) == (2 if outcome.prediction else 0)


def test_the_same_command_goes_on_and_says_the_same(here, run_tlx):
    first = classify(run_tlx, "tree", "--json")
    again = classify(run_tlx, "tree", "--json")
    assert (first.code, again.code) == (1, 1)
    assert first.json == again.json
    (said,) = first.json
    assert (said["pictures"], said["failures"], said["listed"]) == (12, 3, 12)
    assert (said["out"], said["shard"], said["error"]) == ("results.parquet", "1/1", None)
    assert "parts with 12 pictures are there; going on behind them" in again.err


def test_good_pictures_alone_end_with_0(here, run_tlx):
    assert classify(run_tlx, "tree/red").code == 0


def test_lists_of_every_kind_are_read(here, names, run_tlx, monkeypatch):
    good = [name for name in names if "bad" not in name]
    (here / "list.txt").write_bytes("\ufeff".encode() + "\r\n".join(good).encode() + b"\n\n")
    pq.write_table(pa.table({"path": good}), "list.parquet")
    ways = {"list.txt": b"", "list.parquet": b"", "-": "\n".join(good).encode()}
    for number, (word, given) in enumerate(ways.items()):
        out = f"{number}.parquet"
        ran = run_tlx("classify", "model.onnx", word, "--out", out, stdin=given)
        assert (ran.code, ran.err) == (0, "")
        assert [row["path"] for row in rows(out)] == good


@pytest.mark.parametrize(("place", "times"), [(None, 1), (0, 8), (999, 8), (1000, 1)], ids=str)
def test_one_url_among_the_first_thousand_makes_more_threads(
    here, names, run_tlx, monkeypatch, place, times
):
    threads = []
    tables = answer_table.answer_tables

    def seen(classifier, paths, **options):
        threads.append(classifier.threads)
        return tables(classifier, islice(paths, 1), **options)

    monkeypatch.setattr(answer_table, "answer_tables", seen)
    listed = [names[0]] * 1001
    if place is not None:
        listed[place] = (here / names[0]).as_uri()
    (here / "list.txt").write_text("\n".join(listed))
    classify(run_tlx, "list.txt")
    assert threads == [times * available_cores()]


def test_a_list_of_both_kinds_has_a_row_an_entry(here, names, run_tlx):
    good = [name for name in names if "bad" not in name]
    listed = [*good, *((here / name).as_uri() for name in good)]
    (here / "list.txt").write_text("\n".join(listed))
    assert classify(run_tlx, "list.txt").code == 0
    assert [row["path"] for row in rows()] == listed


def test_the_result_of_one_model_is_a_list_for_another(here, names, run_tlx):
    classify(run_tlx, "tree")
    ran = run_tlx("classify", "model.onnx", "results.parquet", "--out", "second.parquet")
    assert ran.code == 1
    assert rows("second.parquet") == rows()


def test_without_it_a_text_beside_the_pictures_is_no_list(here, names, run_tlx):
    (here / "tree" / "notes.txt").write_text("a.jpg\nb.jpg\n")
    ran = run_tlx("classify", "model.onnx", "tree/notes.txt", names[0], "--json")
    assert [row["path"] for row in ran.json] == ["tree/notes.txt", names[0]]


def test_shares_hold_each_file_once(here, names, run_tlx):
    for number in (1, 2, 3):
        ran = classify(run_tlx, "tree", "--shard", f"{number}/3")
        assert f", share {number}/3 of 12 pictures" in ran.out
    assert sorted(row["path"] for row in rows()) == sorted(names)


def test_readers_open_the_folder_as_one_table(here, names, run_tlx):
    classify(run_tlx, "tree", "--part-size", "5")
    frame = pd.read_parquet("results.parquet")
    assert list(frame["path"]) == names
    assert pyarrow.dataset.dataset("results.parquet").count_rows() == 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tree", "--shard", "4/3"], "--shard 4/3: give I/N"),
        (["tree", "--engine", "spark"], "--engine spark: give local or ray"),
        (["tree", "--workers", "2"], "--workers are those of --engine ray"),
        (["tree", "--csv", "a.csv"], "--out and --csv exclude each other"),
        (["tree", "--explain", "maps"], "--out and --explain exclude each other"),
        (["tree/none*"], "nothing fits tree/none*"),
        (["tree", "nopics"], "nopics: no such file or folder"),
        (["-"], "an empty list on stdin"),
        ([], "no pictures are given"),
        (["--watch", "tree"], "--watch takes one folder and no --out"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_makes_no_folder(here, run_tlx, words, said):
    assert said in classify(run_tlx, *words).error
    assert not (here / "results.parquet").exists()


@pytest.mark.parametrize("option", ["--shard", "--part-size", "--engine", "--workers"])
def test_its_options_are_refused_without_it(here, run_tlx, option):
    error = run_tlx("classify", "model.onnx", "tree", option, "1").error
    assert f"{option} goes with --out" in error


def test_a_missing_model_or_list_is_one_line(here, run_tlx):
    assert "none.onnx" in run_tlx("classify", "none.onnx", "tree", "--out", "r.parquet").error
    (here / "empty.txt").write_text("\n")
    assert "no paths in empty.txt" in classify(run_tlx, "empty.txt").error
    assert not (here / "results.parquet").exists()


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["tree", "--out", "r.parquet"], "parquet"),
        (["tree", "--out", "r.parquet", "--engine", "ray"], "ray"),
    ],
)
def test_an_absent_extra_is_named(here, run_tlx, monkeypatch, words, extra):
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "pyarrow" else object())
    error = run_tlx("classify", "model.onnx", *words).error
    assert f"needs the extra '{extra}' (not installed: pyarrow)" in error
    assert f"pip install '.[{extra}]'" in error


def test_whoever_interrupts_it_is_told_how_to_go_on(here, run_tlx, monkeypatch):
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(classify_many, "_show_event", pressed)
        ran = classify(run_tlx, "tree")
    assert (ran.code, ran.out) == (130, "to go on: the same command again\n")
    assert ran.err == "tlx: interrupted\n"
    assert classify(run_tlx, "tree").code == 1


def test_a_full_disk_is_one_line_with_the_next_step(here, run_tlx, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "words of Arrow")

    monkeypatch.setattr(pq, "write_table", full)
    assert classify(run_tlx, "tree").error == (
        "tlx: results.parquet/shard-1-of-1-part-00000.parquet: No space left on device; "
        "make room there and run the command again\n"
    )


def test_a_cluster_that_does_not_answer_is_one_line_and_makes_no_folder(here, tlx_process):
    pytest.importorskip("ray")
    environment = {**os.environ, "RAY_ADDRESS": "127.0.0.1:1"}
    words = ("classify", "model.onnx", "tree", "--out", "r.parquet", "--engine", "ray")
    ran = tlx_process(*words, env=environment)
    assert ran.code == 2
    assert ran.failure == (
        "tlx: no Ray answers at RAY_ADDRESS=127.0.0.1:1 (Connection refused); see `ray status`, "
        "or unset RAY_ADDRESS to use this machine\n"
    )
    assert not (here / "r.parquet").exists()


@pytest.mark.slow
def test_over_ray_only_tlx_speaks(here, tlx_process):
    pytest.importorskip("ray")
    environment = {name: value for name, value in os.environ.items() if name[:4] != "RAY_"}
    words = ("classify", "model.onnx", "tree", "--out", "r.parquet", "--engine", "ray")
    ran = tlx_process(*words, "--workers", "1", env=environment)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[-1] == "12 pictures in r.parquet, 3 of them unreadable"


def test_classifying_without_it_never_imports_its_packages(here):
    program = (
        "import sys; sys.argv = ['tlx', 'classify', 'model.onnx', 'tree/red', '--json']\n"
        "from tlx.cli.start import main\n"
        "try:\n    main()\n"
        "finally:\n    print(sorted({'pyarrow', 'fsspec', 'ray', 'pandas'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    *answers, loaded = done.stdout.splitlines()
    assert [json.loads(line)["error"] for line in answers] == [None] * 3
    assert loaded == "[]"
