"""selftest.py says PASS on a whole bundle where the answers are right, and FAIL on any other."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from tlx.export.bundle import _with_proof

Change = Callable[[dict[str, bytes]], None]

NAMES = [
    *("README.md", "SHA256SUMS", "card.json", "labels.txt", "model.onnx", "requirements.txt"),
    *("predict.py", "golden/golden.json", "examples/Classify.cs", "examples/classify.cpp"),
    *("examples/classify.mjs", "golden/1.png", "golden/1.rgb", "golden/2.jpg", "golden/2.rgb"),
    *("golden/3.jpg", "golden/3.rgb"),
]
"""Every file of a bundle but selftest.py itself."""


@pytest.fixture
def result(run_script) -> Callable[[Path], tuple[int, list[str]]]:
    """Give the function that runs a folder's self-test: exit code and lines."""

    def run(folder: Path) -> tuple[int, list[str]]:
        found = run_script(folder / "selftest.py")
        assert found.stderr == ""
        return found.returncode, found.stdout.splitlines()

    return run


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_bundle_of_every_kind_passes_and_its_folder_stays_as_it_is(bundle_of_kind, result):
    before = contents(bundle_of_kind)
    code, lines = result(bundle_of_kind)
    assert (code, lines[-1]) == (0, "PASS")
    assert lines[0] == f"{len(before) - 1} files are as they were made"
    assert sum("pixels exact" in line for line in lines) == 3
    assert sum("logits within 0 " in line for line in lines) == 3
    assert contents(bundle_of_kind) == before


def test_the_list_of_names_is_whole(plain_bundle):
    assert {*contents(plain_bundle)} == {*NAMES, "selftest.py"}


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_byte_of_any_other_file_fails(plain_bundle, result, name):
    content = bytearray((plain_bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (plain_bundle / name).write_bytes(content)
    code, lines = result(plain_bundle)
    assert (code, lines[-2:]) == (1, [f"{name} is not as it was made", "FAIL"])


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_fails(plain_bundle, result, name):
    (plain_bundle / name).unlink()
    code, lines = result(plain_bundle)
    assert (code, lines[-1]) == (1, "FAIL")
    assert lines[-2].startswith(f"{name} cannot be read")


def test_a_line_taken_out_of_the_manifest_fails(plain_bundle, result):
    manifest = plain_bundle / "SHA256SUMS"
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[1:]))
    assert result(plain_bundle)[0] == 1


def test_there_is_no_byte_of_the_manifest_that_may_change(plain_bundle):
    spec = importlib.util.spec_from_file_location("selftest", plain_bundle / "selftest.py")
    selftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(selftest)
    assert [*selftest.check_files()]
    files = contents(plain_bundle)
    content = files["SHA256SUMS"]
    for place, byte in enumerate(content):
        other = b" " if byte != ord(" ") else b"\t"  # what a reader of text would not see
        files["SHA256SUMS"] = content[:place] + other + content[place + 1 :]
        selftest.read = files.__getitem__
        with pytest.raises(selftest.FailedCheckError, match="is not as it was made"):
            [*selftest.check_files()]


def test_another_file_is_named_and_no_failure(plain_bundle, result):
    (plain_bundle / "golden" / "mine.txt").write_text("notes")
    code, lines = result(plain_bundle)
    assert (code, lines[-1]) == (0, "PASS")
    assert any("1 other file(s) lie here, such as golden/mine.txt" in line for line in lines)


def test_packages_that_are_missing_are_a_failure_in_words(plain_bundle):
    command = [sys.executable, "-S", str(plain_bundle / "selftest.py")]  # without site-packages
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert found.returncode == 1
    assert found.stdout.endswith("FAIL\n")
    assert "No module named 'numpy'" in found.stdout
    assert found.stderr == ""


@pytest.fixture
def signed(plain_bundle) -> Callable[[Change], Path]:
    """Give the function that changes a bundle and makes its hashes right again."""

    def change(make: Change) -> Path:
        files = contents(plain_bundle)
        del files["SHA256SUMS"], files["selftest.py"]
        make(files)
        for name, content in _with_proof(files).items():
            (plain_bundle / name).write_bytes(content)
        return plain_bundle

    return change


def change_pixel(name: str, levels: int) -> Change:
    """Move one value of the expected pixels: the decoder here is that far away then."""

    def make(files: dict[str, bytes]) -> None:
        pixels = bytearray(files[name])
        pixels[50] += levels if pixels[50] < 128 else -levels
        files[name] = bytes(pixels)

    return make


def test_the_png_must_be_exact(signed, result):
    code, lines = result(signed(change_pixel("golden/1.rgb", 1)))
    assert code == 1
    assert lines[-2] == "golden/1.png is 1 levels of 255 away, 0 are allowed"


@pytest.mark.parametrize("number", [2, 3])
def test_a_jpeg_may_be_two_levels_away_and_that_is_said(signed, result, number):
    code, lines = result(signed(change_pixel(f"golden/{number}.rgb", 2)))
    assert (code, lines[-1]) == (0, "PASS")
    said = f"golden/{number}.jpg: pixels within 2 level(s) of 255, by another JPEG library"
    assert said in lines


@pytest.mark.parametrize("number", [2, 3])
def test_a_jpeg_three_levels_away_fails(signed, result, number):
    code, lines = result(signed(change_pixel(f"golden/{number}.rgb", 3)))
    assert code == 1
    assert lines[-2] == f"golden/{number}.jpg is 3 levels of 255 away, 2 are allowed"


