"""Checkpoints: plain tensors and plain types, written whole or not at all."""

import hashlib
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from tlx.errors import CheckpointError
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing
from tlx.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    restore_network,
    save_checkpoint,
)
from tlx.training.resnet import build_resnet

PROVENANCE = Provenance("0.1", "2.14", "resnet18", "none", None, "none", "f" * 64, "2026-01-01", 0)
CARD = ModelCard(("a", "b"), Preprocessing(37, 32), PROVENANCE)


def _checkpoint() -> Checkpoint:
    progress = {"history": [{"epoch": 1, "best": True}], "optimizer": {"m": torch.ones(2)}}
    return Checkpoint(CARD, 3, {"conv1.weight": torch.arange(4.0)}, progress)


@pytest.fixture
def saved(tmp_path) -> Path:
    save_checkpoint(tmp_path / "best.pt", _checkpoint())
    return tmp_path / "best.pt"


def _save_content(path: Path, **changes: object) -> None:
    content = torch.load(path, weights_only=True)
    torch.save(content | changes, path)


def test_a_checkpoint_comes_back_as_it_was_saved(saved):
    found = load_checkpoint(saved)
    assert (found.card, found.epoch) == (CARD, 3)
    assert found.weights["conv1.weight"].equal(torch.arange(4.0))
    assert found.progress["history"] == [{"epoch": 1, "best": True}]
    assert found.progress["optimizer"]["m"].equal(torch.ones(2))
    assert found.sha256 == hashlib.sha256(saved.read_bytes()).hexdigest()


def test_nothing_half_written_stays_beside_it(saved):
    assert [path.name for path in saved.parent.iterdir()] == ["best.pt"]


def test_a_crash_while_writing_leaves_the_old_checkpoint(saved, monkeypatch):
    def crash(_content: object, file: BinaryIO) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    before = saved.read_bytes()
    monkeypatch.setattr(torch, "save", crash)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(saved, replace(_checkpoint(), epoch=4))
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["best.pt"]


def test_the_file_is_on_the_disk_before_it_gets_its_name(saved, monkeypatch):
    order: list[str] = []
    sync, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: (order.append("sync"), sync(number)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (order.append("rename"), rename(a, b)))
    save_checkpoint(saved, _checkpoint())
    assert order == ["sync", "rename"]


def test_a_missing_file_says_what_to_give(tmp_path):
    with pytest.raises(CheckpointError, match="no such file; give the folder that tlx train wrote"):
        load_checkpoint(tmp_path / "best.pt")


@pytest.mark.parametrize(
    "content",
    [b"", b"no checkpoint at all", b"PK\x03\x04", b"a", b"\x80\x02]q", b"0", b"\x80\x02c\n\n."],
)
def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "best.pt").write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "best.pt")
    assert "damaged or not a checkpoint of tlx train" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.99])
def test_a_truncated_checkpoint_is_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match="damaged or not a checkpoint of tlx train"):
        load_checkpoint(saved)


class _Harmful:
    """Unpickled carelessly, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_checkpoint_does_not_run(saved, tmp_path):
    trace = tmp_path / "it-ran"
    pickle.loads(pickle.dumps(_Harmful(trace)))
    assert trace.is_dir()  # the trap itself works
    trace.rmdir()

    _save_content(saved, progress={"history": _Harmful(trace)})
    with pytest.raises(CheckpointError, match="damaged or not a checkpoint of tlx train"):
        load_checkpoint(saved)
    assert not trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"conv1.weight": torch.ones(1)},
        [1, 2],
        torch.ones(2),
        {"format": 1, "card": None, "epoch": 1, "weights": {}, "progress": {}},
        {"format": 1, "card": "{}", "epoch": 1, "weights": [], "progress": {}},
    ],
)
def test_a_torch_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "best.pt")
    with pytest.raises(CheckpointError, match="is not a checkpoint of tlx train"):
        load_checkpoint(tmp_path / "best.pt")


def test_another_format_is_refused_by_its_number(saved):
    _save_content(saved, format=2)
    with pytest.raises(CheckpointError, match="checkpoint format 2, this tlx reads 1"):
        load_checkpoint(saved)


def test_a_damaged_card_is_refused_by_the_files_name(saved):
    _save_content(saved, card="{}")
    with pytest.raises(CheckpointError, match=r"best\.pt: the card has no schema number"):
        load_checkpoint(saved)


def test_a_restored_network_has_the_weights_and_is_in_eval_mode(tmp_path):
    network = build_resnet("resnet18", 2)
    checkpoint = Checkpoint(CARD, 1, dict(network.state_dict()), {})
    restored = restore_network(checkpoint)
    assert not any(module.training for module in restored.modules())
    for name, value in restored.network.state_dict().items():
        assert value.equal(network.state_dict()[name])


@pytest.mark.parametrize(
    ("labels", "architecture"), [(("a", "b", "c"), "resnet18"), (("a", "b"), "resnet34")]
)
def test_weights_that_do_not_fit_the_card_are_refused(labels, architecture):
    provenance = replace(PROVENANCE, architecture=architecture)
    card = replace(CARD, labels=labels, provenance=provenance)
    weights = dict(build_resnet("resnet18", 2).state_dict())
    with pytest.raises(CheckpointError, match=f"do not fit its card.*{architecture}") as caught:
        restore_network(Checkpoint(card, 1, weights, {}))
    assert "\n" not in str(caught.value)


def test_an_architecture_that_tlx_does_not_build_is_refused_by_its_name():
    card = replace(CARD, provenance=replace(PROVENANCE, architecture="vgg16"))
    with pytest.raises(CheckpointError, match="'vgg16'; this tlx builds resnet18, "):
        restore_network(Checkpoint(card, 1, {}, {}))
