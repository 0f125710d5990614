"""The plots of a report beside confusion matrix and labels: calibration, coverage, curves."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .calibration import Calibration
from .coverage import Coverage
from .curves import Curves, Points
from .multi_label_report import MultiLabelReport
from .plots import TRAIN, VALIDATION, save
from .report import Report

MOST_LINES = 10
"""Labels up to which each has a line of its own; beyond it only the worst."""


def draw_report_plots(report: Report | MultiLabelReport, folder: Path) -> list[Path]:
    """Draw reliability, curves and, for single-label, coverage; give what was written."""
    paths = [folder / name for name in ("reliability.png", "precision_recall.png", "roc.png")]
    draw_reliability(report.calibration, report.uncalibrated, paths[0])
    draw_precision_recall(report.curves, report.macro.average_precision, paths[1])
    draw_roc(report.curves, report.macro.roc_auc, paths[2])
    if isinstance(report, Report):
        paths.append(folder / "coverage.png")
        draw_coverage(report.coverage, paths[-1])
    return paths


def draw_reliability(calibration: Calibration, uncalibrated: Calibration, path: Path) -> None:
    """Draw accuracy over confidence with intervals, and how many answers each bin has."""
    figure = Figure(figsize=(5, 5.4), layout="constrained")
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot((0, 1), (0, 1), color="0.6", lw=1, ls=":", label="perfect")
    drawn = [(calibration, TRAIN, "as the file gives it")]
    far = calibration.expected_calibration_error - uncalibrated.expected_calibration_error
    if abs(far) > 1e-6:  # the file has a temperature
        drawn.insert(0, (uncalibrated, VALIDATION, "at temperature 1"))
    for one, colour, name in drawn:
        confidence = [place.confidence for place in one.bins]
        accuracy = [place.accuracy for place in one.bins]
        below = [max(0.0, place.accuracy - place.interval[0]) for place in one.bins]
        above = [max(0.0, place.interval[1] - place.accuracy) for place in one.bins]
        error = one.expected_calibration_error
        axes.errorbar(
            confidence, accuracy, (below, above), color=colour, marker="o", ms=4, lw=1.2,
            elinewidth=0.7, capsize=2, label=f"{name}: error {error:.3f}",
        )  # fmt: skip
    middles = [(place.low + place.high) / 2 for place in calibration.bins]
    counts.bar(middles, [place.count for place in calibration.bins], width=0.06, color="#9fbfdb")
    axes.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.02))
    counts.set(xlabel="confidence", ylabel="answers")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    save(figure, path)


def draw_coverage(coverage: Coverage, path: Path) -> None:
    """Draw the accuracy of the surest answers over the share of pictures that is answered."""
    figure, axes = _square()
    across, up = zip(*coverage.curve, strict=True)
    axes.plot(across, up, color=TRAIN)
    shares = [point.coverage for point in coverage.at_coverage]
    middles = [point.accuracy for point in coverage.at_coverage]
    below = [max(0.0, point.accuracy - point.interval[0]) for point in coverage.at_coverage]
    above = [max(0.0, point.interval[1] - point.accuracy) for point in coverage.at_coverage]
    axes.errorbar(shares, middles, (below, above), fmt="o", color=TRAIN, ms=4, lw=0.8, capsize=2)
    axes.set(xlabel="coverage: share of pictures answered", ylabel="accuracy of these")
    axes.set(xlim=(0, 1.02))
    save(figure, path)


def draw_precision_recall(curves: Curves, average_precision: float | None, path: Path) -> None:
    """Draw the precision-recall curves of the mean and of up to ten labels, the worst."""
    figure, axes = _square()
    labels = {name: one.precision_recall for name, one in curves.labels.items()}
    _draw_lines(axes, labels, curves.macro.precision_recall, "average precision", average_precision)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    _legend(figure, axes, len(curves.labels))
    save(figure, path)


def draw_roc(curves: Curves, roc_auc: float | None, path: Path) -> None:
    """Draw the ROC curves of the mean and of up to ten labels, the worst."""
    figure, axes = _square()
    axes.plot((0, 1), (0, 1), color="0.6", lw=1, ls=":")
    labels = {name: one.roc for name, one in curves.labels.items()}
    _draw_lines(axes, labels, curves.macro.roc, "area", roc_auc)
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.set(xlim=(-0.01, 1), ylim=(0, 1.02))
    _legend(figure, axes, len(curves.labels))
    save(figure, path)


def _square() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.25)
    return figure, axes


def _draw_lines(
    axes: Axes,
    labels: dict[str, Points | None],
    macro: Points | None,
    name: str,
    area: float | None,
) -> None:
    for label, points in list(labels.items())[:MOST_LINES]:
        if points:
            # A label that begins with an underscore would be left out of the legend.
            axes.plot(*zip(*points, strict=True), lw=1, alpha=0.8, label=f" {label}")
    if macro:
        text = "mean" if area is None else f"mean, {name} {area:.3f}"
        axes.plot(*zip(*macro, strict=True), color="black", lw=2, label=text)


def _legend(figure: Figure, axes: Axes, labels: int) -> None:
    if not axes.get_legend_handles_labels()[0]:
        return
    title = f"the {MOST_LINES} worst" if labels > MOST_LINES else None
    legend = figure.legend(loc="outside right upper", frameon=False, fontsize=8, title=title)
    for text in legend.get_texts():
        text.set_parse_math(False)
