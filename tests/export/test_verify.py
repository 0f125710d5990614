"""`tlx.verify`: a file that is there already, held against a run."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import tlx
from tlx.errors import CheckpointError, ModelFileError, VerificationError
from tlx.export import pictures
from tlx.export.deployed import DeployedNetwork
from tlx.export.onnx_file import rewrite_onnx_card, write_onnx
from tlx.export.options import ExportOptions
from tlx.export.pt2_file import write_pt2
from tlx.inference.session import ModelSession
from tlx.training.checkpoint import load_checkpoint, restore_network, save_checkpoint


@pytest.fixture(autouse=True)
def _few(monkeypatch) -> None:
    monkeypatch.setattr(pictures, "MOST", 10)
    monkeypatch.setattr(pictures, "FEWEST", 10)


@pytest.fixture
def program_file(light_run, tmp_path) -> Path:
    """A pt2 file of the run as the exporter writes it."""
    checkpoint = load_checkpoint(light_run / "best.pt")
    network = DeployedNetwork(restore_network(checkpoint), checkpoint.card).eval()
    write_pt2(network, checkpoint.card, tmp_path / "model.pt2", ExportOptions())
    return tmp_path / "model.pt2"


def _contents(*folders: Path) -> dict[Path, bytes]:
    paths = [path for folder in folders for path in folder.iterdir()]
    return {path: path.read_bytes() for path in paths if path.is_file()}


def test_each_kind_of_file_is_verified_and_nothing_is_changed(exported_run, program_file):
    shutil.move(program_file, exported_run / "model.pt2")
    before = _contents(exported_run)
    for name, kind in {"onnx": "onnx", "ts": "torchscript", "pt2": "pt2"}.items():
        found = tlx.verify(exported_run / f"model.{name}", exported_run)
        assert (found.path, found.format) == (exported_run / f"model.{name}", kind)
        verification = found.verification
        assert verification.passed
        assert verification.comparison.pictures == 10
        assert verification.source == "validation"
        assert all(result.passed for result in verification.conditions)
        assert verification.scores.first == verification.scores.second
    assert _contents(exported_run) == before


def test_the_ending_of_a_name_says_nothing(exported_run, tmp_path):
    shutil.copy(exported_run / "model.ts", tmp_path / "file.onnx")
    assert tlx.verify(str(tmp_path / "file.onnx"), str(exported_run)).format == "torchscript"


def test_variants_are_verified_by_what_their_cards_say(any_size_file, light_run):
    found = tlx.verify(any_size_file, light_run)
    assert found.verification.resize.passed
    assert found.verification.resize.pictures == 10


def test_any_folder_of_pictures_will_do(exported_run, split_folder):
    found = tlx.verify(exported_run / "model.onnx", exported_run, data=split_folder / "test")
    assert (found.verification.source, found.verification.comparison.pictures) == ("folder", 10)
    assert found.verification.scores is not None


def test_pictures_that_have_moved_are_found_where_the_user_says(
    exported_run, split_folder, tmp_path
):
    shutil.copytree(split_folder, tmp_path / "moved")
    found = tlx.verify(exported_run / "model.onnx", exported_run, data=tmp_path / "moved")
    assert found.verification.worst.is_relative_to(tmp_path / "moved")


@pytest.fixture
def other_run(light_run) -> Path:
    """A run with the same card, whose training went on a little."""
    checkpoint = load_checkpoint(light_run / "best.pt")
    weights = {name: value.clone() for name, value in checkpoint.weights.items()}
    weights["layer3.0.conv1.weight"] *= 1.01
    (light_run / "best.pt").unlink()
    save_checkpoint(light_run / "best.pt", replace(checkpoint, weights=weights))
    return light_run


@pytest.mark.parametrize("name", ["model.onnx", "model.ts"])
def test_a_file_of_another_epoch_is_refused_with_the_stage(exported_run, other_run, name):
    with pytest.raises(VerificationError) as caught:
        tlx.verify(exported_run / name, other_run)
    text = str(caught.value)
    assert text.startswith(f"{name} does not answer as the checkpoint does (largest difference")
    assert "stage that differs is layer3: weights or BatchNorm statistics of layer3" in text
    assert "published" not in text
    assert (exported_run / name).exists()


def test_a_pt2_file_of_another_epoch_is_refused_with_the_stage(program_file, other_run):
    with pytest.raises(VerificationError, match="differs is layer3: weights or BatchNorm"):
        tlx.verify(program_file, other_run)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: replace(c, labels=("red", "green", "blue")), "its labels have changed places"),
        (lambda c: replace(c, labels=("red", "green", "x")), "its labels are not the checkpoint"),
        (lambda c: replace(c, temperature=2.0), "its temperature is 2.0"),
        (
            lambda c: replace(c, preprocessing=replace(c.preprocessing, std=(0.2, 0.2, 0.2))),
            "its preprocessing has std (0.2, 0.2, 0.2), not (0.229",
        ),
        (
            lambda c: replace(c, provenance=replace(c.provenance, seed=7)),
            "its provenance has seed 7, not 1",
        ),
        (lambda c: replace(c, results=()), "its results are not the checkpoint's"),
    ],
)
def test_a_card_that_was_changed_is_refused(exported_run, change, said):
    path = exported_run / "model.onnx"
    rewrite_onnx_card(path, change(ModelSession(path).card))
    with pytest.raises(VerificationError) as caught:
        tlx.verify(path, exported_run)
    assert f"the first stage that differs is card: {said}" in str(caught.value)


def test_a_file_with_another_resize_in_its_card_is_refused(exported_run, light_run, tmp_path):
    checkpoint = load_checkpoint(light_run / "best.pt")
    rule = replace(checkpoint.card.preprocessing, resize_side=40)
    card = replace(checkpoint.card, preprocessing=rule)
    network = DeployedNetwork(restore_network(checkpoint), card).eval()
    write_onnx(network, card, tmp_path / "model.onnx", ExportOptions(legacy_exporter=True))
    with pytest.raises(VerificationError, match="is card: its preprocessing has resize_side 40"):
        tlx.verify(tmp_path / "model.onnx", exported_run)


@pytest.mark.parametrize("share", [0.3, 0.999])
@pytest.mark.parametrize("name", ["model.onnx", "model.ts"])
def test_a_file_that_was_cut_short_is_damaged(exported_run, name, share):
    content = (exported_run / name).read_bytes()
    (exported_run / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelFileError, match=rf"{name} (is damaged|cannot be opened)"):
        tlx.verify(exported_run / name, exported_run)


def test_a_weight_with_a_few_other_bits_is_found(exported_run):
    path = exported_run / "model.onnx"
    model = onnx.load(path)
    (tensor,) = (t for t in model.graph.initializer if t.name == "network.fc.bias")
    values = numpy_helper.to_array(tensor).copy()
    values[2] += 1e-2
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    onnx.save(model, path)
    with pytest.raises(VerificationError, match="stage that differs is logits: the head's"):
        tlx.verify(path, exported_run)


def test_a_checkpoint_is_no_model_file(exported_run):
    with pytest.raises(ModelFileError, match=r"best\.pt is a checkpoint or no file of tlx; give"):
        tlx.verify(exported_run / "best.pt", exported_run)


@pytest.mark.parametrize("content", [None, b"", b"a text\n"])
def test_what_is_no_model_file_is_said_to_be_none(exported_run, tmp_path, content):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model\.onnx"):
        tlx.verify(path, exported_run)


def test_what_is_no_run_is_said_to_be_none(exported_run, tmp_path):
    with pytest.raises(CheckpointError, match=r"best\.pt: no such file"):
        tlx.verify(exported_run / "model.onnx", tmp_path)


def test_a_single_label_file_is_not_of_a_multi_label_run(exported_run, multi_label_run):
    with pytest.raises(VerificationError, match="the first stage that differs is card: "):
        tlx.verify(exported_run / "model.onnx", multi_label_run)


def test_a_multi_label_file_is_scored_by_mean_average_precision(multi_label_run):
    found = tlx.verify(multi_label_run / "model.onnx", multi_label_run).verification
    assert found.scores.metric == "mean average precision"
    assert found.scores.first == pytest.approx(found.scores.second, abs=1e-9)
    assert np.isfinite(found.scores.second)
