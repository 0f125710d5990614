"""The demo's parts: its pictures, its configurations, and the commands that it names."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tlx.cli.main import main
from tlx.errors import TlxError
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.folders import find_samples
from tlx.studies import demo
from tlx.studies.demo import Step, digits_config, pictures_config, train_command, write_digits
from tlx.training import train
from tlx.training.config import TrainingConfig


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("digits") / "digits"
    write_digits(folder)
    return folder


def test_the_digits_are_a_split_data_folder_of_all_pictures(digits):
    found = find_samples(digits)
    assert not found.flat
    splits = [found.train, found.validation, found.test]
    assert sum(map(len, splits)) == 1797
    for samples in splits:
        assert {sample.label for sample in samples} == set("0123456789")
    assert [round(len(samples) / 1797, 2) for samples in splits] == [0.7, 0.15, 0.15]


def test_each_picture_of_the_source_is_written_once_and_shows_its_digit(digits):
    source = load_digits()
    for label in range(10):
        drawn = source.images[source.target == label]
        paths = sorted(digits.glob(f"*/{label}/*.png"), key=lambda path: path.name)
        assert [int(path.stem) for path in paths] == list(range(len(drawn)))
        for path, expected in zip(paths[::20], drawn[::20], strict=True):
            with Image.open(path) as picture:
                assert (picture.mode, picture.size) == ("L", (32, 32))
                small = np.asarray(picture.resize((8, 8), Image.Resampling.BOX))
            assert np.corrcoef(small.ravel(), expected.ravel())[0, 1] > 0.9
            assert small.max() > 150


def test_the_digits_are_divided_the_same_way_each_time(digits, tmp_path):
    write_digits(tmp_path)
    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*.png")} == {
        path.relative_to(digits) for path in digits.rglob("*.png")
    }


def test_digits_are_never_mirrored_and_need_no_weights():
    config = digits_config(Path("here"))
    assert (config.augment, config.weights, config.freeze) == ("crop", "none", "none")
    assert (config.data, config.out) == (Path("here/digits"), Path("here/run"))


def test_pictures_get_a_new_head_on_a_pretrained_network_or_train_from_nothing():
    data, folder = Path("photos"), Path("here")
    assert pictures_config(data, folder, "imagenet").freeze == "layer4"
    assert pictures_config(data, folder, "none").freeze == "none"
    assert pictures_config(data, folder, "w.pth").out == Path("here/run")


ODD = Path("a b/it's $HOME & [x]")


@pytest.mark.parametrize(
    "config",
    [
        digits_config(Path("tlx-demo")),
        digits_config(ODD),
        pictures_config(Path("photos"), ODD, "imagenet"),
        pictures_config(ODD, Path("out"), "none"),
        pictures_config(Path("/photos"), Path("out"), "imagenet-v2"),
        pictures_config(Path("photos"), Path("out"), "my weights.pth"),
        replace(digits_config(Path("d")), lr=1 / 3, weight_decay=1e-7, model="resnet50"),
        replace(digits_config(Path("d")), workers=0, device="cpu", seed=7, batch=64),
        TrainingConfig(Path("photos")),
    ],
)
def test_the_train_command_means_the_same_configuration(config, monkeypatch):
    class CapturedError(TlxError):
        pass

    def capture(found: TrainingConfig) -> None:
        assert found == config
        raise CapturedError("as it should be")

    monkeypatch.setattr(train, "training_events", capture)
    monkeypatch.setattr(sys, "argv", shlex.split(train_command(config)))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == CapturedError.exit_code


def test_the_train_command_leaves_defaults_out():
    assert train_command(TrainingConfig(Path("photos"))) == "tlx train photos"
    assert train_command(pictures_config(Path("photos"), Path("out"), "imagenet")) == (
        "tlx train photos --out out/run --freeze backbone"
    )


class Knowing:
    """In the place of a classifier: it reads the label off the folder."""

    def __init__(self, model: Path, **_: object) -> None:
        self.card = self
        self.session = self
        self.path = model
        self.labels = ("a", "test")
        self.task = "single-label"
        self.decision_thresholds = None
        self.refusal = None

    def classify_files(self, paths):
        for path in map(Path, paths):
            logits = np.array([label == path.parent.name for label in self.labels], np.float32)
            yield Outcome(str(path), Prediction(self.labels, logits, logits), None)


@pytest.fixture
def walk(tmp_path, monkeypatch):
    """Give the function that walks through the demo on a run with a given split.csv."""

    def through(files: dict[str, str]) -> tuple[list, demo.DemoResult]:
        data = tmp_path / "data"
        config = TrainingConfig(data, out=tmp_path / "run", weights="none")
        config.out.mkdir()
        rows = [f"{name},{Path(name).parent.name},{split}" for name, split in files.items()]
        (config.out / "split.csv").write_text("\n".join(["file,label,split", *rows]))
        events = demo.demo_events(config, write_data=False)
        seen = []
        while True:
            try:
                seen.append(next(events))
            except StopIteration as end:
                return seen, end.value

    def trained(config: TrainingConfig):
        yield "epoch"
        return type("Result", (), {"run": config.out})

    def exported(_run: Path):
        yield "file"

    monkeypatch.setattr(demo, "training_events", trained)
    monkeypatch.setattr(demo, "export_events", exported)
    monkeypatch.setattr(demo, "Classifier", Knowing)
    return through


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def steps(events: list) -> list[Step]:
    return [event for event in events if isinstance(event, Step)]


def test_the_path_is_train_export_evaluate_classify(walk, tmp_path):
    files = {f"test/{label}/{index}.png": "test" for label in ("a", "test") for index in range(5)}
    put(tmp_path / "data", "train/a/0.png", *files)
    events, result = walk(files)
    run, data = tmp_path / "run", tmp_path / "data"
    commands = [shlex.split(step.command) for step in steps(events)]
    assert commands[:3] == [
        ["tlx", "train", str(data), "--out", str(run), "--weights", "none"],
        ["tlx", "export", str(run)],
        ["tlx", "eval", str(run / "model.onnx"), str(data / "test")],
    ]
    assert commands[3][:3] == ["tlx", "classify", str(run / "model.onnx")]
    outcomes = [event for event in events if isinstance(event, Outcome)]
    assert [outcome.path for outcome in outcomes] == commands[3][3:]
    assert len(set(commands[3][3:])) == demo.SHOWN
    assert (result.data, result.run, result.model) == (data, run, run / "model.onnx")
    assert (result.split, result.report.accuracy, result.report.pictures) == ("test", 1.0, 10)


def test_a_few_pictures_are_shown_once_each(walk, tmp_path):
    put(tmp_path / "data", "train/a/0.png", "test/a/0.png", "test/test/0.png")
    events, _ = walk({"test/a/0.png": "test", "test/test/0.png": "test"})
    assert sum(isinstance(event, Outcome) for event in events) == 2


def split_csv_command(tmp_path: Path, split: str) -> str:
    run = tmp_path / "run"
    rows = f"--labels {run / 'split.csv'} --root {tmp_path / 'data'} --split {split}"
    return f"tlx eval {run / 'model.onnx'} {rows}"


def test_a_test_picture_that_was_left_out_is_not_evaluated_by_the_command(walk, tmp_path):
    put(tmp_path / "data", "train/a/0.png", "test/a/0.png", "test/a/bad.png")
    events, _ = walk({"test/a/0.png": "test"})
    assert steps(events)[2].command == split_csv_command(tmp_path, "test")


def test_a_label_called_test_is_no_test_folder(walk, tmp_path):
    put(tmp_path / "data", "a/0.png", "test/0.png", "test/1.png")
    events, _ = walk({"a/0.png": "test", "test/0.png": "test"})
    assert steps(events)[2].command == split_csv_command(tmp_path, "test")


def test_without_test_pictures_validation_is_scored_and_the_step_says_what_that_means(
    walk, tmp_path
):
    put(tmp_path / "data", "train/a/0.png", "val/a/0.png")
    events, result = walk({"train/a/0.png": "train", "val/a/0.png": "validation"})
    assert steps(events)[2].command == split_csv_command(tmp_path, "validation")
    assert "chose the epoch" in steps(events)[2].title
    assert result.split == "validation"
