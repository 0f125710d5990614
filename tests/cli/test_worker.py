"""`tlx worker` as another program uses it: a process, a JSON message a line."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tlx.inference.freed_memory import give_back

if TYPE_CHECKING:
    from .conftest import Talk


@pytest.fixture(scope="module")
def talk(model_file: Path, start_worker) -> Iterator["Talk"]:
    with start_worker() as talk:
        assert talk.ask("load", id=1, model=str(model_file))["kind"] == "loaded"
        yield talk


@pytest.fixture(scope="module")
def pictures(split_folder: Path) -> list[str]:
    return [str(path) for path in sorted((split_folder / "test").rglob("*.jpg"))]


def test_its_first_line_says_which_protocol_and_version(talk: "Talk"):
    assert talk.hello["kind"] == "hello"
    assert talk.hello["protocol"] == 1
    assert talk.hello["tlx"].count(".") == 2


def test_loading_answers_with_the_card_that_inspect_shows(talk: "Talk", model_file, run_tlx):
    loaded = talk.ask("load", id=2, model=str(model_file))
    (inspected,) = run_tlx("inspect", model_file, "--json").json
    for key in ("card", "sha256", "size", "opset"):
        assert loaded[key] == inspected[key]
    assert loaded["id"] == 2
    assert loaded["explains"]


@pytest.mark.parametrize("threads", [-1, 0, 100_000, 10**300])
def test_threads_beyond_sense_are_refused(talk: "Talk", model_file, threads):
    answer = talk.ask("load", id=2, model=str(model_file), threads=threads)
    assert answer["kind"] == "failed"
    assert answer["error"] == f"threads {threads}: it must be from 1 to 1024"


def test_rows_are_those_of_tlx_classify_to_the_last_digit(
    talk: "Talk", pictures, model_file, run_tlx, tmp_path
):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    given = [*pictures[:10], str(bad), *pictures[10:20], str(tmp_path / "missing.png")]
    talk.say("classify", id=3, paths=given)
    *chunks, done = talk.until("done")
    rows = [row for chunk in chunks for row in chunk["rows"]]
    assert [chunk["first"] for chunk in chunks] == [0, 8, 16]
    assert done == {"kind": "done", "id": 3, "rows": 22, "seconds": done["seconds"]}
    expected = run_tlx("classify", model_file, *given, "--json").json
    assert [row | {"labels": None} for row in expected] == rows


def test_a_picture_that_is_no_file_gets_the_same_answer(talk: "Talk", pictures):
    content = Path(pictures[0]).read_bytes()
    talk.say("classify", id=4, paths=pictures[:1])
    as_file = talk.until("done")[0]["rows"][0]["predictions"]
    talk.say("classify-bytes", id=5, name="pasted", content=base64.b64encode(content).decode())
    row = talk.until("done")[0]["rows"][0]
    assert (row["path"], row["predictions"]) == ("pasted", as_file)


def test_a_map_s_mean_and_the_region_are_those_of_the_file(talk: "Talk", pictures, model_file):
    from tlx.inference.classifier import Classifier

    classifier = Classifier(model_file)
    logits = classifier.classify(pictures[0]).logits
    for label in ("blue", "red"):
        found = talk.ask("explain", id=6, path=pictures[0], label=label)
        mean = sum(map(sum, found["map"])) / sum(map(len, found["map"]))
        # The head's bias is not known here, so two labels' difference would need it: the map of
        # one picture against another's leaves it out.
        other = talk.ask("explain", id=7, path=pictures[-1], label=label)
        other_mean = sum(map(sum, other["map"])) / sum(map(len, other["map"]))
        index = classifier.card.labels.index(label)
        apart = logits[index] - classifier.classify(pictures[-1]).logits[index]
        assert mean - other_mean == pytest.approx(apart, abs=1e-4)
    rule, (left, top, right, bottom) = classifier.card.preprocessing, found["region"]
    assert bottom - top == pytest.approx(rule.crop / rule.resize_side)  # 48 x 40: height is short
    assert left == pytest.approx(1 - right, abs=0.03)


def test_a_later_picture_does_not_wait_for_a_folder(talk: "Talk", pictures):
    talk.say("classify", id=10, paths=pictures * 40)
    talk.read()
    talk.say("classify", id=11, paths=pictures[:1])
    answers = talk.until("done")
    assert answers[-1]["id"] == 11
    assert len(answers) < 100
    talk.say("cancel", id=10)
    assert talk.until("cancelled")[-1]["id"] == 10


def test_cancelling_takes_effect_between_batches(talk: "Talk", pictures):
    talk.say("classify", id=12, paths=pictures * 100)
    talk.read()
    talk.say("cancel", id=12)
    answers = talk.until("cancelled")
    assert answers[-1]["rows"] < len(pictures) * 100
    talk.say("cancel", id=12)  # of what has ended says nothing
    assert talk.ask("explain", id=13, path=pictures[0], label="blue")["id"] == 13


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("{", "not a line of JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "kind None is not one of load, classify"),
        ('{"kind": "dance", "id": 1}', "kind 'dance'"),
        ('{"kind": "load", "id": 1}', "no field 'model'"),
        ('{"kind": "load", "id": "1", "model": "a"}', "load.id should be int"),
        ('{"kind": "load", "id": 1, "model": "a", "gpu": true}', "unknown field 'gpu'"),
        ('{"kind": "classify", "id": 1, "paths": "a.jpg"}', "should be a list"),
        ('{"kind": "classify", "id": 1, "paths": [], "topk": 0}', "topk 0"),
        ('{"kind": "classify-bytes", "id": 1, "name": "a", "content": "ä"}', "base64"),
        ('{"kind": "explain", "id": 1, "path": "a.jpg", "label": "zebra"}', "no label 'zebra'"),
        ('{"kind": "explain", "id": 1, "path": "no.jpg", "label": "red"}', "no such file"),
        ('{"kind": "load", "id": 1, "model": "missing.onnx"}', "missing.onnx: no such file"),
    ],
)
def test_a_bad_request_is_a_line_that_says_why_and_the_worker_goes_on(
    talk: "Talk", pictures, line, text
):
    talk.write(line)
    failed = talk.read()
    assert failed["kind"] == "failed"
    assert text in failed["error"]
    assert talk.ask("explain", id=14, path=pictures[0], label="blue")["id"] == 14


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('{"kind": "dance", "id": 7}', 7),
        ('{"id": 7}', 7),
        ('{"kind": "classify", "id": 7}', 7),
        ('{"kind": "classify", "id": 7, "paths": "a.jpg"}', 7),
        ('{"kind": "measure", "id": 7, "gpu": true}', 7),
        ('{"kind": "measure", "id": "7"}', None),
        ('{"kind": "measure", "id": true}', None),
        ('{"kind": "measure"}', None),
        ("[7]", None),
        ('{"id": 7', None),
    ],
)
def test_a_refused_request_keeps_its_id(talk: "Talk", line, number):
    talk.write(line)
    failed = talk.read()
    assert (failed["kind"], failed["id"]) == ("failed", number)


def test_it_measures_how_long_a_picture_takes(talk: "Talk"):
    assert talk.ask("measure", id=15)["milliseconds"] > 0


def test_it_measures_with_the_threads_of_load(model_file, start_worker):
    with start_worker() as talk:
        talk.say("load", id=1, model=str(model_file), threads=3)
        assert talk.until("loaded")[-1]["threads"] == 3
        assert talk.ask("measure", id=2)["threads"] == 3


def test_without_a_model_it_says_what_to_do_first(start_worker):
    with start_worker() as talk:
        assert "load first" in talk.ask("classify", id=1, paths=["a.jpg"])["error"]


@pytest.mark.parametrize("way", ["quit", "end of stdin"])
def test_it_ends_quietly_even_while_it_works(model_file, pictures, way, start_worker):
    with start_worker() as talk:
        talk.ask("load", id=1, model=str(model_file))
        talk.ask("classify", id=2, paths=pictures * 200)
        if way == "quit":
            talk.say("quit")
        talk.process.stdin.close()
        assert talk.process.wait(10) == 0
        assert talk.process.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_without_a_word(start_worker):
    with start_worker() as talk:
        assert talk.hello["kind"] == "hello"
        talk.process.send_signal(signal.SIGINT)
        assert talk.process.wait(10) == -signal.SIGINT
        assert talk.process.stderr.read() == b""


def test_it_ends_when_nobody_reads_its_answers(model_file, pictures, start_worker):
    with start_worker() as talk:
        talk.ask("load", id=1, model=str(model_file))
        talk.ask("classify", id=2, paths=pictures * 200)
        talk.process.stdout.close()
        assert talk.process.wait(10) == 0
        assert talk.process.stderr.read() == b""


def niceness(process: Path) -> set[str]:
    tasks = process.joinpath("task").iterdir()
    return {task.joinpath("stat").read_text().rsplit(")", 1)[1].split()[16] for task in tasks}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_more_than_a_batch_is_classified_at_low_priority(model_file, pictures, start_worker):
    with start_worker() as talk:
        process = Path("/proc") / str(talk.process.pid)
        talk.ask("load", id=1, model=str(model_file))
        talk.say("classify", id=2, paths=pictures[:8])
        talk.until("done")
        assert niceness(process) == {str(os.getpriority(os.PRIO_PROCESS, 0))}
        talk.say("classify", id=3, paths=pictures)
        talk.until("done")
        assert niceness(process) == {"10"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_its_modules_need_neither_front_end():
    code = "import sys, tlx.cli.worker; print(*{'typer', 'rich', 'PySide6'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_it_runs_without_the_command_line_s_packages(talk: "Talk"):
    process = Path("/proc") / str(talk.process.pid)
    mapped = process.joinpath("maps").read_text()
    assert "onnxruntime" in mapped
    assert "PySide6" not in mapped
    assert "libtorch" not in mapped


def resident(process: subprocess.Popen) -> int:
    """Give a process's memory in bytes."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


@pytest.mark.slow
@pytest.mark.skipif(not give_back(), reason="this system's C library cannot give memory back")
def test_an_open_model_takes_the_room_of_its_file_not_of_several(model_file, start_worker):
    with start_worker() as talk:
        talk.say("load", id=1, model="missing.onnx")
        talk.until("failed")  # onnxruntime is imported by now
        before = resident(talk.process)
        assert talk.ask("load", id=2, model=str(model_file))["kind"] == "loaded"
        grown = resident(talk.process) - before
    size = model_file.stat().st_size
    assert size > 40e6
    assert grown < 2 * size
