"""The examples: JavaScript is run; C++ and C# are held against the bundle by what they read."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tlx.export.bundle import EXAMPLES


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory) -> Path:
    """Packages of onnxruntime-node, installed once."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed: the JavaScript example needs them")
    folder = tmp_path_factory.mktemp("node")
    install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "onnxruntime-node"]
    found = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"npm could not install onnxruntime-node: {found.stderr[-200:]}")
    return folder / "node_modules"


def run_javascript(bundle: Path, node_modules: Path, number: int) -> subprocess.CompletedProcess:
    link = bundle / "node_modules"
    if not link.exists():
        link.symlink_to(node_modules)
    return subprocess.run(
        ["node", str(bundle / "examples/classify.mjs"), str(number)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_the_javascript_example_prints_the_golden_labels(bundle_of_kind, node_modules, tmp_path):
    bundle = shutil.copytree(bundle_of_kind, tmp_path / "bundle")
    golden = json.loads((bundle / "golden/golden.json").read_text(encoding="utf-8"))
    for number, vector in enumerate(golden["vectors"], 1):
        found = run_javascript(bundle, node_modules, number)
        assert (found.returncode, found.stderr) == (0, "")
        said = [line.rpartition(" ")[0] for line in found.stdout.splitlines()]
        assert sorted(said) == sorted(vector["labels"])


@pytest.mark.slow
def test_the_javascript_example_tells_wrong_pixels(plain_bundle, node_modules):
    pixels = plain_bundle / "golden/1.rgb"
    pixels.write_bytes(pixels.read_bytes()[::-1])
    found = run_javascript(plain_bundle, node_modules, 1)
    assert found.returncode == 1
    assert "logits are" in found.stderr


def test_every_example_says_how_it_is_run_and_reads_what_the_bundle_has(plain_bundle):
    for name in EXAMPLES:
        text = (plain_bundle / name).read_text(encoding="utf-8")
        assert text.startswith("// From golden uint8 pixels to the label")
        for word in ("images", "logits", "probabilities", "README.md", "thresholds"):
            assert word in text, f"{word} in {name}"


def test_the_readme_gives_the_size_that_the_cplusplus_example_is_called_with(bundle_of_kind):
    vector = json.loads((bundle_of_kind / "golden/golden.json").read_text(encoding="utf-8"))
    height, width, _ = vector["vectors"][0]["shape"]
    readme = (bundle_of_kind / "README.md").read_text(encoding="utf-8")
    assert f"`./classify . model.onnx {height} {width} 1`" in readme
