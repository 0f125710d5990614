"""On real pictures: confidence comes nearer to the truth, and other things are told apart."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

import tlx
from tlx.evaluation.calibration import calibrate
from tlx.evaluation.metrics import losses
from tlx.evaluation.refusals import expected_refusals
from tlx.evaluation.scoring import evaluate
from tlx.evaluation.unknown_report import UnknownReport, evaluate_unknown
from tlx.export.options import ExportOptions
from tlx.inference.events import finish
from tlx.samples.folders import find_pictures, label_folders
from tlx.training.checkpoint import load_checkpoint

pytestmark = pytest.mark.slow

UNKNOWN = ("pants", "shoes", "longsleeve")


@pytest.fixture(scope="module")
def clothing_run(tmp_path_factory, real_pictures, starter_weights) -> Path:
    """A frozen backbone on seven of clothing's labels at 96 px, exported."""
    root = tmp_path_factory.mktemp("clothing")
    for split in ("train", "validation", "test"):
        for folder in (real_pictures / "clothing" / split).iterdir():
            if folder.name not in UNKNOWN:
                shutil.copytree(folder, root / "data" / split / folder.name)
    options = {"freeze": "backbone", "epochs": 40, "imgsz": 96, "workers": 0, "lr": 0.03}
    tlx.train(root / "data", out=root / "run", weights=str(starter_weights), **options)
    tlx.export(root / "run", options=ExportOptions(formats=("onnx",)))
    return root / "run"


@pytest.fixture(scope="module")
def found(clothing_run, real_pictures) -> UnknownReport:
    classifier = tlx.Classifier(clothing_run / "model.onnx")
    report = finish(evaluate(classifier, label_folders(clothing_run.parent / "data" / "test")))
    strange = sorted(find_pictures(real_pictures / "sign-digits"))
    return finish(evaluate_unknown(classifier, report, strange))


def test_calibration_error_and_loss_fall_on_test_and_no_answer_changes(clothing_run):
    classifier = tlx.Classifier(clothing_run / "model.onnx")
    temperature = load_checkpoint(clothing_run / "best.pt").card.temperature
    assert classifier.card.temperature == temperature
    assert temperature > 1.05
    samples = label_folders(clothing_run.parent / "data" / "test")
    answers = [o.prediction for o in classifier.classify_files(s.path for s in samples)]
    logits = np.stack([answer.logits for answer in answers]).astype(float)
    truth = np.array([classifier.card.labels.index(sample.label) for sample in samples])
    right = logits.argmax(axis=1) == truth
    without, given = softmax(logits, axis=1), np.stack([one.probabilities for one in answers])
    errors = [calibrate(p.max(axis=1), right).expected_calibration_error for p in (without, given)]
    assert errors[1] < errors[0]
    assert losses(logits / temperature, truth).mean() < losses(logits, truth).mean()
    assert (given.argmax(axis=1) == logits.argmax(axis=1)).all()


def test_about_the_stated_share_of_known_test_pictures_is_refused(clothing_run, found):
    chosen = tlx.Classifier(clothing_run / "model.onnx").card.refusal
    expected = expected_refusals(found.refused, len(found.known), chosen)
    assert 0.04 < expected["refused_expected"] <= 0.05
    low, high = expected["refused_expected_interval"]
    assert low <= found.refused <= high


def test_pictures_of_other_things_are_told_from_known_ones(found):
    assert found.auroc > 0.85
    assert found.false_accepts < 0.8
