"""`tlx adopt`: what it says, its JSON, and the way from a state dict to answers."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import resnet18
from torchvision.transforms import v2

from tlx.cli import adopt
from tlx.inference.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from tlx.training.resnet import build_resnet

LABELS = ("blue", "green", "red")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """A folder with a state dict of three labels, as DataParallel saves it, and the labels."""
    folder = tmp_path_factory.mktemp("theirs")
    torch.manual_seed(1)
    state = build_resnet("resnet18", 3).state_dict()
    torch.save({f"module.{name}": tensor for name, tensor in state.items()}, folder / "a.pth")
    (folder / "labels.txt").write_text("\n".join(LABELS) + "\n")
    return folder


@pytest.fixture
def arguments(theirs, tmp_path):
    """What every adoption here begins with."""
    options = ["--arch", "resnet18", "--labels", theirs / "labels.txt", "--crop", "32"]
    return ["adopt", theirs / "a.pth", *options, "--out", tmp_path / "run"]


def test_rows_say_what_was_adopted_and_what_comes_next(
    arguments, run_tlx, split_folder, tmp_path, write_pictures
):
    data = write_pictures(tmp_path / "data", 3)
    (data / "red" / "bad.jpg").touch()
    ran = run_tlx(*arguments, "--data", data)
    assert (ran.code, ran.err) == (0, "")
    rows = ran.out.splitlines()
    assert rows[0].startswith("resnet18 with 3 labels (single-label) from a.pth, SHA-256 ")
    assert rows[1].startswith("pictures: short side to 37, centre crop 32; mean [0.485, ")
    assert rows[2] == "note: 'module.' was removed from the beginning of every name"
    assert rows[3].startswith(f"note: {data} has no splits, so all its pictures are for validation")
    few = "too few to fit it on: 9 pictures, 50 are needed"
    assert rows[4:] == [
        f"note: the temperature stays 1: {few}",
        "split.csv: 9 validation",
        "left out, because they cannot be read: 1",
        f"  {data / 'red' / 'bad.jpg'}: empty file (0 bytes)",
        f"run folder: {tmp_path / 'run'}",
        f"next: tlx export {tmp_path / 'run'}",
    ]


def test_json_is_one_object(arguments, run_tlx, tmp_path):
    ran = run_tlx(*arguments, "--json")
    assert ran.code == 0
    (content,) = ran.json
    assert content == {
        "run": str(tmp_path / "run"),
        "checkpoint": str(tmp_path / "run" / "best.pt"),
        "architecture": "resnet18",
        "task": "single-label",
        "labels": [*LABELS],
        "weights_sha256": content["weights_sha256"],
        "pictures": {"train": 0, "validation": 0, "test": 0},
        "notes": [
            "'module.' was removed from the beginning of every name",
            "exports are verified on parts of two photographs unless --data gives others",
        ],
        "left_out": [],
        "error": None,
    }
    assert len(content["weights_sha256"]) == 64


@pytest.mark.slow
def test_an_adopted_run_is_exported_evaluated_inspected(arguments, run_tlx, split_folder, tmp_path):
    run = tmp_path / "run"
    assert run_tlx(*arguments, "--data", split_folder).code == 0
    assert run_tlx("export", run).code == 0
    ran = run_tlx(
        *("eval", run / "model.onnx", "--labels", run / "split.csv"),
        *("--root", split_folder, "--split", "validation"),
    )
    assert ran.code == 0
    assert "note: trained elsewhere: whether it has learned these pictures is not known" in ran.out
    rows = run_tlx("inspect", run / "model.onnx").out.splitlines()
    assert any(row.startswith("adopted        20") and "did not train it" in row for row in rows)
    assert not any(row.startswith(("trained ", "pictures ")) for row in rows)


@pytest.mark.parametrize(
    "text", ["0.5,0.4,0.3", "0.5, 0.4, 0.3", "[0.5, 0.4, 0.3]", "(0.5,0.4,0.3)", " 0.5 0.4 0.3 "]
)
def test_three_numbers_are_read_as_people_copy_them(text):
    assert adopt._three("--mean", text) == (0.5, 0.4, 0.3)


@pytest.mark.parametrize("option", ["--mean", "--std"])
@pytest.mark.parametrize("text", ["", "0.5", "0.5,0.5", "a,b,c", "0.5,0.5,0.5,0.5", "0,5;0,4;0,3"])
def test_what_is_not_three_numbers_is_refused_with_an_example(arguments, run_tlx, option, text):
    error = run_tlx(*arguments, option, text).error
    assert f"{option} {text}: give three numbers, such as 0.485,0.456,0.406" in error


def test_the_normalisation_that_help_shows_is_the_default():
    assert adopt._three("--mean", adopt.IMAGENET_MEAN) == IMAGENET_MEAN
    assert adopt._three("--std", adopt.IMAGENET_STD) == IMAGENET_STD


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--arch": "resnet50"}, "does not fit resnet50"),
        ({"--arch": "resnet50"}, "give --arch resnet18"),
        ({"--labels": "nowhere.txt"}, "nowhere.txt cannot be read"),
        ({"--out": "."}, ". exists; choose another --out"),
        ({"--crop": "16"}, "--crop 16: it must be from 32 to 2048"),
        ({"--data": "nowhere"}, "nowhere does not exist"),
        ({"--truth": "nowhere.csv"}, "nowhere.csv cannot be read"),
    ],
)
def test_wrong_input_is_one_line_and_writes_nothing(arguments, run_tlx, tmp_path, changed, said):
    words = [*arguments]
    for option, value in changed.items():
        words += [option, value]  # the last one counts
    assert said in run_tlx(*words).error
    assert not (tmp_path / "run").exists()


def test_each_option_that_is_needed_is_asked_for(run_tlx):
    assert "state_dict" in run_tlx("adopt").error.lower()
    assert "--arch" in run_tlx("adopt", "a.pth", "--labels", "b", "--out", "c").error


@pytest.mark.slow
def test_an_imagenet_head_of_1000_labels_answers_as_torchvision_does(
    run_tlx, starter_weights, real_pictures, tmp_path
):
    labels = [f"output {number}" for number in range(1000)]
    (tmp_path / "labels.txt").write_text("\n".join(labels))
    pictures = sorted((real_pictures / "clothing" / "test" / "shoes").iterdir())[:16]
    rows = [f"{path.relative_to(real_pictures).as_posix()},output 770" for path in pictures]
    (tmp_path / "truth.csv").write_text("\n".join(["file,label", *rows]))
    run = tmp_path / "run"
    ran = run_tlx(
        *("adopt", starter_weights, "--arch", "resnet18", "--labels", tmp_path / "labels.txt"),
        *("--crop", "128", "--data", real_pictures, "--truth", tmp_path / "truth.csv"),
        *("--out", run, "--json"),
    )
    assert "weights in float16 are kept in float32, which changes no value" in ran.json[0]["notes"]
    exported = run_tlx("export", run, "--json").json[0]["files"]
    assert [file["pictures"] for file in exported] == [64, 64]
    answers = run_tlx("classify", run / "model.onnx", *pictures, "--topk", "1000", "--json").json
    found = [{row["label"]: row["probability"] for row in a["predictions"]} for a in answers]
    mine = np.array([[row[label] for label in labels] for row in found])
    assert np.abs(mine - _torchvisions(starter_weights, pictures)).max() < 1e-4
    assert len({json.dumps(row["predictions"][0]["label"]) for row in answers}) > 1


def _torchvisions(weights, pictures) -> np.ndarray:
    """Answer by torchvision alone, float64 `[N, 1000]`."""
    network = resnet18(num_classes=1000).eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    preset = v2.Compose(
        [
            v2.Resize(146),
            v2.CenterCrop(128),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    images = torch.stack([preset(Image.open(path).convert("RGB")) for path in pictures])
    with torch.no_grad():
        return network(images).double().softmax(1).numpy()
