"""A study: every cell of a grid trained, exported, scored and timed, taken up where it stopped."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from ..errors import CheckpointError, DataError, TlxError
from ..evaluation.scoring import EvaluationProgress, evaluate
from ..export.events import ExportEvent
from ..export.options import ExportOptions
from ..export.publish import export_events
from ..inference.classifier import Classifier
from ..inference.folder_lock import only_writer
from ..samples.splitting import read_split
from ..training.checkpoint import Checkpoint, load_checkpoint, restore_network
from ..training.config import GRADUAL, TrainingConfig, read_config
from ..training.device import choose_device
from ..training.fit import Prepared, TrainingResult, is_finished
from ..training.freezing import freeze_stages
from ..training.progress import read_history
from ..training.run_folder import EpochDone
from ..training.train import TrainingEvent, resume_events, training_events
from .cell_result import (
    CellResult,
    CurvePoint,
    HeldOutScore,
    config_json,
    read_result,
    same_options,
    write_result,
)
from .grid import Cell
from .latency import measure_latency
from .metric import metric_name, report_score, validation_score
from .study_folder import Study, clear_rests

TrainingEvents = Generator[TrainingEvent, None, TrainingResult]


@dataclass(frozen=True)
class CellStarted:
    """A training of a cell begins, goes on, or is found finished.

    Attributes:
        cell: the cell.
        seed: of this training.
        number: 1-based.
        total: how many trainings the study has.
    """

    cell: Cell
    seed: int
    number: int
    total: int


@dataclass(frozen=True)
class CellDone:
    """A training of a cell is finished; `earlier` if an earlier call had finished it."""

    result: CellResult
    earlier: bool


@dataclass(frozen=True)
class CellFailed:
    """A training of a cell came to nothing; the study goes on."""

    cell: Cell
    seed: int
    error: str


@dataclass(frozen=True)
class StudyResult:
    """What came of every training, in the order of the grid."""

    study: Study
    results: tuple[CellResult, ...]
    failures: tuple[CellFailed, ...]


CellEvent = TrainingEvent | ExportEvent | EvaluationProgress
CompareEvent = CellStarted | CellDone | CellFailed | CellEvent


def compare_events(study: Study) -> Generator[CompareEvent, None, StudyResult]:
    """Run what is not finished of a study, yielding what happens.

    Returns:
        The results, those of earlier calls included.

    Raises:
        DataError: the pictures cannot be trained on, or are not those of the finished cells.
        UsageError: another process is at work on the study.
    """
    with only_writer(study.folder, "compare"):
        return (yield from _compare(study))


def _compare(study: Study) -> Generator[CompareEvent, None, StudyResult]:
    todo = [(cell, config) for cell in study.grid.cells for config in study.runs(cell)]
    results: list[CellResult] = []
    failures: list[CellFailed] = []
    fingerprint = _known_fingerprint(todo)
    for number, (cell, config) in enumerate(todo, 1):
        yield CellStarted(cell, config.seed, number, len(todo))
        found = read_result(_run(config), config)
        try:
            result = found or (yield from _run_cell(cell, config, study.features, fingerprint))
        except DataError:
            raise  # the pictures are the same for every cell
        except TlxError as error:
            failures.append(CellFailed(cell, config.seed, str(error)))
            yield failures[-1]
            continue
        fingerprint = result.fingerprint
        results.append(result)
        yield CellDone(result, earlier=found is not None)
    return StudyResult(study, tuple(results), tuple(failures))


def _known_fingerprint(todo: Sequence[tuple[Cell, TrainingConfig]]) -> str | None:
    found = (read_result(_run(config), config) for _, config in todo)
    return next((result.fingerprint for result in found if result), None)


def _run_cell(
    cell: Cell, config: TrainingConfig, features: Path, fingerprint: str | None
) -> Generator[CellEvent, None, CellResult]:
    run = _run(config)
    if not _is_trained(config):
        yield from _train_cell(config, features, fingerprint)
    yield from export_events(run, data=config.data, options=ExportOptions(formats=("onnx",)))
    model = run / "model.onnx"
    test = yield from _score(model, config)
    result = _result(cell, config, test)
    write_result(run, config, result)
    return result


def _train_cell(
    config: TrainingConfig, features: Path, fingerprint: str | None
) -> Generator[TrainingEvent, None, TrainingResult]:
    """Go on with a training that was stopped, or begin it."""
    if _is_begun(config):
        try:
            events = _going_on(config, features)
            return (yield from _on_same_pictures(events, config, fingerprint))
        except CheckpointError:
            pass  # damaged by whatever stopped it, or of other pictures: begun again
    return (yield from _on_same_pictures(_beginning(config, features), config, fingerprint))


def _beginning(config: TrainingConfig, features: Path) -> TrainingEvents:
    """Begin a training; in `features` the cells share what a frozen stage computes."""
    clear_rests(_run(config))  # train would take them for a user's files
    return training_events(replace(config, overwrite=True), features)


def _going_on(config: TrainingConfig, features: Path) -> TrainingEvents:
    """Go on with a training; `features` as for `_beginning`."""
    return resume_events(_run(config), config.data, config.workers, features=features)


def _on_same_pictures(
    events: TrainingEvents, config: TrainingConfig, fingerprint: str | None
) -> TrainingEvents:
    """Pass a training's events on; stop before its first epoch if the pictures have changed."""
    try:
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                return cast(TrainingResult, end.value)
            if isinstance(event, Prepared) and fingerprint not in (
                None,
                event.pictures.fingerprint,
            ):
                raise DataError(
                    f"the pictures of {config.data} have changed since the study's first cells "
                    "were trained; choose another --out, or --overwrite to begin it anew"
                )
            yield event
    finally:
        events.close()


