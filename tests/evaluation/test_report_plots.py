"""The plots of a report show the numbers that they were given."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from tlx.evaluation import report_plots
from tlx.evaluation.calibration import calibrate
from tlx.evaluation.coverage import cover
from tlx.evaluation.curves import draw_up
from tlx.evaluation.multi_label_metrics import average_precisions
from tlx.evaluation.multi_label_report import score_multi_label
from tlx.evaluation.report import score
from tlx.evaluation.report_plots import (
    MOST_LINES,
    draw_coverage,
    draw_precision_recall,
    draw_reliability,
    draw_report_plots,
    draw_roc,
)
from tlx.inference.prediction import Outcome, Prediction
from tlx.samples.sample import Sample

NOWHERE = Path("nowhere.png")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Keep the figures instead of writing them, which takes most of the time."""
    figures: list[Figure] = []
    monkeypatch.setattr(report_plots, "save", lambda figure, _: figures.append(figure))
    return figures


def answers(count: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    truth = chance.random((count, labels)) < 0.4
    return chance.normal(size=(count, labels)) + truth, truth


def curves(labels: int):
    scores, truth = answers(60, labels)
    names = tuple(f"_label {index}" for index in range(labels))
    return draw_up(names, scores, truth, average_precisions(scores, truth))


def names_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_reliability_draws_each_bins_accuracy_and_count_and_both_errors(drawn: list[Figure]):
    confidence = np.array([0.55, 0.58, 0.95, 0.96, 0.97])
    right = np.array([True, False, True, True, False])
    one, before = calibrate(confidence, right), calibrate(confidence**0.5, right)
    draw_reliability(one, before, NOWHERE)
    axes, counts = drawn[0].axes
    lines = {line.get_label(): line for line in axes.containers[-1].lines[:1]}
    (points,) = lines.values()
    assert points.get_xdata() == pytest.approx([0.565, 0.96])
    assert points.get_ydata() == pytest.approx([1 / 2, 2 / 3])
    assert [bar.get_height() for bar in counts.patches] == [2, 3]
    said = [text.get_text() for text in axes.get_legend().get_texts()]
    assert f"as the file gives it: error {one.expected_calibration_error:.3f}" in said
    assert f"at temperature 1: error {before.expected_calibration_error:.3f}" in said
    draw_reliability(one, one, NOWHERE)
    assert len(drawn[1].axes[0].get_legend().get_texts()) == len(said) - 1


def test_coverage_ends_at_the_accuracy_of_all(drawn: list[Figure]):
    confidence = np.linspace(0.1, 0.9, 40)
    right = np.arange(40) >= 10
    draw_coverage(cover(confidence, right), NOWHERE)
    line = drawn[0].axes[0].lines[0]
    assert (line.get_xdata()[-1], line.get_ydata()[-1]) == pytest.approx((1.0, 0.75))
    assert max(line.get_ydata()) == 1.0


def test_curves_are_those_of_the_labels_and_the_mean_is_named_with_its_area(drawn: list[Figure]):
    three = curves(3)
    draw_precision_recall(three, 0.625, NOWHERE)
    draw_roc(three, None, NOWHERE)
    precision_recall, roc = drawn
    names = [f" {name}" for name in three.labels]
    assert names_of(precision_recall) == [*names, "mean, average precision 0.625"]
    assert names_of(roc) == [*names, "mean"]
    first = next(iter(three.labels.values()))
    line = next(line for line in roc.axes[0].lines if line.get_label() == names[0])
    assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == list(first.roc)


def test_of_many_labels_the_worst_have_lines_and_the_legend_says_so(drawn: list[Figure]):
    many = curves(MOST_LINES + 5)
    draw_roc(many, 0.7, NOWHERE)
    assert names_of(drawn[0])[:-1] == [f" {name}" for name in list(many.labels)[:MOST_LINES]]
    assert drawn[0].legends[0].get_title().get_text() == f"the {MOST_LINES} worst"


def test_without_any_curve_the_axes_stay_empty_and_have_no_legend(drawn: list[Figure]):
    scores = np.zeros((2, 1))
    draw_precision_recall(
        draw_up(("a",), scores, np.zeros((2, 1), bool), np.array([np.nan])), None, NOWHERE
    )
    assert (drawn[0].axes[0].lines[:], drawn[0].legends) == ([], [])


def test_each_task_has_its_plots_and_they_are_written(tmp_path: Path):
    labels, eye = ("ant", "bee"), np.eye(2, dtype=np.float32)
    samples = [Sample(Path(f"{index}.jpg"), labels[index % 2]) for index in range(8)]
    outcomes = [
        Outcome(f"{index}.jpg", Prediction(labels, eye[index // 4], eye[index // 4]), None)
        for index in range(8)
    ]
    single = draw_report_plots(score("m", labels, samples, outcomes, 1.0), tmp_path)
    several = score_multi_label("m", labels, (0.5, 0.5), samples, outcomes, 1.0)
    assert [path.name for path in single] == [
        *("reliability.png", "precision_recall.png", "roc.png", "coverage.png"),
    ]
    assert sorted(tmp_path.iterdir()) == sorted(single)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in single)
    assert draw_report_plots(several, tmp_path) == single[:3]
