"""`tlx classify --watch` as a shop floor runs it: a process that goes on until it is ended."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tlx

WAIT = 60
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture
def picture(split_folder: Path) -> Path:
    return split_folder / "test" / "red" / "001.jpg"


def deliver(source: Path, target: Path) -> Path:
    """Put a file into place as a careful program does, whole at once."""
    part = target.with_name(f".{target.name}")
    shutil.copy(source, part)
    return part.rename(target)


STARTED = (  # Ctrl-C is ignored where nobody can press it
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from tlx.cli.start import main; main()"
)


class Watch:
    """A process at work, and what it has said so far."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-c", STARTED, "classify", *map(str, arguments)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        assert self.process.stderr.readline().startswith("watching ")

    def answer(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=WAIT)
        return self.process.returncode, out, err


@pytest.fixture
def start():
    started = []

    def begin(*arguments: object) -> Watch:
        started.append(Watch(*arguments, "--json", "--interval", "0.1"))
        return started[-1]

    yield begin
    for watch in started:
        watch.process.kill()
        watch.process.communicate()


def rows(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_there_and_what_comes_is_answered_once_over_restarts(
    start, model_file, picture, tmp_path
):
    folder, log = tmp_path / "in", tmp_path / "out.csv"
    (folder / "2026").mkdir(parents=True)
    first = deliver(picture, folder / "first.jpg")
    watch = start(model_file, "--watch", folder, "--csv", log, "--topk", 2)
    assert watch.answer()["path"] == str(first)
    (folder / "2026" / "bad.jpg").write_bytes(b"no picture")
    assert watch.answer()["error"] == "not a picture in a known format"
    second = deliver(picture, folder / "2026" / "second.jpg")
    answer = watch.answer()
    assert [row["path"] for row in rows(log)] == [str(first), f"{folder}/2026/bad.jpg", str(second)]
    assert watch.end() == (0, "", "3 answered, 1 of them unreadable\n")

    third = deliver(picture, folder / "third.jpg")
    watch = start(model_file, "--watch", folder, "--csv", log, "--topk", 2)
    assert watch.answer()["path"] == str(third)
    assert watch.end(signal.SIGINT) == (0, "", "1 answered\n")

    written = rows(log)
    assert [row["path"] for row in written[3:]] == [str(third)]
    prediction = tlx.Classifier(model_file).classify(picture)
    for row in (written[0], written[3]):
        expected = [text for one in prediction.top(2) for text in (one.label, str(one.probability))]
        assert [row[name] for name in ("label", "probability", "label_2", "probability_2")] == (
            expected
        )
    assert answer["predictions"][0]["probability"] == prediction.probability
    assert (answer["time"], answer["modified"]) == (written[2]["time"], written[2]["modified"])


def test_with_new_only_the_old_are_passed_and_a_lost_folder_is_waited_for(
    start, model_file, picture, tmp_path
):
    folder = tmp_path / "in"
    folder.mkdir()
    deliver(picture, folder / "old.jpg")
    watch = start(model_file, "--watch", folder, "--new-only")
    shutil.rmtree(folder)
    reason = f"{folder} cannot be watched: No such file or directory; waiting until it is back\n"
    assert watch.process.stderr.readline() == reason
    folder.mkdir()
    assert watch.process.stderr.readline() == "the folder is back\n"
    deliver(picture, folder / "new.jpg")
    assert watch.answer()["path"] == str(folder / "new.jpg")
    assert watch.end()[0] == 0


def test_a_csv_that_cannot_be_written_any_more_ends_it_with_2(start, model_file, picture, tmp_path):
    folder, place = tmp_path / "in", tmp_path / "place"
    folder.mkdir()
    place.mkdir()
    watch = start(model_file, "--watch", folder, "--csv", place / "out.csv")
    shutil.rmtree(place)
    deliver(picture, folder / "a.jpg")
    out, err = watch.process.communicate(timeout=WAIT)
    assert (watch.process.returncode, out) == (2, "")
    expected = (
        f"tlx: {place / 'out.csv'} cannot be written: No such file or directory; choose another\n"
    )
    assert err.endswith(expected)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["a.jpg", "--watch", "."], "--watch takes one folder and no pictures"),
        (["--watch", ".", "--explain", "x"], "--watch takes one folder and no --explain"),
        (["--watch", "nowhere"], "nowhere cannot be watched: No such file or directory"),
        (["--watch", ".", "--csv", "no/log.csv"], "--csv no/log.csv: there is no folder no"),
        ([], "no pictures are given; name files or folders, or --watch a folder"),
        (["a.jpg", "--new-only"], "--new-only goes with --watch"),
        (["a.jpg", "--interval", "2"], "--interval goes with --watch"),
        (["--watch", ".", "--shard", "1/2"], "--shard goes with --out; name a folder with it"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run_tlx, model_file, monkeypatch, tmp_path, arguments, reason
):
    monkeypatch.chdir(tmp_path)
    assert reason in run_tlx("classify", model_file, *arguments).error


def test_the_user_s_own_table_is_not_appended_to(run_tlx, model_file, picture, tmp_path):
    table = tmp_path / "table.csv"
    run_tlx("classify", model_file, picture, "--csv", table)
    before = table.read_bytes()
    ran = run_tlx("classify", model_file, "--watch", tmp_path, "--csv", table)
    assert "exists and is no log of these columns" in ran.error
    assert table.read_bytes() == before


@pytest.mark.slow
def test_memory_and_handles_stay_the_same(start, model_file, picture, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    watch = start(model_file, "--watch", folder, "--csv", tmp_path / "log.csv")

    def pass_through(count: int) -> tuple[int, int]:
        for number in range(count):
            deliver(picture, folder / f"{number}.jpg")
            if number % 50 == 49:
                for _ in range(50):
                    answered = Path(watch.answer()["path"])
                    answered.unlink()
        process = Path(f"/proc/{watch.process.pid}")
        resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        return resident, len(list((process / "fd").iterdir()))

    before, handles = pass_through(1000)
    after, handles_after = pass_through(2000)
    assert after - before < 2 * 2**20  # 1 MB per 1,000 pictures
    assert handles_after == handles
    time.sleep(0.3)
    assert watch.end()[2].startswith("3,000 answered\n")
