"""Plots, as PNG files: training curves, the confusion matrix, pictures with their labels."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..inference.whole_file import replacing
from .report import Report

MOST_NAMED = 60
"""Labels up to which the axes of a confusion matrix name them."""

TRAIN, VALIDATION = "#1f6fb4", "#d1590f"


@dataclass(frozen=True)
class Curve:
    """One quantity over the epochs, for training and validation, each of length E."""

    name: str
    train: Sequence[float]
    validation: Sequence[float]


def draw_curves(curves: Sequence[Curve], best_epoch: int, path: Path) -> None:
    """Draw curves side by side over epochs 1..E, the best epoch marked."""
    figure = Figure(figsize=(5 * len(curves), 3.6), layout="constrained")
    for index, curve in enumerate(curves):
        axes = figure.add_subplot(1, len(curves), index + 1)
        epochs = range(1, len(curve.train) + 1)
        marker = "o" if len(epochs) < 30 else None
        axes.plot(epochs, curve.train, color=TRAIN, marker=marker, ms=3, label="training")
        axes.plot(
            epochs, curve.validation, color=VALIDATION, marker=marker, ms=3, label="validation"
        )
        axes.axvline(best_epoch, color="0.6", lw=1, ls=":", label=f"best epoch {best_epoch}")
        axes.set(title=curve.name, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
    _save(figure, path)


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
        f"accuracy {report.accuracy:.1%} (95 %: {low:.1%} to {high:.1%}), n = {report.pictures}",
        fontsize=10,
    )
    if len(report.labels) <= 40:
        _write_counts(axes, counts, shares)
    _save(figure, path)


def draw_pictures(pictures: Sequence[NDArray[np.uint8]], labels: Sequence[str], path: Path) -> None:
    """Draw uint8 RGB pictures `[S, S, 3]` in rows of four, each with its label."""
    rows = -(-len(pictures) // 4)
    figure = Figure(figsize=(8, 2.2 * rows), layout="constrained")
    for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        axes = figure.add_subplot(rows, 4, index + 1)
        axes.imshow(picture)
        axes.set_title(label, fontsize=9, parse_math=False)
        axes.set_axis_off()
    _save(figure, path)


def _write_counts(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8)


def _save(figure: Figure, path: Path) -> None:
    with warnings.catch_warnings(), replacing(path) as temporary:
        # A label in a script that the font lacks is drawn as boxes; the CSV and JSON have it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(temporary, format="png", dpi=110)
