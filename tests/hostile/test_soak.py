"""Hours of work in short: memory, handles and threads of a process stay where they are.

`pytest tests/hostile -m soak`; TLX_SOAK_SECONDS shortens it. Figures stand in docs/reliability.md.
"""

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from catalogue.kinds import EITHER
from catalogue.pictures import CONTENTS, encoded

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(0),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc"),
]

SECONDS = float(os.environ.get("TLX_SOAK_SECONDS", "1800"))
REQUESTS = 10_000
FLAT = 8_000_000
"""Bytes by which the median of the last third may be above that of the middle one."""


@dataclass(frozen=True)
class Use:
    """What a process has at a moment."""

    resident: int
    handles: int
    threads: int


def use_of(process: int) -> Use:
    status = Path(f"/proc/{process}/status").read_text()
    rows = dict(line.split(":", 1) for line in status.splitlines())
    handles = len(list(Path(f"/proc/{process}/fd").iterdir()))
    return Use(int(rows["VmRSS"].split()[0]) * 1024, handles, int(rows["Threads"]))


@pytest.fixture
def hold_flat(record_property):
    """Give the function that holds samples of a process's use against each other.

    The first third is not looked at: caches fill, and the allocator finds its level.
    """

    def hold(samples: list[Use]) -> None:
        third = len(samples) // 3
        middle, last = samples[third : 2 * third], samples[2 * third :]
        for name in ("resident", "handles", "threads"):
            values = [median(getattr(one, name) for one in part) for part in (middle, last)]
            record_property(name, values)
            assert values[1] <= values[0] + (FLAT if name == "resident" else 1), (name, values)

    return hold


@pytest.fixture
def pictures(tmp_path: Path, good_picture: bytes) -> list[str]:
    """Good pictures and bad ones."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(20):
        (folder / f"good-{index}.jpg").write_bytes(good_picture)
    for index, kind in enumerate(kind for kind in CONTENTS if kind.answer != EITHER):
        (folder / f"kind-{index}").mkdir()
        kind.write(folder / f"kind-{index}")
    (folder / "altered.jpg").write_bytes(encoded("JPEG")[:-100])
    return [str(path) for path in sorted(folder.rglob("*")) if path.is_file()] + ["missing.jpg"]


@contextmanager
def _started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tlx", *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _requests(model: Path, pictures: list[str]) -> list[tuple[dict[str, object] | bytes, str]]:
    """Give requests and faults, with the kind of answer that ends each."""
    content = base64.b64encode(Path(pictures[-2]).read_bytes()).decode()
    good = next(path for path in pictures if "good" in path)
    return [
        ({"kind": "classify", "paths": pictures[:12]}, "done"),
        (b"{", "failed"),
        ({"kind": "classify", "paths": [good]}, "done"),
        ({"kind": "load", "model": "missing.onnx"}, "failed"),
        ({"kind": "explain", "path": good, "label": "blue"}, "explained"),
        ({"kind": "explain", "path": "missing.jpg", "label": "blue"}, "failed"),
        ({"kind": "explain", "path": good, "label": "violet"}, "failed"),
        (bytes(range(256)).replace(b"\n", b""), "failed"),
        ({"kind": "classify", "paths": [good], "topk": -1}, "failed"),
        ({"kind": "classify-bytes", "name": "pasted", "content": "%"}, "failed"),
        ({"kind": "classify-bytes", "name": "pasted", "content": content}, "done"),
        ({"kind": "evaluate", "data": "missing"}, "failed"),
        ({"kind": "load", "model": str(model)}, "loaded"),
        ({"kind": "write-report", "evaluation": 1, "path": "/x/y.json"}, "failed"),
        (b"[" * 100_000, "failed"),
        ({"kind": "classify", "paths": []}, "done"),
    ]


def test_the_worker_survives_ten_thousand_requests_with_faults(colour_model, pictures, hold_flat):
    samples, requests = [], itertools.cycle(_requests(colour_model, pictures))
    with _started("worker") as worker:
        assert worker.stdin
        assert worker.stdout
        ask = json.dumps({"kind": "load", "id": 0, "model": str(colour_model)})
        worker.stdin.write(ask.encode() + b"\n")
        worker.stdin.flush()
        assert [json.loads(worker.stdout.readline())["kind"] for _ in "01"] == ["hello", "loaded"]
        for number, (request, end) in zip(range(1, REQUESTS + 1), requests, strict=False):
            whole = isinstance(request, dict)
            line = json.dumps(request | {"id": number}).encode() if whole else request
            worker.stdin.write(line + b"\n")
            worker.stdin.flush()
            answer = json.loads(worker.stdout.readline())
            while answer["kind"] != end:
                assert answer["kind"] == "classified", (request, answer)
                answer = json.loads(worker.stdout.readline())
            assert answer["id"] == (number if whole else None)
            assert "a bug" not in answer.get("error", "")
            if number % 50 == 0:
                samples.append(use_of(worker.pid))
    hold_flat(samples)


LOOP = """
import sys, time, tlx
classifier = tlx.Classifier(sys.argv[1], threads=2)
end = time.monotonic() + float(sys.argv[2])
answered, told = 0, 0.0
while time.monotonic() < end:
    for outcome in classifier.classify_files(sys.argv[3:]):
        assert (outcome.error is None) == (outcome.prediction is not None)
        answered += 1
    if time.monotonic() > told + 1:
        told = time.monotonic()
        print(answered, flush=True)
