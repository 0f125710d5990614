"""The main path on real photographs: trained, exported, and picture by picture the same."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torchvision.models import ResNet18_Weights, resnet18

import tlx
from tlx.evaluation.report import score
from tlx.samples.folders import label_folders
from tlx.training.checkpoint import load_checkpoint

pytestmark = pytest.mark.slow

PICTURES = {"train": 20, "validation": 12, "test": 20}
"""How many of each label are taken."""

TRAININGS = {
    "frozen backbone": {"freeze": "backbone", "epochs": 2, "imgsz": 96, "lr": 0.005},
    "fine-tuned": {"freeze": "layer2", "epochs": 1, "imgsz": 128, "lr": 0.005},
}


@pytest.fixture(scope="module")
def clothing(real_pictures, tmp_path_factory) -> Path:
    """A part of the photographs of clothing, with its splits."""
    source = real_pictures / "clothing"
    if not source.is_dir():
        pytest.skip(f"{source} is not there")
    root = tmp_path_factory.mktemp("clothing")
    for split, count in PICTURES.items():
        for folder in sorted((source / split).iterdir()):
            target = root / split / folder.name
            target.mkdir(parents=True)
            for path in sorted(folder.iterdir())[:count]:
                shutil.copy(path, target)
    return root


@pytest.fixture(scope="module", params=TRAININGS)
def run(request, clothing, starter_weights, tmp_path_factory) -> Path:
    """A trained and exported run; the export itself has to pass."""
    folder = tmp_path_factory.mktemp("run") / "run"
    options = TRAININGS[request.param]
    tlx.train(clothing, out=folder, weights=str(starter_weights), batch=16, workers=0, **options)
    files = tlx.export(folder)
    assert [file.format for file in files] == ["onnx", "torchscript"]
    assert all(file.verified and file.pictures == 120 and file.agreement == 1 for file in files)
    return folder


def _eager_logits(run: Path, paths: list[Path]) -> np.ndarray:
    """Answer by torchvision alone: its network, its preset, the checkpoint's weights."""
    checkpoint = load_checkpoint(run / "best.pt")
    rule = checkpoint.card.preprocessing
    network = resnet18(num_classes=10)
    network.load_state_dict(checkpoint.weights)
    preset = ResNet18_Weights.IMAGENET1K_V1.transforms(
        crop_size=rule.crop, resize_size=rule.resize_side
    )
    rows = []
    with torch.no_grad():
        for path in paths:
            with Image.open(path) as image:
                image.draft(None, (2 * rule.resize_side,) * 2)  # the card's decode rule
                upright = ImageOps.exif_transpose(image).convert("RGB")
            rows.append(network.eval()(preset(upright).unsqueeze(0)).numpy())
    return np.concatenate(rows)


def test_the_file_and_the_eager_checkpoint_agree_on_every_test_picture(run, clothing):
    samples = label_folders(clothing / "test")
    paths = [sample.path for sample in samples]
    classifier = tlx.Classifier(run / "model.onnx")
    outcomes = list(classifier.classify_files(paths))
    expected = _eager_logits(run, paths)
    labels = classifier.card.labels
    found = np.stack([outcome.prediction.logits for outcome in outcomes])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    eager = [labels[row.argmax()] for row in expected]
    assert [outcome.prediction.label for outcome in outcomes] == eager
    report = score("model.onnx", labels, samples, outcomes, seconds=1.0)
    right = [label == sample.label for label, sample in zip(eager, samples, strict=True)]
    assert report.accuracy == np.mean(right)
    assert report.accuracy > 0.2  # ten labels: chance is 0.1


def test_the_best_epochs_validation_numbers_are_those_of_the_file(run, clothing):
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        best = [row for row in csv.DictReader(file) if row["best"] == "True"][-1]
    samples = label_folders(clothing / "validation")
    classifier = tlx.Classifier(run / "model.onnx")
    outcomes = list(classifier.classify_files(sample.path for sample in samples))
    report = score("model.onnx", classifier.card.labels, samples, outcomes, seconds=1.0)
    assert report.accuracy == float(best["validation_accuracy"])
    assert report.loss == pytest.approx(float(best["validation_loss"]), abs=1e-3)


def test_the_frozen_stages_are_the_files_bit_for_bit(run, starter_weights):
    checkpoint = load_checkpoint(run / "best.pt")
    started = torch.load(starter_weights, weights_only=True)
    frozen = ["conv1", "bn1", "layer1", "layer2"]
    if checkpoint.card.provenance.freeze == "layer4":
        frozen += ["layer3", "layer4"]
    for name, value in checkpoint.weights.items():
        if name.split(".")[0] in frozen:
            assert value.equal(started[name].to(value.dtype))
    assert checkpoint.card.provenance.weights == starter_weights.name
