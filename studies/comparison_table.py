"""A study's results as rows: one a cell over its seeds, and a CSV with one a training."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from ..inference.whole_file import replacing
from .cell_result import CellResult
from .compare import StudyResult
from .grid import Cell


@dataclass(frozen=True)
class Spread:
    """A number over a cell's seeds.

    Attributes:
        mean: over the seeds.
        deviation: standard deviation with n - 1, None for a single seed.
        seeds: how many.
    """

    mean: float
    deviation: float | None
    seeds: int


@dataclass(frozen=True)
class Row:
    """A cell in the table; numbers are None where there is nothing to tell.

    Attributes:
        cell: the cell.
        results: of its seeds, those that came to an end.
        problem: why it was skipped, or the first failure of a seed.
        validation: score of the exported epoch on validation, which chose it; 0..1.
        equal_time: best validation score within the table's equal time; None if a seed had
            not finished an epoch by then.
        test: score of the exported file on test, 0..1.
        test_loss: of the same, in nats.
        trainable: parameters that learned.
        seconds_per_epoch: training and validation.
        seconds: all epochs.
        file_bytes: of the ONNX file.
        latency_ms: for one picture on the processor, milliseconds.
    """

    cell: Cell
    results: tuple[CellResult, ...]
    problem: str | None = None
    validation: Spread | None = None
    equal_time: Spread | None = None
    test: Spread | None = None
    test_loss: Spread | None = None
    trainable: int | None = None
    seconds_per_epoch: float | None = None
    seconds: float | None = None
    file_bytes: int | None = None
    latency_ms: float | None = None


@dataclass(frozen=True)
class Table:
    """All cells, in the order of the grid.

    Attributes:
        rows: one a cell.
        metric: what the scores are.
        equal_time: training seconds of the training that was over first; None without any.
    """

    rows: tuple[Row, ...]
    metric: str
    equal_time: float | None


def build_table(study: StudyResult) -> Table:
    """Bring a study's results together, seeds into one row."""
    seconds = shortest(study.results)
    rows = tuple(_row(cell, study, seconds) for cell in study.study.grid.cells)
    metric = study.results[0].metric if study.results else "accuracy"
    return Table(rows, metric, seconds)


def shortest(results: Sequence[CellResult]) -> float | None:
    """Find the seconds of training after which the first of some trainings was over."""
    return min((result.seconds for result in results), default=None)


def spread(values: Sequence[float | None]) -> Spread | None:
    """Take mean and standard deviation; None if there is no value or one is missing."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return Spread(mean(known), stdev(known) if len(known) > 1 else None, len(known))


def scores_at(results: Sequence[CellResult], seconds: float) -> Spread | None:
    """Take the best validation scores within so many seconds of training."""
    return spread([result.best_within(seconds) for result in results])


def write_table(path: Path, study: StudyResult, table: Table) -> None:
    """Write `compare.csv`: a row a training, nothing rounded, and a row a skipped cell."""
    rows = list(_csv_rows(study, table))
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def _row(cell: Cell, study: StudyResult, seconds: float | None) -> Row:
    results = tuple(result for result in study.results if result.cell == cell.name)
    failures = [failure for failure in study.failures if failure.cell.name == cell.name]
    problem = cell.skipped or next(
        (f"seed {failure.seed}: {failure.error}" for failure in failures), None
    )
    if not results or seconds is None:
        return Row(cell, results, problem)
    return Row(
        cell,
        results,
        problem,
        validation=spread([result.validation for result in results]),
        equal_time=scores_at(results, seconds),
        test=spread([result.test.score if result.test else None for result in results]),
        test_loss=spread([result.test.loss if result.test else None for result in results]),
        trainable=results[0].trainable,
        seconds_per_epoch=mean(result.seconds_per_epoch for result in results),
        seconds=mean(result.seconds for result in results),
        file_bytes=results[0].file_bytes,
        latency_ms=mean(result.latency_ms for result in results),
    )


Cells = dict[str, str | int | float | None]


def _csv_rows(study: StudyResult, table: Table) -> Sequence[Cells]:
    rows: list[Cells] = []
    for row in table.rows:
        cell, place = row.cell, study.study.runs(row.cell)
        begin: Cells = {"cell": cell.name, **dict(cell.values)}
        if cell.skipped:
            rows.append({**begin, "seed": None, "status": "skipped", "error": cell.skipped})
        for config in place:
            result = next((found for found in row.results if found.seed == config.seed), None)
            failure = next(
                (f for f in study.failures if (f.cell.name, f.seed) == (cell.name, config.seed)),
                None,
            )
            rows.append(
                {
                    **begin,
                    "seed": config.seed,
                    "status": "done" if result else "failed",
                    "error": failure.error if failure else None,
                    **(_numbers(result, table.equal_time or 0.0) if result else {}),
                }
            )
    return rows


def _numbers(result: CellResult, equal_time: float) -> Cells:
    return {
        "metric": result.metric,
        "best_epoch": result.best_epoch,
        "epochs_done": len(result.curve),
        "validation_score": result.validation,
        "validation_loss": result.validation_loss,
        "validation_pictures": result.validation_pictures,
        "test_score": result.test.score if result.test else None,
        "test_loss": result.test.loss if result.test else None,
        "test_pictures": result.test.pictures if result.test else None,
        "parameters": result.parameters,
        "trainable_parameters": result.trainable,
        "seconds_per_epoch": result.seconds_per_epoch,
        "total_seconds": result.seconds,
        "equal_time_seconds": equal_time,
        "validation_score_at_equal_time": result.best_within(equal_time),
        "file_bytes": result.file_bytes,
        "latency_ms": result.latency_ms,
        "latency_threads": result.latency_threads,
        "device": result.device,
        "data_fingerprint": result.fingerprint,
    }