def test_where_the_graph_resizes_a_decoded_jpeg_may_be_four_levels_away(bundle_of_rule):
    golden = json.loads((bundle_of_rule / "golden/golden.json").read_text(encoding="utf-8"))
    card = json.loads((bundle_of_rule / "card.json").read_text(encoding="utf-8"))
    jpeg = 4 if card["input"] == "uint8-any-size" else 2
    assert [vector["levels"] for vector in golden["vectors"]] == [0, jpeg, jpeg]
    assert f"{jpeg} levels of 255 away" in (bundle_of_rule / "README.md").read_text(
        encoding="utf-8"
    )


def change_weights(files: dict[str, bytes]) -> None:
    model = onnx.load_from_string(files["model.onnx"])
    for tensor in model.graph.initializer:
        if tensor.name == "weight":
            weight = onnx.numpy_helper.to_array(tensor) + np.float32(1e-4)
            tensor.CopyFrom(onnx.numpy_helper.from_array(weight, "weight"))
    files["model.onnx"] = model.SerializeToString()


def test_other_logits_fail(signed, result):
    code, lines = result(signed(change_weights))
    assert code == 1
    assert lines[-2].startswith("golden/1.png: logits are ")
    assert lines[-2].endswith("is allowed")


def change_labels(files: dict[str, bytes]) -> None:
    card = json.loads(files["card.json"])
    card["labels"] = card["labels"][::-1]
    files["card.json"] = json.dumps(card).encode()


def test_other_labels_fail(signed, result):
    code, lines = result(signed(change_labels))
    assert code == 1
    assert "here, not [" in lines[-2]


def not_a_number(files: dict[str, bytes]) -> None:
    golden = json.loads(files["golden/golden.json"])
    golden["vectors"][0]["logits"][0] = float("nan")
    files["golden/golden.json"] = json.dumps(golden).encode()


def test_a_logit_that_is_no_number_fails(signed, result):
    assert result(signed(not_a_number))[0] == 1


@pytest.mark.parametrize("kind", ["with a rule"], indirect=True)
def test_another_score_for_unknown_pictures_fails(bundle_of_kind, result, tmp_path):
    folder = Path(shutil.copytree(bundle_of_kind, tmp_path / "bundle"))
    assert any("; unknown_score within 0" in line for line in result(folder)[1])
    files = contents(folder)
    del files["SHA256SUMS"], files["selftest.py"]
    golden = json.loads(files["golden/golden.json"])
    golden["vectors"][0]["unknown_score"] *= 1.01
    files["golden/golden.json"] = json.dumps(golden).encode()
    for name, content in _with_proof(files).items():
        (folder / name).write_bytes(content)
    code, lines = result(folder)
    assert code == 1
    assert lines[-2].startswith("golden/1.png: unknown_score is ")


def without_exif(files: dict[str, bytes]) -> None:
    text = files["predict.py"].decode().replace("if known else rgb", "if False else rgb")
    files["predict.py"] = text.encode()


def without_antialias(files: dict[str, bytes]) -> None:
    text = files["predict.py"].decode().replace("BILINEAR", "NEAREST")
    files["predict.py"] = text.encode()


def crop_beside(files: dict[str, bytes]) -> None:
    text = files["predict.py"].decode().replace("(length - CROP) / 2", "(length - CROP) / 2 + 1")
    files["predict.py"] = text.encode()


@pytest.mark.parametrize(
    ("fault", "picture"),
    [(without_exif, "3.jpg"), (without_antialias, "1.png"), (crop_beside, "1.png")],
)
def test_a_port_with_a_fault_fails_on_the_picture_that_shows_it(signed, result, fault, picture):
    code, lines = result(signed(fault))
    assert code == 1
    assert lines[-2].startswith(f"golden/{picture} ")


def sampled_png(files: dict[str, bytes]) -> None:
    file = BytesIO()
    with Image.open(BytesIO(files["golden/2.jpg"])) as image:
        image.save(file, "JPEG", quality=60)
    files["golden/2.jpg"] = file.getvalue()


def test_another_picture_fails(signed, result):
    assert result(signed(sampled_png))[0] == 1


@pytest.mark.slow
def test_a_bundle_passes_where_neither_tlx_nor_torch_was_ever_installed(
    model_file, pictures, unpack, run_script, tmp_path
):
    bundle = unpack(model_file, pictures)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted = ["-m", "pip", "install", "--quiet", "-r", str(bundle / "requirements.txt")]
    subprocess.run([str(python), *wanted], check=True)
    for absent in ("tlx", "torch", "onnx"):
        missing = [str(python), "-c", f"import {absent}"]
        assert subprocess.run(missing, capture_output=True, check=False).returncode == 1
    found = run_script(bundle / "selftest.py", python=python)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.endswith("PASS\n")
    said = run_script(bundle / "predict.py", bundle / "golden/3.jpg", python=python)
    expected = json.loads((bundle / "golden/golden.json").read_text(encoding="utf-8"))
    assert f"3.jpg: {expected['vectors'][2]['labels'][0]} " in said.stdout
    shutil.copy(bundle / "golden/2.jpg", bundle / "golden/3.jpg")
    assert run_script(bundle / "selftest.py", python=python).stdout.endswith("FAIL\n")
