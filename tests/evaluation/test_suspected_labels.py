"""A model file is asked which labels of a data folder may be wrong."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlx.errors import DataError
from tlx.evaluation.suspected_labels import suspected_label_events
from tlx.inference.classifier import Classifier
from tlx.inference.events import finish
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.findings import Finding, in_order
from tlx.samples.folders import FoundSamples, find_samples
from tlx.samples.labels_csv import read_training_csv


class TellsColours(Classifier):
    """The model file's card, and answers by the name of the picture: what colour it really is."""

    def classify_files(self, paths: Any) -> Any:
        for path in map(Path, paths):
            if path.stat().st_size == 0:
                yield Outcome(str(path), None, "empty file (0 bytes)")
                continue
            truth = path.stem.split("-")[0]
            logits = np.array([3.0 * (label == truth) for label in self.card.labels], np.float32)
            exponents = np.exp(logits)
            yield Outcome(
                str(path), Prediction(self.card.labels, logits, exponents / exponents.sum()), None
            )


@pytest.fixture
def folder(tmp_path: Path, split_folder: Path) -> Path:
    """Pictures named by colour, one of which lies in the wrong folder, and one is empty."""
    for label in ("blue", "green", "red"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(6):
            source = split_folder / "train" / label / f"{number:03}.jpg"
            shutil.copy(source, tmp_path / "data" / label / f"{label}-{number}.jpg")
    (tmp_path / "data" / "red" / "red-0.jpg").rename(tmp_path / "data" / "blue" / "red-0.jpg")
    (tmp_path / "data" / "red" / "red-1.jpg").write_bytes(b"")
    return tmp_path / "data"


def suspected(model: Path, found: FoundSamples) -> list[Finding]:
    return finish(suspected_label_events(TellsColours(model), found), lambda _: None)


def test_a_picture_in_the_wrong_folder_is_suspected(folder: Path, model_file: Path, tmp_path: Path):
    lone = Path(shutil.copy(model_file, tmp_path / "lone.onnx"))
    (finding,) = suspected(lone, find_samples(folder))
    assert (finding.kind, finding.severity) == ("suspected-label", "warning")
    assert finding.paths == (folder / "blue" / "red-0.jpg",)
    assert finding.detail == (
        "labelled 'blue' (4.5% by the model), suggested 'red' (90.9%); whether the model learned "
        "it is not known"
    )


def test_the_split_csv_beside_the_model_says_what_it_learned(
    folder: Path, model_file: Path, tmp_path: Path
):
    shutil.copy(model_file, tmp_path / "model.onnx")
    rows = ["file,label,split", "blue/red-0.jpg,blue,train", "blue/blue-1.jpg,blue,train"]
    (tmp_path / "split.csv").write_text("\n".join(rows))
    found = suspected(tmp_path / "model.onnx", find_samples(folder))
    assert [finding.detail.split("; ")[1] for finding in found] == []
    rows.insert(2, "red/red-2.jpg,red,train")  # now two labels were learned
    (tmp_path / "split.csv").write_text("\n".join(rows))
    (finding,) = suspected(tmp_path / "model.onnx", find_samples(folder))
    assert finding.detail.endswith("learned with this label, which hides errors")


def test_labels_that_the_model_does_not_know_are_refused(model_file: Path, folder: Path):
    (folder / "red").rename(folder / "rouge")
    with pytest.raises(DataError, match="does not know the label rouge"):
        suspected(model_file, find_samples(folder))


def _surest(model: Classifier, data: Path) -> str:
    """Name the picture that the model is surest of: that it is blue, and that it is not red."""
    paths = sorted(data.glob("*.png"))
    blue, _, red = np.stack([model.classify(path).probabilities for path in paths]).T
    has_blue, has_red = (np.array([word in p.name for p in paths]) for word in ("blue", "red"))
    sure = np.minimum(blue - blue[has_blue].mean(), red[~has_red].mean() - red)
    return paths[np.argmax(np.where(has_blue & ~has_red, sure, -1))].name


def test_of_several_labels_each_is_a_question_of_its_own(multi_label_run: Path, tmp_path: Path):
    data = multi_label_run.parent / "data"
    model = Classifier(multi_label_run / "model.onnx")
    surest = _surest(model, data)
    table = tmp_path / "truth.csv"
    text = (data / "truth.csv").read_text().replace(f"{surest},blue", f"{surest},red")
    table.write_text(text)
    samples = tuple(row.sample for row in read_training_csv(table, data).rows)
    found = FoundSamples(data, True, samples, task="multi-label")
    findings = in_order(finish(suspected_label_events(model, found), lambda _: None))
    about = [one.detail for one in findings if one.paths[0].name == surest]
    assert any(detail.startswith("'blue' is not given") for detail in about)
    assert any(detail.startswith("'red' is given") for detail in about)
    with pytest.raises(DataError, match="--model is multi-label"):
        finish(suspected_label_events(model, find_samples(data.parent)), lambda _: None)
