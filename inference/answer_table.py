"""Answers as tables of Arrow, as they stand in Parquet files; needs the extra `parquet`."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from .listed_paths import path_text
from .remote import picture_at
from .side_by_side import chunks

if TYPE_CHECKING:
    import pyarrow

    from .classifier import Classifier
    from .prediction import Outcome, RankedLabel

ROWS = 256
"""Of a table: so few that answers held as Python objects take next to no memory."""


def answer_schema(multi_label: bool) -> "pyarrow.Schema":
    """Give the columns; docs/many.md describes them."""
    import pyarrow as pa

    chosen = [pa.field("labels", pa.list_(pa.string()), nullable=False)] if multi_label else []
    return pa.schema(
        [
            pa.field("path", pa.string(), nullable=False),
            *chosen,
            pa.field("label", pa.string()),
            pa.field("probability", pa.float32()),
            pa.field("top_labels", pa.list_(pa.string()), nullable=False),
            pa.field("top_probabilities", pa.list_(pa.float32()), nullable=False),
            pa.field("unknown", pa.bool_()),
            pa.field("unknown_score", pa.float32()),
            pa.field("error", pa.string()),
        ]
    )


def answer_tables(
    classifier: "Classifier", paths: Iterable[str], topk: int, folder: str = ""
) -> Iterator["pyarrow.Table"]:
    """Classify files, which may be URLs; the rows come in their order, a bad picture is a row.

    Args:
        classifier: for many files.
        paths: read only as far as needed.
        topk: labels that are ranked.
        folder: where relative paths begin; by default the working folder.

    Raises:
        MissingExtraError: a URL is of a kind whose package is not installed.
    """
    multi_label = classifier.card.task == "multi-label"
    for outcomes in chunks(
        classifier.classify_files(paths, partial(picture_at, folder=folder)), ROWS
    ):
        yield answer_table(outcomes, topk, multi_label)


def answer_table(
    outcomes: "Sequence[Outcome]", topk: int, multi_label: bool = False
) -> "pyarrow.Table":
    """Make a table of `answer_schema`, a row an outcome."""
    import pyarrow as pa

    schema = answer_schema(multi_label)
    rows = [_row(outcome, topk, multi_label) for outcome in outcomes]
    return pa.table({name: [row[name] for row in rows] for name in schema.names}, schema)


def _row(outcome: "Outcome", topk: int, multi_label: bool) -> dict[str, object]:
    found = outcome.prediction
    ranked: Sequence[RankedLabel] = found.top(topk) if found else ()
    chosen: Sequence[RankedLabel] = found.chosen if found and multi_label else ()
    return {
        "path": path_text(outcome.path),
        "labels": [row.label for row in chosen],
        "label": ranked[0].label if ranked else None,
        "probability": ranked[0].probability if ranked else None,
        "top_labels": [row.label for row in ranked],
        "top_probabilities": [row.probability for row in ranked],
        "unknown": found.unknown if found else None,
        "unknown_score": found.unknown_score if found else None,
        "error": outcome.error,
    }
