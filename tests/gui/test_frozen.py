"""The one-folder application, built in an environment of its own in which there is no torch."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 305e6
SMALL, SMALL_PACKED = 250e6, 80e6
"""Bytes; of the one that only classifies and watches, made without scikit-learn and SciPy."""
WHOLE = pytest.param("whole", marks=pytest.mark.slow)
WITHOUT_SCORES = pytest.param("small", marks=pytest.mark.soak)
"""By hand: a second one takes minutes."""
SCORES = ("scikit-learn", "scipy")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the recipe was tried on Linux only"),
    pytest.mark.timeout(1800),
]


def run(*command: object, **options: object) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="module", params=[WHOLE, WITHOUT_SCORES])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder with `dist` and PyInstaller's `work`."""
    folder = tmp_path_factory.mktemp(request.param)
    left_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "build", "runs", "tlx-demo")
    shutil.copytree(ROOT, folder / "source", ignore=left_out)
    run(sys.executable, "-m", "venv", folder / "own")
    packages = (folder / "source", "PySide6-Essentials>=6.8,<6.12", "pyinstaller>=6.10")
    scores = SCORES if request.param == "whole" else ()
    constraints = ("-c", folder / "source" / "constraints.txt")
    run(folder / "own/bin/pip", "install", "--quiet", *packages, *scores, *constraints, cwd=folder)
    recipe = ("source/frozen/tlx.spec", "--workpath", "work")
    run(folder / "own/bin/pyinstaller", *recipe, cwd=folder)
    shutil.rmtree(folder / "own")  # nothing of it may be needed
    return folder


@pytest.fixture
def program(built: Path) -> Path:
    return built / "dist" / "tlx" / "tlx"


def ask(process: subprocess.Popen, kind: str, **fields: object) -> dict:
    process.stdin.write(json.dumps({"kind": kind, "id": 1, **fields}) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


@pytest.fixture
def worker(program: Path) -> Iterator[subprocess.Popen]:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([program, "worker"], text=True, **pipes) as process:
        assert json.loads(process.stdout.readline())["kind"] == "hello"
        yield process
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize("built", [WHOLE], indirect=True)
def test_its_worker_answers_and_explains_as_tlx_does(worker, colour_model, pictures):
    from tlx.inference.classifier import Classifier

    picture = str(pictures / "green" / "0.png")
    assert ask(worker, "load", model=str(colour_model))["kind"] == "loaded"
    (row,) = ask(worker, "classify", paths=[picture])["rows"]
    expected = Classifier(colour_model).classify(picture).top(5)
    found = [(one["label"], one["probability"]) for one in row["predictions"]]
    assert found == [(one.label, one.probability) for one in expected]
    assert json.loads(worker.stdout.readline())["kind"] == "done"
    assert ask(worker, "explain", path=picture, label="green")["kind"] == "explained"
    assert ask(worker, "measure")["milliseconds"] > 0


@pytest.mark.parametrize("built", [WHOLE], indirect=True)
def test_it_scores_a_labelled_folder_and_writes_the_report(
    worker, colour_model, pictures, tmp_path
):
    ask(worker, "load", model=str(colour_model))
    answer = ask(worker, "evaluate", data=str(pictures))
    while answer["kind"] in ("progressed", "scored"):
        answer = json.loads(worker.stdout.readline())
    assert answer["kind"] == "evaluated", answer
    assert (answer["report"]["accuracy"], answer["report"]["failures"]) == (1.0, 1)
    for ending in ("html", "json", "csv"):
        path = tmp_path / f"report.{ending}"
        answer = ask(worker, "write-report", evaluation=1, path=str(path))
        while answer["kind"] == "progressed":
            answer = json.loads(worker.stdout.readline())
        assert answer["kind"] == "written", answer
        assert path.stat().st_size


@pytest.mark.parametrize("built", [WHOLE], indirect=True)
def test_its_window_opens_a_model_through_its_own_worker(program, colour_model, tmp_path):
    places = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    environment = os.environ | places | {"QT_QPA_PLATFORM": "offscreen"}
    settings, end = tmp_path / "tlx" / "tlx.conf", time.monotonic() + 60
    with subprocess.Popen([program, colour_model], env=environment) as window:
        while time.monotonic() < end and str(colour_model) not in _text(settings):
            time.sleep(0.1)
        assert str(colour_model) in _text(settings)
        children = Path(f"/proc/{window.pid}/task/{window.pid}/children").read_text().split()
        names = [Path(f"/proc/{child}/exe").resolve() for child in children]
        assert names == [program.resolve()]
        window.terminate()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("built", [WHOLE], indirect=True)
def test_without_a_display_it_says_so(program):
    environment = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"), "")
    done = subprocess.run(
        [program], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tlx: there is no display")


@pytest.mark.parametrize("built", [WITHOUT_SCORES], indirect=True)
def test_without_scikit_learn_it_classifies_and_says_what_scores_need(
    program, colour_model, pictures
):
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    with subprocess.Popen([program, "worker"], text=True, **pipes) as worker:
        assert json.loads(worker.stdout.readline())["kind"] == "hello"
        ask(worker, "load", model=str(colour_model))
        (row,) = ask(worker, "classify", paths=[str(pictures / "red" / "0.png")])["rows"]
        assert row["predictions"][0]["label"] == "red"
        assert json.loads(worker.stdout.readline())["kind"] == "done"
        failed = ask(worker, "evaluate", data=str(pictures))
        assert "needs the extra 'eval' (not installed: sklearn, scipy)" in failed["error"]


@pytest.mark.parametrize(
    ("built", "without", "largest"),
    [
        pytest.param("whole", (), LARGEST, marks=pytest.mark.slow),
        pytest.param("small", ("sklearn", "scipy"), SMALL, marks=pytest.mark.soak),
    ],
    indirect=["built"],
)
def test_there_is_no_torch_in_it_and_it_is_small(built, without, largest):
    files = [path for path in (built / "dist").rglob("*") if path.is_file()]
    modules = (built / "work" / "tlx" / "PYZ-00.toc").read_text()
    assert "'tlx.cli.worker'" in modules
    for package in ("torch", "torchvision", "onnx", "matplotlib", "typer", *without):
        assert f"'{package}'" not in modules
        assert not [path for path in files if package in path.relative_to(built / "dist").parts]
    assert sum(path.stat().st_size for path in files if not path.is_symlink()) <= largest


@pytest.mark.parametrize("built", [WITHOUT_SCORES], indirect=True)
def test_the_small_one_packs_well(built):
    packed = built / "tlx.tar.xz"
    run("tar", "--create", "--xz", "--file", packed, "--directory", built / "dist", "tlx")
    assert packed.stat().st_size <= SMALL_PACKED