"""


def test_classify_in_a_loop_leaves_memory_and_handles_flat(
    colour_model, pictures, hold_flat, record_property
):
    command = [sys.executable, "-W", "ignore", "-c", LOOP, colour_model, str(SECONDS), *pictures]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    samples, answered = [], "0"
    with subprocess.Popen(command, **quiet) as process:
        for line in process.stdout:
            if process.poll() is None:
                samples.append(use_of(process.pid))
                answered = line
    assert process.returncode == 0
    record_property("answered", int(answered))
    hold_flat(samples)


def _deliver(folder: Path, number: int, sources: Callable[[], Path]) -> Path:
    target = folder / f"{number:06}.jpg"
    part = folder / f".{target.name}"
    shutil.copy(sources(), part)
    return part.rename(target)


def test_a_watch_leaves_memory_and_handles_flat(
    colour_model, pictures, hold_flat, tmp_path, record_property
):
    """Pictures come and go, good and bad; one is half written before it is whole."""
    arrivals, table = tmp_path / "arrivals", tmp_path / "answers.csv"
    arrivals.mkdir()
    cycle = itertools.cycle(Path(path) for path in pictures if Path(path).is_file())
    options = ("--csv", table, "--json", "--interval", "0.2")
    samples, come, end = [], [], time.monotonic() + SECONDS
    with _started("classify", colour_model, "--watch", arrivals, *options) as watch:
        for number in itertools.count():
            if time.monotonic() > end:
                break
            come.append(_deliver(arrivals, number, lambda: next(cycle)))
            assert watch.stdout
            answer = json.loads(watch.stdout.readline())
            assert answer["path"] == str(come[-1])
            if len(come) > 500:
                come.pop(0).unlink()
            if number % 20 == 0:
                samples.append(use_of(watch.pid))
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(30) in (0, 1)
    assert len(table.read_text().splitlines()) == number + 1
    record_property("answered", number)
    hold_flat(samples)


def test_classify_into_parts_leaves_memory_and_handles_flat(
    colour_model, pictures, hold_flat, tmp_path, record_property
):
    """One list that never seems to end, good and bad pictures; then every one has its row."""
    import pyarrow.parquet as pq

    out, names = tmp_path / "answers.parquet", [name for name in pictures if "\n" not in name]
    lines = "".join(f"{name}\n" for name in names).encode(errors="surrogateescape")
    options = ("--out", out, "--part-size", 5000, "--json")
    samples, rounds, told = [], 0, 0.0
    with _started("classify", colour_model, "-", *options) as process:
        assert process.stdin
        assert process.stdout
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            process.stdin.write(lines)  # waits until it has been read
            rounds += 1
            if time.monotonic() > told + 1:
                told = time.monotonic()
                samples.append(use_of(process.pid))
        process.stdin.close()
        summary = json.loads(process.stdout.read())
        assert process.wait(60) == 1
    assert summary["pictures"] == rounds * len(names)
    parts = sorted(out.glob("*.parquet"))
    assert sum(pq.read_metadata(part).num_rows for part in parts) == rounds * len(names)
    rows = pq.read_table(parts[0]).to_pylist()[: 2 * len(names)]
    assert rows[: len(names)] == rows[len(names) :]
    record_property("answered", rounds * len(names))
    hold_flat(samples)
