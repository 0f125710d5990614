"""Every family of ResNets goes the whole way: freezing, checkpoint, both files, an answer."""

from pathlib import Path

import pytest
import torch

import tlx
from tlx.training.checkpoint import load_checkpoint, restore_network
from tlx.training.resnet import build_resnet


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["resnext50_32x4d", "wide_resnet50_2"])
def test_a_wide_or_grouped_network_trains_frozen_and_exports_verified(
    architecture, split_folder, tmp_path: Path
):
    state = build_resnet(architecture, 1000).state_dict()
    torch.save(state, tmp_path / "start.pth")
    run, options = tmp_path / "run", {"epochs": 1, "imgsz": 32, "batch": 16, "workers": 0}
    tlx.train(
        split_folder,
        out=run,
        model=architecture,
        weights=str(tmp_path / "start.pth"),
        freeze="backbone",
        **options,
    )
    checkpoint = load_checkpoint(run / "best.pt")
    assert checkpoint.card.provenance.architecture == architecture
    trained = restore_network(checkpoint).network.state_dict()
    backbone = [name for name in state if not name.startswith("fc.")]
    assert all(trained[name].equal(state[name]) for name in backbone)
    files = tlx.export(run)
    assert [file.format for file in files] == ["onnx", "torchscript"]
    answers = list(
        tlx.Classifier(run / "model.onnx").classify_files([split_folder / "val/red/000.jpg"])
    )
    assert answers[0].error is None


@pytest.mark.slow
def test_a_grouped_network_from_nothing_exports_verified(split_folder, tmp_path: Path):
    options = {"epochs": 1, "imgsz": 32, "batch": 16, "workers": 0}
    run = tmp_path / "run"
    tlx.train(split_folder, out=run, model="resnext50_32x4d", weights="none", **options)
    assert all(file.max_probability_difference < 1e-4 for file in tlx.export(run))
