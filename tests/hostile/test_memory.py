"""The largest that is allowed, in a process of its own: its memory is measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from catalogue.bombs import BOMBS
from catalogue.models import MODELS
from catalogue.requests import LINES
from catalogue.runs import swelling_archive

GIGABYTE = 1_000_000_000
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/self/status"),
]
TRAINING = ("--weights", "none", "--epochs", "1", "--imgsz", "32", "-j", "0", "--overwrite")
WATCHED = """
import json, sys
from pathlib import Path
from tlx.cli.main import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["tlx", *arguments]
    try:
        main()
    except SystemExit as ended:
        assert ended.code in (None, 0, 1, 2), ended.code
rows = Path("/proc/self/status").read_text().splitlines()
sys.stderr.write("\\n" + next(row for row in rows if row.startswith("VmHWM:")))
"""


def _peak(*commands: tuple[object, ...]) -> int:
    """Give the most memory that a process had in which commands ran one after another, in bytes."""
    lines = json.dumps([[os.fspath(word) for word in command] for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, lines], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-2]) * 1024


def _hold(good: int, bad: int, record_property) -> None:
    record_property("good and bad", [good, bad])
    assert bad < good + GIGABYTE


@pytest.fixture(scope="module")
def folders(tmp_path_factory, good_picture) -> tuple[Path, Path]:
    """A folder of good pictures of two labels, and one that has bombs beside them."""
    root = tmp_path_factory.mktemp("bombs")
    for name in ("good", "bad"):
        for label in ("blue", "red"):
            (root / name / label).mkdir(parents=True)
            for index in range(30):
                content = good_picture + bytes([index, *name.encode(), *label.encode()])
                (root / name / label / f"{index}.jpg").write_bytes(content)
    for kind in BOMBS:
        folder = root / "bad" / "blue" / kind.name.replace(".", "").replace(",", "")
        folder.mkdir()
        kind.write(folder)
    return root / "good", root / "bad"


@pytest.mark.parametrize("command", ["classify", "check", "eval", "train"])
def test_bombs_take_at_most_a_gigabyte_more(
    command, folders, tmp_path, colour_model, record_property
):
    before = {"classify": (colour_model,), "eval": (colour_model,)}.get(command, ())
    after = {"train": (*TRAINING, "--out", tmp_path / "run")}.get(command, ())
    peaks = [_peak((command, *before, folder, *after)) for folder in folders]
    _hold(*peaks, record_property)


def test_model_files_that_swell_take_at_most_a_gigabyte_more(
    tmp_path, colour_model, record_property
):
    files = []
    for kind in MODELS:
        folder = tmp_path / kind.name
        folder.mkdir()
        kind.write(folder)
        files += [path for path in sorted(folder.glob("*.onnx")) if "altered" not in kind.name]
    for name in ("m/extra/tlx.card", "m/extra/tlx.tensors", "archive/data.pkl"):
        files.append(tmp_path / f"{len(files)}.pt")
        files[-1].write_bytes(swelling_archive(name))
    good = _peak(*[("inspect", colour_model)] * 9)
    _hold(good, _peak(*(("inspect", file) for file in files)), record_property)


def _peak_of_worker(model: Path, lines: list[bytes]) -> int:
    """Give the most memory that a worker had which was asked one thing after another, in bytes."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    load = json.dumps({"kind": "load", "id": -8, "model": str(model)}).encode()
    with subprocess.Popen([sys.executable, "-m", "tlx", "worker"], **pipes) as worker:
        worker.stdout.readline()
        for line in (load, *lines):
            worker.stdin.write(line + b"\n")
            worker.stdin.flush()
            while json.loads(worker.stdout.readline())["kind"] == "classified":
                pass  # until loaded, done or failed
        status = Path(f"/proc/{worker.pid}/status").read_text()
        worker.kill()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def test_the_worker_takes_at_most_a_gigabyte_more(folders, colour_model, record_property):
    def asked(folder: Path) -> list[bytes]:
        paths = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
        return [json.dumps({"kind": "classify", "id": 1, "paths": paths}).encode()]

    good, bad = (asked(folder) for folder in folders)
    peaks = [_peak_of_worker(colour_model, lines) for lines in (good, [*bad, *LINES["huge"]])]
    _hold(*peaks, record_property)
