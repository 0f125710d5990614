"""A classifier from elsewhere becomes a run that the rest of tlx takes for one of its own."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

import tlx
from tlx.errors import CheckpointError, DataError, UsageError
from tlx.evaluation import temperature
from tlx.evaluation.temperature import judge_temperature
from tlx.export.options import ExportOptions
from tlx.inference.preprocessing import preprocess
from tlx.training import adopted_calibration
from tlx.training.adoption import Adoption
from tlx.training.checkpoint import load_checkpoint, restore_network
from tlx.training.config import read_config
from tlx.training.train import resume_events

OLDER = ExportOptions(legacy_exporter=True)
"""The older exporter is the quicker one."""
TURNED = ("red", "blue", "green")
"""The labels of the shared run, not in their alphabet's order as tlx would have them."""


@pytest.fixture
def elsewhere(light_run, tmp_path) -> dict[str, Path]:
    """The shared run's network as someone else would have it: its head's rows in another order."""
    found = load_checkpoint(light_run / "best.pt")
    rows = [found.card.labels.index(label) for label in TURNED]
    head = {name: found.weights[name][rows] for name in ("fc.weight", "fc.bias")}
    torch.save({"state_dict": found.weights | head}, tmp_path / "theirs.pth")
    (tmp_path / "labels.txt").write_text("\n".join(TURNED))
    return {
        "state_dict": tmp_path / "theirs.pth",
        "labels": tmp_path / "labels.txt",
        "out": tmp_path / "runs" / "adopted",
    }


@pytest.fixture
def adopt(elsewhere):
    """Give the function that adopts that network, with any option changed."""

    def call(**changed: object):
        return tlx.adopt(**({"arch": "resnet18", "crop": 32} | elsewhere | changed))

    return call


def test_an_adopted_network_exports_and_answers_as_it_did(adopt, split_folder, model_file):
    done = adopt(data=split_folder)
    files = tlx.export(done.run, options=OLDER)
    assert [file.pictures for file in files] == [64, 64]
    adopted, original = tlx.Classifier(files[0].path), tlx.Classifier(model_file)
    assert adopted.card.labels == TURNED
    for path in sorted((split_folder / "test").rglob("*.jpg"))[::7]:
        mine, theirs = adopted.classify(path), original.classify(path)
        assert mine.label == theirs.label
        order = [mine.labels.index(label) for label in theirs.labels]
        assert np.allclose(mine.probabilities[order], theirs.probabilities, atol=1e-6)


def test_the_card_says_what_is_known_and_no_more(adopt, elsewhere, split_folder):
    done = adopt(data=split_folder)
    card = load_checkpoint(done.checkpoint).card
    assert card == done.card
    origin = card.provenance
    assert origin.adopted
    assert (origin.weights, origin.architecture) == ("theirs.pth", "resnet18")
    assert len(origin.weights_sha256) == 64
    assert (origin.data_fingerprint, origin.torch, origin.freeze) == ("", "unknown", "unknown")
    assert origin.date == date.today().isoformat()
    assert (card.results, card.verification, card.temperature) == ((), None, 1.0)
    assert (card.preprocessing.resize_side, card.preprocessing.crop) == (37, 32)
    assert not load_checkpoint(done.checkpoint).progress


def test_a_run_that_tlx_trained_is_not_adopted(light_run):
    assert not load_checkpoint(light_run / "best.pt").card.provenance.adopted


def test_the_folder_holds_what_a_run_needs(adopt, split_folder):
    done = adopt(data=split_folder)
    assert {path.name for path in done.run.iterdir()} == {"best.pt", "config.json", "split.csv"}
    config = read_config(done.run)
    assert (config.data, config.model, config.imgsz) == (split_folder, "resnet18", 32)
    assert len((done.run / "split.csv").read_text().splitlines()) == 1 + 132
    assert list(done.run.parent.iterdir()) == [done.run]


