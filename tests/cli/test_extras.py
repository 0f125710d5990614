"""Commands in a small installation: what goes without the extras, and what the others say."""

import json
import os
import subprocess
import sys

import pytest

from tlx.cli import extras
from tlx.cli.extras import require_extra
from tlx.errors import MissingExtraError

EVAL = ("sklearn", "scipy", "matplotlib")
TRAIN = (*EVAL, "torch", "torchvision", "onnx", "onnxscript")


@pytest.fixture
def without(monkeypatch):
    """Give the function that makes packages look as if they were not installed."""

    def remove(*packages: str) -> None:
        def find(name: str) -> object:
            return None if name in packages else object()

        monkeypatch.setattr(extras, "find_spec", find)

    return remove


def run_small(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run tlx in a process where no package of any extra can be imported."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({TRAIN})); sys.argv[0] = 'tlx'; "
        "from tlx.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["train", "data"], "train"),
        (["train", "--resume", "run"], "train"),
        (["adopt", "a.pth", "--arch", "a", "--labels", "b", "--out", "c"], "train"),
        (["export", "run"], "train"),
        (["demo"], "train"),
        (["compare", "data", "--vary", "lr=0.1,0.2"], "train"),
        (["eval", "model.onnx", "data"], "eval"),
        (["eval", "model.onnx", "--labels", "labels.csv", "--json"], "eval"),
    ],
)
def test_a_command_says_which_extra_it_needs_and_how_to_install_it(
    run_tlx, without, arguments, extra
):
    without(*TRAIN)
    error = run_tlx(*arguments).error
    assert error.startswith(f"tlx: tlx {arguments[0]} needs the extra '{extra}'")
    assert f"pip install '.[{extra}]'" in error
    assert f"pip install '.[{extra}]'" in error


def test_the_packages_that_are_absent_are_named_and_no_others(run_tlx, without):
    without("torchvision", "onnx")
    assert "(not installed: torchvision, onnx)" in run_tlx("export", "run").error


def test_eval_needs_no_torch(run_tlx, without):
    without("torch", "torchvision", "onnx", "onnxscript")
    assert "nowhere does not exist" in run_tlx("eval", "model.onnx", "nowhere").error


@pytest.mark.parametrize("package", TRAIN)
def test_each_package_of_an_extra_is_needed(without, package):
    require_extra("train", "train")
    without(package)
    with pytest.raises(MissingExtraError, match=rf"\(not installed: {package}\)"):
        require_extra("train", "train")


def test_a_checkpoint_cannot_be_inspected_without_torch_but_says_so(run_tlx, without, journey):
    without(*TRAIN)
    error = run_tlx("inspect", journey.run / "best.pt").error
    assert "needs the extra 'train'" in error
    assert "checkpoint" in error


def test_pictures_are_classified_without_any_extra(journey):
    picture = journey.data / "test" / "green" / "000.jpg"
    done = run_small("classify", journey.run / "model.onnx", picture, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["predictions"][0]["label"] == "green"


@pytest.mark.parametrize("name", ["model.onnx", "model.ts", "model.pt2"])
def test_exported_files_are_inspected_without_any_extra(journey, name):
    done = run_small("inspect", journey.run / name, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["card"]["labels"] == ["blue", "green", "red"]


def test_the_version_is_told_without_any_extra():
    done = run_small("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert "execution providers: " in done.stdout


def test_a_process_without_the_extras_says_so_in_one_line(journey):
    done = run_small("eval", journey.run / "model.onnx", journey.data / "test")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tlx: tlx eval needs the extra 'eval'")
    assert done.stderr.count("\n") == 1
