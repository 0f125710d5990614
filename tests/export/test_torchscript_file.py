"""The TorchScript file answers as the ONNX file does, with the same card."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch

import tlx
from tlx.export.torchscript_file import load_torchscript, rewrite_torchscript_card
from tlx.inference.card import CARD_KEY, TENSORS_KEY
from tlx.inference.card_json import card_from_json
from tlx.inference.session import ModelSession


@pytest.fixture(scope="module")
def script_file(model_file) -> Path:
    return model_file.with_name("model.ts")


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)


def _answers(path: Path, images: torch.Tensor) -> list[torch.Tensor]:
    module, _ = load_torchscript(path)
    with torch.no_grad():
        return list(module(images))


def test_it_answers_as_the_onnx_file(script_file, model_file, images):
    found = _answers(script_file, images)
    expected = ModelSession(model_file).run(images.numpy())
    names = ("logits", "probabilities", "activation_maps", "features")
    for name, output in zip(names, found, strict=True):
        other = getattr(expected, name)
        np.testing.assert_allclose(output.numpy(), other, rtol=0, atol=1e-5 * np.abs(other).max())


def test_it_carries_the_same_card_but_for_its_own_verification(script_file, model_file):
    _, notes = load_torchscript(script_file)
    card, other = card_from_json(notes[CARD_KEY]), ModelSession(model_file).card
    assert card.verification.pictures == 64
    assert replace(card, verification=None) == replace(other, verification=None)


def test_it_says_what_goes_in_and_out(script_file, features):
    extra = {TENSORS_KEY: ""}
    torch.jit.load(script_file, _extra_files=extra)
    tensors = json.loads(extra[TENSORS_KEY])
    assert tensors["inputs"] == [{"name": "images", "dtype": "uint8", "shape": ["N", 32, 32, 3]}]
    assert {row["name"]: row["shape"] for row in tensors["outputs"]} == {
        "logits": ["N", 3],
        "probabilities": ["N", 3],
        "activation_maps": ["N", 3, 1, 1],
        "features": ["N", features],
    }


def test_no_path_of_the_machine_is_in_it(script_file):
    with ZipFile(script_file) as archive:
        names = archive.namelist()
        texts = [archive.read(n) for n in names if "/data/" not in n and "/constants/" not in n]
    assert len(texts) > 10
    for folder in (Path(tlx.__file__).parent, Path(torch.__file__).parents[1], Path.cwd()):
        assert not any(str(folder).encode() in text for text in texts)
    assert not any(b"site-packages" in text for text in texts)
    assert not any("partial" in name or name.startswith(".") for name in names)


def test_another_card_leaves_the_answers_as_they_are(script_file, tmp_path, images):
    path = tmp_path / "model.ts"
    path.write_bytes(script_file.read_bytes())
    card = card_from_json(load_torchscript(path)[1][CARD_KEY])
    rewrite_torchscript_card(path, replace(card, labels=("x", "y", "z")))
    assert card_from_json(load_torchscript(path)[1][CARD_KEY]).labels == ("x", "y", "z")
    before, after = _answers(script_file, images), _answers(path, images)
    assert all(one.equal(other) for one, other in zip(before, after, strict=True))


@pytest.mark.slow
def test_torch_alone_loads_it(script_file, images, tmp_path):
    code = (
        "import sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "for name in ('tlx', 'torchvision', 'onnxruntime', 'PIL'): sys.modules[name] = None\n"
        "import torch\n"
        "outputs = torch.jit.load(sys.argv[1])(torch.load(sys.argv[2]))\n"
        "torch.save([output.detach() for output in outputs], sys.argv[3])\n"
    )
    torch.save(images, tmp_path / "images.pt")
    arguments = [script_file, tmp_path / "images.pt", tmp_path / "answers.pt"]
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, cwd=tmp_path)
    found = torch.load(tmp_path / "answers.pt")
    for output, expected in zip(found, _answers(script_file, images), strict=True):
        torch.testing.assert_close(output, expected, rtol=0, atol=1e-5)