def _is_begun(config: TrainingConfig) -> bool:
    """Tell whether a run of just these options has a finished epoch."""
    try:
        begun = read_config(_run(config))
    except CheckpointError:
        return False
    same = same_options(config_json(begun), config_json(config))
    return same and (_run(config) / "last.pt").exists()


def _is_trained(config: TrainingConfig) -> bool:
    """Tell whether only the export or what follows it is missing."""
    if not _is_begun(config):
        return False
    path = _run(config) / "last.pt"
    try:
        return is_finished(config, read_history(load_checkpoint(path), path))
    except CheckpointError:
        return False


def _score(
    model: Path, config: TrainingConfig
) -> Generator[EvaluationProgress, None, HeldOutScore | None]:
    """Score the exported file on the test pictures, if there are any."""
    samples = read_split(_run(config) / "split.csv", config.data, "test")
    if not samples:
        return None
    report = yield from evaluate(Classifier(model, many=True), samples)
    return HeldOutScore(report_score(report), report.loss, report.pictures)


def _result(cell: Cell, config: TrainingConfig, test: HeldOutScore | None) -> CellResult:
    run = _run(config)
    last = load_checkpoint(run / "last.pt")
    history = read_history(last, run / "last.pt")
    best = next(epoch for epoch in reversed(history) if epoch.best)
    parameters, trainable = _sizes(last, config.freeze)
    latency = measure_latency(run / "model.onnx")
    return CellResult(
        cell=cell.name,
        seed=config.seed,
        metric=metric_name(history),
        best_epoch=best.epoch,
        validation=validation_score(best),
        validation_loss=best.validation_loss,
        validation_pictures=len(read_split(run / "split.csv", config.data, "validation")),
        test=test,
        parameters=parameters,
        trainable=trainable,
        curve=_curve(history),
        file_bytes=(run / "model.onnx").stat().st_size,
        latency_ms=latency.milliseconds,
        latency_threads=latency.threads,
        device=str(choose_device(config.device)),
        fingerprint=last.card.provenance.data_fingerprint,
    )


def _curve(history: Sequence[EpochDone]) -> tuple[CurvePoint, ...]:
    points: list[CurvePoint] = []
    seconds = 0.0
    for epoch in history:
        seconds += epoch.seconds
        points.append(CurvePoint(seconds, validation_score(epoch), epoch.validation_loss))
    return tuple(points)


def _sizes(checkpoint: Checkpoint, freeze: str) -> tuple[int, int]:
    """Count all parameters, and those that learned at some time."""
    network = restore_network(checkpoint).network
    freeze_stages(network, "none" if freeze == GRADUAL else freeze)
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in network.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, learns in sizes if learns)


def _run(config: TrainingConfig) -> Path:
    assert config.out is not None  # set by Study.runs
    return config.out
