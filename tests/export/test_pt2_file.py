"""The pt2 file: torch's exported program, with the card, and nothing of this machine."""

import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import tlx
from tlx.export import pictures
from tlx.export.options import ExportOptions
from tlx.export.pt2_file import load_pt2, rewrite_pt2_card
from tlx.export.torch_opened import Pt2File
from tlx.inference.card import CARD_KEY
from tlx.inference.card_json import card_from_json
from tlx.inference.inspection import describe_archive
from tlx.inference.session import ModelSession

NAMES = ("logits", "probabilities", "activation_maps", "features")


@pytest.fixture(scope="module")
def program_file(model_file, tmp_path_factory) -> Path:
    """Export the run of `model_file` as pt2, for any number of pictures."""
    out = tmp_path_factory.mktemp("pt2")
    (file,) = tlx.export(model_file.parent, out=out, options=ExportOptions(formats=("pt2",)))
    assert [path.name for path in out.iterdir()].count("model.pt2") == 1
    return file.path


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randint(0, 256, (5, 32, 32, 3), dtype=torch.uint8)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_it_answers_any_number_of_pictures_as_the_onnx_file(
    program_file, model_file, images, count
):
    found = load_pt2(program_file)[0].module()(images[:count])
    expected = ModelSession(model_file).run(images[:count].numpy())
    for name, output in zip(NAMES, found, strict=True):
        other = getattr(expected, name)
        output = output.detach().numpy()  # noqa: PLW2901
        np.testing.assert_allclose(output, other, rtol=0, atol=1e-5 * np.abs(other).max())


def test_it_carries_the_same_card_but_for_its_own_verification(program_file, model_file):
    card = card_from_json(load_pt2(program_file)[1][CARD_KEY])
    assert card.verification.pictures == 64
    assert replace(card, verification=None) == replace(
        ModelSession(model_file).card, verification=None
    )


def test_it_is_described_without_torch(program_file, tmp_path):
    described = describe_archive(program_file)
    assert described.kind == "pt2"
    assert [(spec.name, spec.shape) for spec in described.inputs] == [("images", ("N", 32, 32, 3))]
    shapes = {spec.name: spec.shape for spec in described.outputs}
    assert shapes["activation_maps"] == ("N", 3, 1, 1)
    code = (
        "import sys\n"
        "for name in ('torch', 'torchvision', 'onnx', 'sklearn'): sys.modules[name] = None\n"
        "from tlx.cli.main import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, "inspect", str(program_file)]
    shown = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)
    assert f"{program_file}: pt2, " in shown.stdout
    assert "images: uint8 [N, 32, 32, 3]" in shown.stdout


def test_no_place_on_this_machine_stands_in_any_of_its_files(program_file):
    folders = (Path(tlx.__file__).parent, Path(torch.__file__).parents[1], Path.cwd())
    traces = [str(folder).encode() for folder in (*folders, program_file.parent)]
    traces += [b"site-packages", b".partial", b"/home/", b"/tmp/", f"{Path.home()}/".encode()]
    with zipfile.ZipFile(program_file) as archive:
        names = archive.namelist()
        for name in names:
            content = archive.read(name)
            assert not any(trace in content or trace in name.encode() for trace in traces), name
    assert len(names) > 50


def test_another_card_leaves_the_answers_as_they_are(program_file, images, tmp_path):
    path = tmp_path / "model.pt2"
    path.write_bytes(program_file.read_bytes())
    card = card_from_json(load_pt2(path)[1][CARD_KEY])
    rewrite_pt2_card(path, replace(card, labels=("x", "y", "z")))
    assert Pt2File(path).card.labels == ("x", "y", "z")
    assert Pt2File(path).batch is None
    before, after = (load_pt2(p)[0].module()(images) for p in (program_file, path))
    assert all(one.equal(other) for one, other in zip(before, after, strict=True))
    assert [found.name for found in tmp_path.iterdir()] == ["model.pt2"]


def test_floats_in_a_fixed_batch_without_explanations_are_verified_too(light_run, monkeypatch):
    monkeypatch.setattr(pictures, "MOST", 10)
    monkeypatch.setattr(pictures, "FEWEST", 10)
    options = ExportOptions(formats=("pt2",), input="float-nchw", explain=False, batch=3)
    (file,) = tlx.export(light_run, options=options)
    opened = Pt2File(file.path)
    assert (opened.batch, opened.explains, opened.card.input) == (3, False, "float-nchw")
    outputs = load_pt2(file.path)[0].module()(torch.rand(3, 3, 32, 32))
    assert [tuple(output.shape) for output in outputs] == [(3, 3), (3, 3)]
    answers = opened.run([np.zeros((32, 32, 3), np.uint8)] * 4)
    assert answers.logits.shape == (4, 3)
