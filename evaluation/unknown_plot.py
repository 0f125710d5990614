"""The curve of a rule for unknown pictures, as a PNG file."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .plots import TRAIN, VALIDATION, save
from .unknown_report import UnknownReport, unknown_curve


def draw_unknown(report: UnknownReport, path: Path) -> None:
    """Draw the ROC curve, and both kinds of pictures over the score, the threshold marked."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    _draw_curve(figure.add_subplot(1, 2, 1), report)
    _draw_scores(figure.add_subplot(1, 2, 2), report)
    save(figure, path)


def _draw_curve(axes: Axes, report: UnknownReport) -> None:
    refused, found = zip(*unknown_curve(report), strict=True)
    axes.plot(refused, found, color=TRAIN)
    axes.plot([0, 1], [0, 1], color="0.6", lw=1, ls=":")
    here = f"threshold {report.threshold:.3g}"
    axes.plot(report.refused, 1 - report.false_accepts, "o", color=VALIDATION, label=here)
    axes.set(xlabel="share of known pictures refused", ylabel="share of unknown pictures found")
    axes.set_title(f"area under the curve {report.auroc:.3f}", fontsize=10)
    axes.legend(frameon=False, loc="lower right")
    axes.grid(alpha=0.25)


def _draw_scores(axes: Axes, report: UnknownReport) -> None:
    sides = {"known": (report.known, TRAIN), "unknown": (report.unknown, VALIDATION)}
    low = min(report.known.min(), report.unknown.min())
    high = max(report.known.max(), report.unknown.max())
    for name, (scores, colour) in sides.items():
        label = f"{name}, {len(scores)} pictures"
        edges = np.linspace(low, high, 41)
        axes.hist(scores, edges, density=True, color=colour, alpha=0.5, label=label)
    axes.axvline(report.threshold, color="0.3", lw=1, ls="--")
    axes.set(xlabel="score; larger is stranger", yticks=[])
    axes.set_title("share of the pictures; refused is what lies right of the line", fontsize=10)
    axes.legend(frameon=False)