def test_without_pictures_the_split_is_empty_and_the_network_whole(adopt, light_run):
    done = adopt()
    assert (done.run / "split.csv").read_text().splitlines() == ["file,label,split"]
    assert any("--data gives others" in note for note in done.notes)
    images = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)
    mine, theirs = (
        restore_network(load_checkpoint(run / "best.pt"))(images) for run in (done.run, light_run)
    )
    assert mine.equal(theirs[:, [2, 0, 1]])


def test_normalisation_and_sizes_are_those_that_were_given(adopt):
    done = adopt(mean=(0.5, 0.4, 0.3), std=(0.25, 0.2, 1.0), crop=64, resize=70)
    rule = load_checkpoint(done.checkpoint).card.preprocessing
    assert (rule.mean, rule.std) == ((0.5, 0.4, 0.3), (0.25, 0.2, 1.0))
    assert (rule.resize_side, rule.crop) == (70, 64)


@pytest.mark.parametrize(("crop", "side"), [(224, 256), (32, 37), (384, 439)])
def test_the_resize_side_is_in_torchvisions_proportion_by_default(crop, side):
    assert Adoption(Path("a"), "resnet18", Path("b"), Path("c"), crop=crop).rule.resize_side == side


def test_a_multi_label_network_chooses_labels(adopt, split_folder, tmp_path):
    rows = [f"val/{label}/00{n}.jpg,{label}|red" for label in TURNED for n in range(3)]
    (tmp_path / "truth.csv").write_text("\n".join(["file,labels", *rows]))
    done = adopt(task="multi-label", data=split_folder, truth=tmp_path / "truth.csv")
    tlx.export(done.run, options=replace(OLDER, formats=("onnx",)))
    classifier = tlx.Classifier(done.run / "model.onnx")
    assert classifier.card.decision_thresholds == (0.5, 0.5, 0.5)
    logits = classifier.classify(split_folder / "val" / "red" / "000.jpg")
    assert np.allclose(logits.probabilities, 1 / (1 + np.exp(-logits.logits)), atol=1e-6)


def test_a_csv_alone_says_where_the_pictures_are(adopt, split_folder, tmp_path):
    (split_folder / "red.csv").write_text("file,label\ntest/red/000.jpg,red\n")
    try:
        done = adopt(truth=split_folder / "red.csv")
    finally:
        (split_folder / "red.csv").unlink()
    assert [sample.label for sample in done.pictures.validation] == ["red"]


def test_a_new_training_starts_from_an_adopted_network(adopt, tmp_path, write_pictures):
    done = adopt()
    data = write_pictures(tmp_path / "more", 12)
    run = tmp_path / "next"
    tlx.train(data, out=run, weights=str(done.run), epochs=1, imgsz=32, workers=0, freeze="layer4")
    assert load_checkpoint(run / "best.pt").card.provenance.weights.startswith("best.pt of a run")


def test_an_adopted_run_cannot_be_resumed_and_the_error_says_what_goes(adopt, split_folder):
    done = adopt(data=split_folder)
    with pytest.raises(CheckpointError, match="was adopted, not trained here; tlx train DATA"):
        list(resume_events(done.run))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"arch": "resnet19"}, "--arch resnet19: choose one of resnet18"),
        ({"task": "both"}, "--task both: choose one of"),
        ({"crop": 31}, "--crop 31: it must be from 32"),
        ({"crop": 2049}, "--crop 2049: it must be"),
        ({"resize": 31}, "--resize 31: it must be from the crop, 32,"),
        ({"mean": (0.5, 0.5)}, "--mean 0.5,0.5: three values"),
        ({"mean": (123.675, 116.28, 103.53)}, "divide by 255"),
        ({"mean": (float("nan"), 0, 0)}, "--mean nan,0,0"),
        ({"std": (0.2, 0.0, 0.2)}, "--std 0.2,0,0.2: three values above 0"),
        ({"std": (58.4, 57.1, 57.4)}, "divide by 255"),
        ({"std": (float("inf"), 1, 1)}, "--std inf,1,1"),
        ({"task": "multi-label", "data": Path()}, "give the pictures' labels with --truth CSV"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_read(adopt, changed, said):
    with pytest.raises(UsageError) as caught:
        adopt(state_dict=Path("nowhere.pth"), **changed)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "task", "said"),
    [
        ("a\nb", "single-label", "has 2 labels, the head of .* has 3 outputs"),
        ("a\nb\nc\nd", "single-label", "has 4 labels"),
        ("a\nb\nc|d", "multi-label", r"'c\|d' holds \|"),
    ],
)
def test_labels_that_do_not_fit_the_head_are_refused(adopt, elsewhere, labels, task, said):
    elsewhere["labels"].write_text(labels)
    with pytest.raises(UsageError, match=said):
        adopt(task=task)
    assert not elsewhere["out"].exists()


