"""Plots, as PNG files: curves, the confusion matrix, scores by label, pictures with labels."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..inference.whole_file import replacing
from .multi_label_report import MultiLabelReport, MultiLabelScores
from .report import Report

MOST_NAMED = 60
"""Labels up to which the axes of a confusion matrix name them, and scores are drawn by label."""

TRAIN, VALIDATION = "#1f6fb4", "#d1590f"


@dataclass(frozen=True)
class Curve:
    """One quantity over the epochs, for training, validation or both, each of length E."""

    name: str
    train: Sequence[float] | None
    validation: Sequence[float] | None


def draw_curves(curves: Sequence[Curve], best_epoch: int, path: Path) -> None:
    """Draw curves side by side over epochs 1..E, the best epoch marked."""
    figure = Figure(figsize=(5 * len(curves), 3.6), layout="constrained")
    for index, curve in enumerate(curves):
        axes = figure.add_subplot(1, len(curves), index + 1)
        for values, colour, name in (
            (curve.train, TRAIN, "training"),
            (curve.validation, VALIDATION, "validation"),
        ):
            if values is not None:
                marker = "o" if len(values) < 30 else None
                epochs = range(1, len(values) + 1)
                axes.plot(epochs, values, color=colour, marker=marker, ms=3, label=name)
        axes.axvline(best_epoch, color="0.6", lw=1, ls=":", label=f"best epoch {best_epoch}")
        axes.set(title=curve.name, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
    save(figure, path)


def draw_rates(
    rates: Sequence[float], losses: Sequence[float], suggestion: float, path: Path
) -> None:
    """Draw the loss in nats over learning rates, with the one that is suggested."""
    figure = Figure(figsize=(6, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(rates, losses, color=TRAIN)
    axes.axvline(suggestion, color=VALIDATION, ls=":", label=f"suggested: {suggestion:.2g}")
    axes.set_xscale("log")
    axes.set(xlabel="learning rate of the head", ylabel="training loss, smoothed")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    save(figure, path)


def draw_confusion(report: Report, path: Path) -> None:
    """Draw the confusion matrix: rows of truth, shaded by the row's share, counts written in."""
    counts = np.array(report.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(30.0, max(4.0, 1.8 + 0.45 * len(report.labels)))
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the row", shrink=0.8)
    ticks = range(len(report.labels) if len(report.labels) <= MOST_NAMED else 0)
    names = report.labels[: len(ticks)]
    axes.set_xticks(ticks, names, rotation=45, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(ticks, names, parse_math=False)
    low, high = report.accuracy_interval
    axes.set(xlabel="predicted", ylabel="truth")
    axes.set_title(
        f"accuracy {report.accuracy:.1%} (95%: {low:.1%} to {high:.1%}), n = {report.pictures}",
        fontsize=10,
    )
    if len(report.labels) <= 40:
        _write_counts(axes, counts, shares)
    save(figure, path)


def draw_label_scores(report: MultiLabelReport, path: Path) -> None:
    """Draw each label's average precision as a bar, precision and recall as points; worst first.

    Of more than `MOST_NAMED` labels with a picture the worst are drawn.
    """
    rows = [
        (scores.average_precision, label, scores)
        for label, scores in report.per_label.items()
        if scores.average_precision is not None
    ]
    rows.sort(key=lambda row: row[0])
    figure = Figure(figsize=(7, 1.6 + 0.3 * len(rows[:MOST_NAMED])), layout="constrained")
    axes = figure.add_subplot()
    _draw_scores(axes, [(label, scores) for _, label, scores in rows[:MOST_NAMED]])
    of = f", the worst {MOST_NAMED} of {len(rows)} labels" if len(rows) > MOST_NAMED else ""
    axes.set_title(f"{_mean_text(report)}, n = {report.pictures}{of}", fontsize=10)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    save(figure, path)


def draw_pictures(pictures: Sequence[NDArray[np.uint8]], labels: Sequence[str], path: Path) -> None:
    """Draw uint8 RGB pictures `[S, S, 3]` in rows of four, each with its label."""
    rows = -(-len(pictures) // 4)
    figure = Figure(figsize=(8, 2.2 * rows), layout="constrained")
    for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        axes = figure.add_subplot(rows, 4, index + 1)
        axes.imshow(picture)
        axes.set_title(label, fontsize=9, parse_math=False)
        axes.set_axis_off()
    save(figure, path)


def _draw_scores(axes: Axes, rows: Sequence[tuple[str, MultiLabelScores]]) -> None:
    places = range(len(rows))
    average = [scores.average_precision or 0.0 for _, scores in rows]
    axes.barh(places, average, color="#c9dcec", label="average precision")
    points = {"precision": (TRAIN, ">"), "recall": (VALIDATION, "o")}
    for name, (colour, marker) in points.items():
        values = [getattr(scores, name) for _, scores in rows]
        axes.scatter(values, places, color=colour, marker=marker, s=28, zorder=3, label=name)
    names = [f"{label} ({scores.support})" for label, scores in rows]
    axes.set_yticks(places, names, parse_math=False)
    axes.set(xlim=(0, 1.03), xlabel="points: at the card's thresholds; in brackets: pictures")
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.25)


def _mean_text(report: MultiLabelReport) -> str:
    if report.mean_average_precision is None:
        return "no picture has a label"
    text = f"mean average precision {report.mean_average_precision:.3f}"
    if report.mean_average_precision_interval is None:
        return text
    low, high = report.mean_average_precision_interval
    return f"{text} (95%: {low:.3f} to {high:.3f})"


def _write_counts(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG file, whole."""
    with warnings.catch_warnings(), replacing(path) as temporary:
        # A label in a script that the font lacks is drawn as boxes; the CSV and JSON have it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        drawn = BytesIO()  # Pillow, writing by itself, takes no notice of a disk that is full
        figure.savefig(drawn, format="png", dpi=110)
        temporary.write_bytes(drawn.getvalue())
