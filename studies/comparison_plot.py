"""`compare.png`: scores against training time, and the curves of all cells laid over each other."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from ..evaluation.plots import save
from .cell_result import CurvePoint
from .comparison_table import Row, Table

_MARKERS = "osD^vPX*"
Colour = tuple[float, float, float, float]


def draw_comparison(table: Table, path: Path) -> None:
    """Draw the cells that came to an end: each has a number, a colour, and a line of the legend."""
    rows = [row for row in table.rows if row.results]
    height = 4.4 + 0.19 * len(rows)
    figure = Figure(figsize=(15, height), layout="constrained")
    points, scores, losses = figure.subplots(1, 3)
    for number, (row, colour) in enumerate(zip(rows, _colours(len(rows)), strict=True), 1):
        _draw_point(points, row, number, colour)
        _draw_curves(scores, losses, row, number, colour)
    _name_axes(points, scores, losses, rows, table)
    handles, labels = points.get_legend_handles_labels()
    legend = figure.legend(
        handles, labels, loc="outside lower center", ncols=1 if len(rows) < 5 else 2, frameon=False
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    save(figure, path)


def _draw_point(axes: Axes, row: Row, number: int, colour: Colour) -> None:
    score = row.test or row.validation
    assert score is not None and row.seconds is not None  # of a row with results
    axes.errorbar(
        row.seconds,
        score.mean,
        yerr=score.deviation,
        color=colour,
        marker=_MARKERS[(number - 1) % len(_MARKERS)],
        ms=7,
        capsize=3,
        ls="none",
        label=f"{number}  {row.cell.title}",
    )
    axes.annotate(
        str(number), (row.seconds, score.mean), (7, 5), textcoords="offset points", fontsize=9
    )


def _draw_curves(scores: Axes, losses: Axes, row: Row, number: int, colour: Colour) -> None:
    """Draw each seed faintly and their mean strongly, as far as all of them went."""
    curves = [result.curve for result in row.results]
    for curve in curves if len(curves) > 1 else ():
        _draw_curve(scores, losses, curve, colour, bold=False)
    middle = [_mean_point(points) for points in zip(*curves, strict=False)]
    _draw_curve(scores, losses, middle, colour, bold=True)
    last = middle[-1]
    for axes, place in ((scores, (last.seconds, last.score)), (losses, (len(middle), last.loss))):
        axes.annotate(
            str(number), place, (4, 0), textcoords="offset points", fontsize=8, color=colour
        )


def _draw_curve(
    scores: Axes, losses: Axes, curve: Sequence[CurvePoint], colour: Colour, bold: bool
) -> None:
    width, alpha = (1.6, 1.0) if bold else (0.8, 0.22)
    marker = "o" if bold and len(curve) < 30 else ""
    seconds = [point.seconds for point in curve]
    reached = [point.score for point in curve]
    scores.plot(seconds, reached, color=colour, lw=width, alpha=alpha, marker=marker, ms=3)
    epochs = range(1, len(curve) + 1)
    loss = [point.loss for point in curve]
    losses.plot(epochs, loss, color=colour, lw=width, alpha=alpha, marker=marker, ms=3)


def _mean_point(points: Sequence[CurvePoint]) -> CurvePoint:
    return CurvePoint(
        mean(point.seconds for point in points),
        mean(point.score for point in points),
        mean(point.loss for point in points),
    )


def _name_axes(points: Axes, scores: Axes, losses: Axes, rows: Sequence[Row], table: Table) -> None:
    split = "test" if any(row.test for row in rows) else "validation"
    times = [row.seconds for row in rows if row.seconds]
    points.set(title=f"{split} {table.metric} against time", xlabel="seconds of training")
    scores.set(title=f"validation {table.metric}", xlabel="seconds of training")
    losses.set(title="validation loss", xlabel="epoch", ylabel="nats")
    losses.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if times and max(times) > 8 * min(times):
        for axes in (points, scores):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
    reached = [point.loss for row in rows for result in row.results for point in result.curve]
    if min(reached) > 0 and max(reached) > 8 * min(reached):
        losses.set_yscale("log")  # one bad first epoch would press all others flat
        losses.yaxis.set_major_formatter("{x:g}")
        losses.yaxis.set_minor_formatter(NullFormatter())
    points.margins(x=0.12, y=0.12)
    if table.equal_time is not None:
        _mark_time(scores, table.equal_time)
    points.set_ylim(top=min(points.get_ylim()[1], 1.02))  # no score is above 1
    for axes in (points, scores, losses):
        axes.grid(alpha=0.25)


def _mark_time(axes: Axes, seconds: float) -> None:
    """Mark the equal time, its name on the side of the line that has room for it."""
    axes.axvline(seconds, color="0.55", lw=1, ls=":")
    place, _ = (axes.transScale + axes.transLimits).transform((seconds, axes.get_ylim()[0]))
    axes.text(
        seconds,
        0.01,
        f" equal time, {seconds:.3g} s ",
        transform=axes.get_xaxis_transform(),
        ha="right" if place > 0.5 else "left",
        fontsize=8,
        color="0.35",
    )


def _colours(count: int) -> list[Colour]:
    name = "tab10" if count <= 10 else "tab20"
    palette = matplotlib.colormaps[name]
    size = 10 if count <= 10 else 20
    return [palette(index % size) for index in range(count)]
