"""`compare.png`: scores against training time, and the curves of all cells laid over each other."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..inference.whole_file import replacing
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
        _draw_curves(scores, losses, row, colour)
    _name_axes(points, scores, losses, rows, table)
    handles, labels = points.get_legend_handles_labels()
    legend = figure.legend(
        handles, labels, loc="outside lower center", ncols=1 if len(rows) < 5 else 2, frameon=False
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    with warnings.catch_warnings(), replacing(path) as temporary:
        # A value in a script that the font lacks is drawn as boxes; the CSV has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(temporary, format="png", dpi=110)


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


def _draw_curves(scores: Axes, losses: Axes, row: Row, colour: Colour) -> None:
    for result in row.results:
        epochs = range(1, len(result.curve) + 1)
        marker = "o" if len(epochs) < 30 else None
        seconds = [point.seconds for point in result.curve]
        reached = [point.score for point in result.curve]
        scores.plot(seconds, reached, color=colour, lw=1.2, marker=marker, ms=2.5, alpha=0.85)
        loss = [point.loss for point in result.curve]
        losses.plot(epochs, loss, color=colour, lw=1.2, marker=marker, ms=2.5, alpha=0.85)


def _name_axes(points: Axes, scores: Axes, losses: Axes, rows: Sequence[Row], table: Table) -> None:
    split = "test" if any(row.test for row in rows) else "validation"
    times = [row.seconds for row in rows if row.seconds]
    points.set(title=f"{split} {table.metric} against time", xlabel="seconds of training")
    scores.set(title=f"validation {table.metric}", xlabel="seconds of training")
    losses.set(title="validation loss", xlabel="epoch", ylabel="nats")
    losses.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if times and max(times) > 8 * min(times):
        points.set_xscale("log")
        scores.set_xscale("log")
    points.margins(x=0.12, y=0.12)
    if table.equal_time is not None:
        scores.axvline(table.equal_time, color="0.55", lw=1, ls=":")
        scores.text(
            table.equal_time,
            0.01,
            f" equal time, {table.equal_time:.3g} s",
            transform=scores.get_xaxis_transform(),
            fontsize=8,
            color="0.35",
        )
    for axes in (points, scores, losses):
        axes.grid(alpha=0.25)


def _colours(count: int) -> list[Colour]:
    name = "tab10" if count <= 10 else "tab20"
    palette = matplotlib.colormaps[name]
    size = 10 if count <= 10 else 20
    return [palette(index % size) for index in range(count)]
