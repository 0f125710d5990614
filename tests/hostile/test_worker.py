"""Bad requests to `tlx worker`: each is answered in good time, and the next one too."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from catalogue.requests import LINES

SECONDS = 10
PATIENCE = 60
"""Seconds in which a hang is known for one even on a machine that others use."""


class Worker:
    """A process, and the answers that came from it."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tlx", "worker"]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(command, cwd=folder, **pipes)
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        assert self.read()["kind"] == "hello"

    def _read(self) -> None:
        for line in self.process.stdout:
            self._answers.put(line)

    def read(self, seconds: float = 60) -> dict:
        """Wait for an answer; none in time fails."""
        return json.loads(self._answers.get(timeout=seconds))

    def say(self, line: bytes) -> None:
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def ask(self, line: bytes, picture: Path) -> list[dict]:
        """Send a line and then a picture; give what was said until the picture is answered."""
        self.say(line)
        self.say(json.dumps({"kind": "classify", "id": -5, "paths": [str(picture)]}).encode())
        answers = [self.read(PATIENCE)]
        while (answers[-1]["kind"], answers[-1]["id"]) != ("done", -5):
            answers.append(self.read(PATIENCE))
        row = next(one for one in answers if one["kind"] == "classified" and one["id"] == -5)
        assert row["rows"][0]["predictions"]
        return answers


@pytest.fixture(scope="module")
def picture(tmp_path_factory, good_picture) -> Path:
    path = tmp_path_factory.mktemp("picture") / "good.jpg"
    path.write_bytes(good_picture)
    return path


@pytest.fixture(scope="module")
def worker(tmp_path_factory, colour_model) -> Iterator[Worker]:
    started = Worker(tmp_path_factory.mktemp("worker"))
    started.say(json.dumps({"kind": "load", "id": 1, "model": str(colour_model)}).encode())
    assert started.read()["kind"] == "loaded"
    yield started
    started.process.kill()
    started.process.communicate()


@pytest.mark.parametrize("kind", LINES)
def test_a_bad_request_is_answered_and_so_is_the_next(kind, worker, picture, in_time):
    for line in LINES[kind]:
        start = perf_counter()
        answers = worker.ask(line, picture)
        assert in_time(perf_counter() - start, SECONDS), line[:200]
        for answer in answers:
            assert "a bug" not in (answer.get("error") or ""), (line[:200], answer)
            assert "\n" not in (answer.get("error") or "")
    assert worker.process.poll() is None


def test_before_a_model_is_open_every_request_is_refused(tmp_path):
    lone = Worker(tmp_path)
    lone.say(b'{"kind": "classify", "id": 1, "paths": ["a.jpg"]}')
    assert "no model file is open" in lone.read()["error"]
    lone.process.communicate(b'{"kind": "quit"}\n', SECONDS)
    assert lone.process.returncode == 0


@pytest.mark.slow
def test_a_line_without_end_is_refused_and_takes_no_more_memory(worker, picture):
    """Of 500 MB, without a line feed until the end."""
    for _ in range(50):
        worker.process.stdin.write(b"a" * 10_000_000)
    answers = worker.ask(b"", picture)
    errors = [answer["error"] for answer in answers if answer["kind"] == "failed"]
    assert "the request is longer than 134,217,728 bytes" in errors
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    assert int(status.split("VmHWM:")[1].split()[0]) * 1024 < 1_000_000_000
