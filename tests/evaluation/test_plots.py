"""Plots are PNG files that show what they were given, whatever the labels are called."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tlx.evaluation.multi_label_report import MultiLabelReport, score_multi_label
from tlx.evaluation.plots import (
    MOST_NAMED,
    Curve,
    draw_confusion,
    draw_curves,
    draw_label_scores,
    draw_pictures,
)
from tlx.evaluation.report import Report, score
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.sample import Sample

ODD = ("$x^2$", "$\\oops$", "a_b & <c>", "größe", "帽子", "100 %", "\\alpha", "_hidden", "l" * 60)


def report(labels: tuple[str, ...], shift: int = 0) -> Report:
    """Score two pictures of each label, answered with the label `shift` places further."""
    samples, outcomes = [], []
    for index in range(2 * len(labels)):
        logits = np.eye(len(labels), dtype=np.float32)[(index + shift) % len(labels)]
        samples.append(Sample(Path(f"{index}.jpg"), labels[index % len(labels)]))
        outcomes.append(Outcome(f"{index}.jpg", Prediction(labels, logits, logits), None))
    return score("model.onnx", labels, samples, outcomes, 1.0)


def picture(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def has_colour(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(pixels.astype(int) - colour).max(axis=2) <= 8).any())


def test_a_confusion_matrix_shows_where_the_mistakes_are(tmp_path: Path):
    labels = ("ant", "bee", "cat")
    draw_confusion(report(labels), tmp_path / "right.png")
    draw_confusion(report(labels, shift=1), tmp_path / "wrong.png")
    right, wrong = picture(tmp_path / "right.png"), picture(tmp_path / "wrong.png")
    assert right.shape == wrong.shape
    assert (right != wrong).any()


@pytest.mark.parametrize("count", [2, 12, 41, 60])
def test_a_confusion_matrix_grows_with_the_labels(tmp_path: Path, count: int):
    labels = tuple(f"label {index:02}" for index in range(count))
    draw_confusion(report(labels), tmp_path / "confusion.png")
    side = min(picture(tmp_path / "confusion.png").shape[:2])
    assert side >= max(4.0, 0.45 * count) * 110 - 1


def test_labels_of_any_spelling_are_drawn_as_they_are_without_a_warning(tmp_path: Path):
    draw_confusion(report(ODD), tmp_path / "confusion.png")
    pixels = [np.zeros((8, 8, 3), np.uint8)] * len(ODD)
    draw_pictures(pixels, ODD, tmp_path / "pictures.png")
    assert picture(tmp_path / "confusion.png").std() > 0
    assert picture(tmp_path / "pictures.png").std() > 0


@pytest.mark.parametrize("epochs", [1, 2, 29, 100])
def test_curves_of_any_length_are_drawn_in_both_colours(tmp_path: Path, epochs: int):
    falling = [1 / (epoch + 1) for epoch in range(epochs)]
    curves = [Curve("loss", falling, [value + 0.3 for value in falling])]
    draw_curves(curves, epochs, tmp_path / "curves.png")
    pixels = picture(tmp_path / "curves.png")
    assert has_colour(pixels, (0x1F, 0x6F, 0xB4))
    assert has_colour(pixels, (0xD1, 0x59, 0x0F))


def test_several_curves_stand_side_by_side(tmp_path: Path):
    curve = Curve("loss", [1.0, 0.5], [1.1, 0.7])
    draw_curves([curve], 1, tmp_path / "one.png")
    draw_curves([curve, Curve("accuracy", [0.5, 0.9], [0.4, 0.8])], 1, tmp_path / "two.png")
    one, two = picture(tmp_path / "one.png"), picture(tmp_path / "two.png")
    assert two.shape[0] == one.shape[0]
    assert two.shape[1] == 2 * one.shape[1]


def test_the_best_epoch_is_marked_where_it_was(tmp_path: Path):
    curve = Curve("loss", [1.0, 0.5, 0.4], [1.1, 0.7, 0.9])
    for best in (2, 3):
        draw_curves([curve], best, tmp_path / f"{best}.png")
    assert (picture(tmp_path / "2.png") != picture(tmp_path / "3.png")).any()


@pytest.mark.parametrize("count", [1, 3, 4, 5, 16])
def test_every_picture_given_is_drawn(tmp_path: Path, count: int):
    colours = [(15 * index, 255 - 15 * index, 128) for index in range(count)]
    pixels = [np.full((24, 24, 3), colour, np.uint8) for colour in colours]
    draw_pictures(pixels, [f"label {index}" for index in range(count)], tmp_path / "p.png")
    drawn = picture(tmp_path / "p.png")
    assert all(has_colour(drawn, colour) for colour in colours)


def test_pictures_without_a_label_each_are_refused(tmp_path: Path):
    pixels = [np.zeros((8, 8, 3), np.uint8)] * 2
    with pytest.raises(ValueError, match="shorter"):
        draw_pictures(pixels, ["only one"], tmp_path / "pictures.png")
    assert list(tmp_path.iterdir()) == []


def test_a_plot_replaces_an_older_one_and_leaves_nothing_else(tmp_path: Path):
    path = tmp_path / "confusion.png"
    path.write_bytes(b"an older plot")
    draw_confusion(report(("ant", "bee")), path)
    assert picture(path).std() > 0
    assert list(tmp_path.iterdir()) == [path]


def multi_label_report(
    labels: tuple[str, ...], truth: str | None = None, threshold: float = 0.5
) -> MultiLabelReport:
    """Score two pictures a label that have it and the next one; each answer names the first."""
    samples, outcomes = [], []
    for index in range(2 * len(labels)):
        both = f"{labels[index % len(labels)]}|{labels[(index + 1) % len(labels)]}"
        samples.append(Sample(Path(f"{index}.jpg"), both if truth is None else truth))
        values = 0.9 * np.eye(len(labels), dtype=np.float32)[index % len(labels)]
        outcomes.append(Outcome(f"{index}.jpg", Prediction(labels, values, values), None))
    thresholds = (threshold,) * len(labels)
    return score_multi_label("model.onnx", labels, thresholds, samples, outcomes, 1.0)


def test_the_scores_of_labels_show_average_precision_precision_and_recall(tmp_path: Path):
    labels = ("ant", "bee", "cat")
    draw_label_scores(multi_label_report(labels), tmp_path / "half.png")
    draw_label_scores(multi_label_report(labels, threshold=0.95), tmp_path / "never.png")
    half, never = picture(tmp_path / "half.png"), picture(tmp_path / "never.png")
    assert all(has_colour(half, c) for c in [(0xC9, 0xDC, 0xEC), (0x1F, 0x6F, 0xB4)])
    assert has_colour(half, (0xD1, 0x59, 0x0F))
    assert half.shape == never.shape
    assert (half != never).any()


def test_the_scores_of_labels_grow_with_the_labels_up_to_the_worst_that_are_drawn(tmp_path: Path):
    heights = []
    for count in (2, 20, MOST_NAMED, MOST_NAMED + 40):
        labels = tuple(f"label {index:03}" for index in range(count))
        draw_label_scores(multi_label_report(labels), tmp_path / "labels.png")
        heights.append(picture(tmp_path / "labels.png").shape[0])
    assert heights[0] < heights[1] < heights[2] == heights[3]


def test_labels_of_any_spelling_and_none_at_all_are_drawn_without_a_warning(tmp_path: Path):
    draw_label_scores(multi_label_report(ODD), tmp_path / "odd.png")
    draw_label_scores(multi_label_report(("a", "b"), truth=""), tmp_path / "none.png")
    assert picture(tmp_path / "odd.png").std() > 0
    assert picture(tmp_path / "none.png").std() > 0
