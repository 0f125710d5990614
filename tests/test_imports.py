"""Who imports what, in fresh processes; and what `import tlx` gives."""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import tlx

FRONT_ENDS = ("typer", "rich", "PySide6")
EVALUATION = ("sklearn", "scipy", "matplotlib")
TRAINING = ("torch", "torchvision", "onnx", "onnxscript")
MANY = ("pyarrow", "fsspec", "ray", "pandas")
ROOT = Path(tlx.__file__).parent
DEVICE_HALF = [
    f"{folder}.{path.stem}"
    for folder in ("inference", "samples")
    for path in sorted((ROOT / folder).glob("[!_]*.py"))
]


def loaded_after(statement: str, folder: Path) -> set[str]:
    """Give the modules that a fresh process has loaded after a statement."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(json.loads(done.stdout))


def test_import_tlx_imports_nothing_of_ours_and_nothing_heavy(tmp_path: Path):
    loaded = loaded_after("import tlx; tlx.__version__; dir(tlx)", tmp_path)
    assert {name for name in loaded if name.startswith("tlx")} == {"tlx"}
    assert not loaded & {*TRAINING, *EVALUATION, *FRONT_ENDS, "numpy", "PIL", "onnxruntime"}


def test_the_device_half_never_pulls_in_torch_onnx_or_a_front_end(tmp_path: Path):
    imports = "\n".join(f"import tlx.{name}" for name in DEVICE_HALF)
    loaded = loaded_after(imports, tmp_path)
    assert "tlx.inference.classifier" in loaded
    assert {f"tlx.{name}" for name in DEVICE_HALF} <= loaded
    assert not loaded & {*TRAINING, *EVALUATION, *FRONT_ENDS, *MANY}


def test_the_public_classifier_never_pulls_in_more_than_the_device_half(tmp_path: Path):
    loaded = loaded_after("import tlx; tlx.Classifier; tlx.Outcome; tlx.ModelCard", tmp_path)
    assert "onnxruntime" in loaded
    assert not loaded & {*TRAINING, *EVALUATION, *FRONT_ENDS}


def test_what_the_worker_shares_with_the_window_needs_the_standard_library_only(tmp_path: Path):
    loaded = loaded_after("import tlx.gui.protocol", tmp_path)
    assert not loaded & {*TRAINING, *EVALUATION, *FRONT_ENDS, "numpy", "PIL", "onnxruntime"}


def test_samples_never_pull_in_the_runtime(tmp_path: Path):
    names = [name for name in DEVICE_HALF if name.startswith("samples.")]
    loaded = loaded_after("\n".join(f"import tlx.{name}" for name in names), tmp_path)
    assert not loaded & {"onnxruntime", "tlx.inference.session", "tlx.inference.card"}


def test_measuring_model_files_never_pulls_in_more_than_the_device_half(tmp_path: Path):
    loaded = loaded_after("import tlx.studies.bench", tmp_path)
    assert {"tlx.studies.footprint", "tlx.studies.machine", "onnxruntime"} <= loaded
    assert not loaded & {*TRAINING, *EVALUATION, *FRONT_ENDS}


def test_evaluation_never_pulls_in_torch_or_onnx(tmp_path: Path):
    imports = "import tlx.evaluation.metrics, tlx.evaluation.plots, tlx.evaluation.report"
    loaded = loaded_after(imports, tmp_path)
    assert {"tlx.evaluation.plots", "sklearn", "matplotlib"} <= loaded
    # Not Rich: scikit-learn itself looks whether that is there.
    assert not loaded & {*TRAINING, "typer", "PySide6"}


@pytest.mark.parametrize("name", tlx.__all__)
def test_every_public_name_is_there(name: str):
    assert getattr(tlx, name) is not None
    assert name in dir(tlx)


@pytest.mark.parametrize("name", ["train", "export"])
def test_a_public_function_can_be_called_again_after_its_first_use(name: str):
    # A folder of the same name would take the function's place as soon as it is imported.
    assert callable(getattr(tlx, name))
    assert callable(getattr(tlx, name))


def test_public_names_are_sorted_and_unique():
    assert sorted(set(tlx.__all__)) == tlx.__all__


def test_a_name_that_does_not_exist_is_the_usual_error():
    with pytest.raises(AttributeError, match="module 'tlx' has no attribute 'classify'"):
        tlx.classify  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


def test_the_version_is_three_numbers():
    assert re.fullmatch(r"\d+\.\d+\.\d+", tlx.__version__)


def test_the_version_is_that_of_the_installed_package():
    try:
        installed = version("tlx")
    except PackageNotFoundError:
        pytest.skip("tlx is on the path, but not installed")
    assert installed == tlx.__version__


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "py.typed").is_file()


_RUN = """
from tlx.cli.start import main
with open("shown.txt", "w", encoding="utf-8") as sys.stdout:
    try:
        main()
    except SystemExit:
        pass
sys.stdout = sys.__stdout__
"""


@pytest.mark.parametrize("words", [["--help"], ["classify", "--help"], ["train", "--help"]])
def test_help_never_imports_numpy(words: list[str], tmp_path: Path):
    loaded = loaded_after(f"import sys; sys.argv = ['tlx', *{words!r}]\n{_RUN}", tmp_path)
    assert "Usage" in (tmp_path / "shown.txt").read_text(encoding="utf-8")
    assert not loaded & {
        *TRAINING,
        *EVALUATION,
        *MANY,
        "numpy",
        "PIL",
        "onnxruntime",
        "tlx.inference.card",
    }


def test_completion_never_imports_numpy(tmp_path: Path):
    asked = {"_TLX_COMPLETE": "complete_bash", "COMP_WORDS": "tlx cl", "COMP_CWORD": "1"}
    ask = f"import os, sys; os.environ.update({asked!r}); sys.argv = ['tlx']"
    loaded = loaded_after(f"{ask}\n{_RUN}", tmp_path)
    assert (tmp_path / "shown.txt").read_text().split() == ["classify"]
    assert not loaded & {*TRAINING, *EVALUATION, "numpy", "PIL", "onnxruntime"}