def test_a_head_with_one_output_is_refused(adopt, elsewhere, tmp_path):
    state = torch.load(elsewhere["state_dict"], weights_only=True)["state_dict"]
    torch.save(
        state | {"fc.weight": state["fc.weight"][:1], "fc.bias": state["fc.bias"][:1]},
        tmp_path / "one.pth",
    )
    elsewhere["labels"].write_text("dog")
    with pytest.raises(UsageError, match="has one output; tlx needs one for each"):
        adopt(state_dict=tmp_path / "one.pth")


def test_what_exists_is_never_touched(adopt, elsewhere, tmp_path):
    for make in (lambda path: path.mkdir(), lambda path: path.write_text("mine")):
        out = tmp_path / f"taken{len(list(tmp_path.iterdir()))}"
        make(out)
        with pytest.raises(UsageError, match="exists; choose another --out"):
            adopt(out=out)
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists"):
        adopt(out=dangling)


def test_a_run_inside_the_data_folder_is_refused(adopt, split_folder):
    with pytest.raises(UsageError, match="lies inside"):
        adopt(data=split_folder, out=split_folder / "run")


def test_an_adoption_that_fails_leaves_nothing(adopt, elsewhere, tmp_path, monkeypatch):
    before = {*tmp_path.rglob("*")}
    elsewhere["labels"].write_text("red\nblue\npink")
    with pytest.raises(DataError):
        adopt(data=tmp_path / "nowhere")
    monkeypatch.setattr("tlx.training.adoption.write_split", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        adopt()
    assert {*tmp_path.rglob("*")} - before <= {elsewhere["out"].parent}


def test_no_place_on_this_machine_stands_in_the_card(adopt, tmp_path, split_folder):
    done = adopt(data=split_folder)
    assert str(tmp_path).encode() not in done.checkpoint.read_bytes()
    assert json.loads((done.run / "config.json").read_text())["weights"] == "theirs.pth"


def test_paths_may_be_given_as_text():
    assert Adoption("a", "resnet18", "b", "c", data="d").data == Path("d")
    assert replace(Adoption("a", "resnet18", "b", "c"), crop=64).rule.crop == 64


def test_the_temperature_is_fitted_on_the_labelled_validation_pictures(
    adopt, tmp_path, write_pictures, monkeypatch
):
    monkeypatch.setattr(adopted_calibration, "FEWEST", 6)
    monkeypatch.setattr(temperature, "FEWEST", 6)
    data = write_pictures(tmp_path / "pictures", 3)
    (data / "blue").rename(data / "x")  # two labels change places, so that some are wrong
    (data / "red").rename(data / "blue")
    (data / "x").rename(data / "red")
    done = adopt(data=data)
    card = load_checkpoint(done.checkpoint).card
    assert done.card == card
    logits = []
    for sample in done.pictures.validation:
        image = torch.from_numpy(preprocess(sample.path, card.preprocessing))[None]
        with torch.no_grad():
            logits.append(restore_network(load_checkpoint(done.checkpoint))(image))
    truth = np.array([card.labels.index(s.label) for s in done.pictures.validation])
    found = judge_temperature(torch.cat(logits).numpy(), truth)
    assert card.temperature == pytest.approx(found.temperature, rel=1e-3)
    assert any("temperature" in note for note in done.notes)
