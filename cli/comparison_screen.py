"""How a comparison is shown: the table on the screen, and its JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table as Drawn
from rich.text import Text

from ..inference.wording import noun
from .screen import Screen, one_line

if TYPE_CHECKING:
    from ..studies.comparison_table import Row, Spread, Table
    from ..studies.grid import Variation

_NOTHING = "-"


def show_comparison(table: "Table", variations: "Sequence[Variation]", screen: Screen) -> None:
    """Print the table, in two halves where it is too wide, and why cells are missing."""
    scores, costs = _score_columns(table), _cost_columns(table.rows)
    whole = _drawn(table, variations, [*scores, *costs])
    if screen.fits(whole):
        screen.table(whole)
    else:
        screen.table(_drawn(table, variations, scores))
        screen.table(_drawn(table, variations, costs))
    for row in table.rows:
        if row.problem:
            what = "skipped" if row.cell.skipped else "failed"
            screen.row(f"{row.cell.title} {what}: {row.problem}", style="yellow")
    threads = {result.latency_threads for row in table.rows for result in row.results}
    if threads:
        screen.row(
            f"scores: {table.metric}, mean ± standard deviation over the seeds; latency: one "
            f"picture on the processor, {' and '.join(map(str, sorted(threads)))} "
            + noun(max(threads), "thread")
        )


def comparison_json(table: "Table") -> dict[str, object]:
    """Give the documented JSON of a table (docs/json.md)."""
    return {
        "metric": table.metric,
        "equal_time_seconds": table.equal_time,
        "rows": [_row_json(row) for row in table.rows],
    }


def _row_json(row: "Row") -> dict[str, object]:
    content = asdict(row)
    del content["cell"], content["results"]
    return {
        "cell": row.cell.name,
        "values": dict(row.cell.values),
        "seeds": [result.seed for result in row.results],
        **content,
    }


Columns = list[tuple[str, list[str]]]


def _score_columns(table: "Table") -> Columns:
    rows = table.rows
    within = "-" if table.equal_time is None else f"{table.equal_time:.3g} s"
    return [
        ("seeds", [str(len(row.results)) for row in rows]),
        ("validation", [_spread(row.validation) for row in rows]),
        (f"validation at\nequal time ({within})", [_spread(row.equal_time) for row in rows]),
        ("test", [_spread(row.test) for row in rows]),
        ("test loss", [_spread(row.test_loss) for row in rows]),
    ]


def _cost_columns(rows: "Sequence[Row]") -> Columns:
    return [
        ("trainable\nparameters", [_number(row.trainable, "{:,.0f}") for row in rows]),
        ("seconds\nan epoch", [_number(row.seconds_per_epoch, "{:.2f}") for row in rows]),
        ("seconds\nin all", [_number(row.seconds, "{:.1f}") for row in rows]),
        ("file\nMB", [_number(row.file_bytes, "{:.1f}", 1e6) for row in rows]),
        ("latency\nms", [_number(row.latency_ms, "{:.2f}") for row in rows]),
    ]


def _drawn(table: "Table", variations: "Sequence[Variation]", columns: Columns) -> Drawn:
    drawn = Drawn()
    for variation in variations:
        drawn.add_column(variation.name, overflow="fold")
    for title, _ in columns:
        drawn.add_column(title, justify="right")
    for index, row in enumerate(table.rows):
        values = [Text(one_line(text)) for text in _values(row)]
        drawn.add_row(*values, *(texts[index] for _, texts in columns))
    return drawn


def _values(row: "Row") -> list[str]:
    from ..studies.grid import shown_value

    return [shown_value(text) for _, text in row.cell.values]


def _spread(value: "Spread | None") -> str:
    if value is None:
        return _NOTHING
    if value.deviation is None:
        return f"{value.mean:.4f}"
    return f"{value.mean:.4f} ± {value.deviation:.4f}"


def _number(value: float | None, form: str, unit: float = 1.0) -> str:
    return _NOTHING if value is None else form.format(value / unit)
