"""Every command and snippet of the README, run as it stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
NOT_RUN = (
    "tlx check",
    "tlx train photos",
    "tlx compare photos",
    "tlx adopt",
    "tlx gui",
    "tlx classify runs/digits/model.onnx --watch",
    "torchrun",
)
"""Begins of commands that need a display, download ImageNet weights, need pictures or weights of
somebody else, or never end (tlx check is run by tests/cli/test_check.py, tlx adopt by
tests/cli/test_adopt.py, --watch by tests/cli/test_watch.py, torchrun by
tests/training/test_torchrun.py, tlx gui by tests/gui/); the two of set-up are run by .ci/run."""


def blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", README.read_text(encoding="utf-8"), re.S | re.M
    )


def commands() -> list[str]:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in typed if not line.startswith(NOT_RUN)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the README's examples run: with the digits that `tlx demo` writes, and two photos."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    from tlx.studies.demo import write_digits

    place = tmp_path_factory.mktemp("readme")
    write_digits(place / "tlx-demo" / "digits")
    (place / "photos").mkdir()
    for number, pixels in enumerate(load_sample_images().images):
        Image.fromarray(pixels).save(place / "photos" / f"{number}.jpg")
    return place


def run(command: list[str], place: Path) -> str:
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_shows_each_daily_command():
    first_words = {" ".join(command.split()[:2]) for command in commands()}
    assert first_words == {
        *("tlx train", "tlx export", "tlx verify", "tlx eval", "tlx classify", "tlx inspect"),
        *("tlx bench", "tlx compare"),
    }


def test_the_two_commands_of_set_up_are_those_that_ci_looks_for():
    demo, tests = [line for block in blocks("sh") for line in block.splitlines()]
    assert demo.startswith("python3 -m venv") and demo.endswith("tlx demo")
    assert tests.startswith("python3 -m venv") and tests.endswith("pytest tests")


@pytest.mark.slow
def test_every_command_and_snippet_of_the_readme_runs(folder: Path):
    for command in commands():
        assert command.startswith("tlx ")
        run([sys.executable, "-m", "tlx", *shlex.split(command)[1:]], folder)
    for snippet in blocks("python"):
        said = run([sys.executable, "-c", snippet], folder)
        assert said.startswith("3 ")
        assert "missing.png None no such file" in said
