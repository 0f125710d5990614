"""From the first epoch to the last: learn, validate, record; stop early if asked to."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from torch import nn

from ..errors import UsageError
from ..samples.sample import LabelledPictures, LeftOut
from .batches import Batches, truth_of
from .checkpoint import Checkpoint
from .config import CHOICES, TrainingConfig
from .freezing import freeze_stages, frozen_stage
from .inputs import DataEvent, Job, Noted, build_batches
from .learner import Learner
from .logs import Log, close_logs, log_epoch, open_logs
from .loop import BatchDone, BatchLowered, Learned, train_epoch, validate
from .objective import build_objective
from .precision import Precision, choose_precision
from .processes import take_from_first, wait_for_all
from .progress import damaged, take_up
from .recording import Recorder, best_epoch, epochs_since_best, measured, rank
from .resnet import PictureNetwork
from .run_folder import EpochDone
from .score import Score, calibrated, monitor_of, monitored, score
from .stage_cache import StageBatches


@dataclass(frozen=True)
class Prepared:
    """What will be trained on what, known before the first epoch.

    Attributes:
        run: the run folder.
        device: torch's name of the device.
        precision: "none" (fp32), "bf16" or "fp16".
        processes: how many train together.
        pictures: labels, splits, notes, and the pictures that were left out.
        parameters: how many the network has.
        trainable: how many of them are not frozen in the first epoch.
        monitor: what chooses the best epoch.
    """

    run: Path
    device: str
    precision: str
    processes: int
    pictures: LabelledPictures
    parameters: int
    trainable: int
    monitor: str


@dataclass(frozen=True)
class TrainingResult:
    """A finished training.

    Attributes:
        run: the run folder; `best.pt` in it is what `export` takes.
        labels: in the order of the outputs.
        best: the best epoch by what is monitored, of equal ones that of least loss.
        history: every epoch.
        left_out: pictures that could not be read.
    """

    run: Path
    labels: tuple[str, ...]
    best: EpochDone
    history: tuple[EpochDone, ...]
    left_out: tuple[LeftOut, ...]


FitEvent = Prepared | DataEvent | BatchDone | BatchLowered | EpochDone


def fit(
    job: Job, model: PictureNetwork, last: Checkpoint | None = None
) -> Generator[FitEvent, None, TrainingResult]:
    """Train a network that stands on its device, from the beginning or after `last`.

    Returns:
        The result.

    Raises:
        TrainingError: a loss is not finite.
    """
    precision = _precision(job, model, last)
    freeze_stages(model.network, frozen_stage(job.config, 1))
    yield prepared(job, model, precision)
    start = perf_counter()
    batches = yield from build_batches(job, model, precision)
    if last is None:  # what was found in a store counts as if it had been computed now
        stored = [one for one in batches if isinstance(one, StageBatches)]
        start -= sum(one.earlier_seconds for one in stored)
    steps = job.config.epochs * len(batches[0].sizes)
    learner = build_learner(job, model, precision, steps)
    path = job.run / "last.pt"
    history = [] if last is None else take_up(last, path, learner, steps)
    recorder = Recorder(job.run)
    logs = open_logs(job.config, job.run) if job.processes.first else []
    try:
        yield from _epochs(job, learner, batches, history, start, recorder, logs)
    finally:  # on Ctrl-C and on errors too, as far as epochs are done
        if job.processes.first:
            recorder.close()
        close_logs(logs)
    best = best_epoch(history)
    return TrainingResult(job.run, job.card.labels, best, tuple(history), job.pictures.left_out)


def _epochs(
    job: Job,
    learner: Learner,
    batches: tuple[Batches, Batches],
    history: list[EpochDone],
    start: float,
    recorder: Recorder,
    logs: list[Log],
) -> Generator[FitEvent, None, None]:
    """Go through the epochs that are left, adding each to the history."""
    training, validation = batches
    while not is_finished(job.config, history):
        epoch = len(history) + 1
        frozen = frozen_stage(job.config, epoch)
        learned = yield from train_epoch(learner, training, epoch, frozen)
        validated = yield from validate(learner.deployed, validation, job.processes)
        result = score(validated)
        done = _epoch_done(job, learner, epoch, learned, result, perf_counter() - start)
        if all(rank(done) > rank(row) for row in history):
            result = calibrated(validated, result)
            done = _best_so_far(done, result)
        history.append(done)
        learner.end_epoch(epochs_since_best(history))
        if job.processes.first:
            card = measured(job.card, result)
            recorder.epoch(card, learner, history, is_finished(job.config, history))
            for text in log_epoch(logs, history[-1]):
                yield Noted(text)
        wait_for_all(job.processes)
        yield history[-1]
        start = perf_counter()


def _best_so_far(done: EpochDone, result: Score) -> EpochDone:
    found = result.calibration
    assert found is not None
    return replace(
        done,
        best=True,
        temperature=found.temperature,
        calibration_error=found.error,
        calibrated_error=found.calibrated_error,
        temperature_note=found.note,
    )


def is_finished(config: TrainingConfig, history: Sequence[EpochDone]) -> bool:
    """Tell whether all epochs are done, or too many since the best one."""
    stopped = config.patience is not None and epochs_since_best(history) >= config.patience
    return stopped or len(history) >= config.epochs


def _precision(job: Job, model: PictureNetwork, last: Checkpoint | None) -> Precision:
    """Choose the precision; a resumed run keeps its own, so that it ends with the same weights."""
    device = model.device
    if last is not None and job.config.amp == "auto":
        begun = last.progress.get("precision")
        if begun not in CHOICES["amp"]:
            raise damaged(job.run / "last.pt", "it does not say its precision")
        try:
            return choose_precision(begun, device)
        except UsageError:
            raise UsageError(
                f"the run was begun in {begun}, which {device} does not have; resume it where it "
                f"was begun, or train anew with --weights {job.run / 'last.pt'}"
            ) from None
    return choose_precision(job.config.amp, device)


def build_learner(job: Job, model: PictureNetwork, precision: Precision, steps: int) -> Learner:
    """Build what learns, the same in every process."""
    config = job.config
    truth = truth_of(job.pictures.train, job.card.labels, job.card.task)
    objective = build_objective(config, job.card.task, truth)
    if job.processes.count > 1:
        take_from_first(job.processes, model)
        if model.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(model)
    if config.compile:
        model.compile()
    return Learner(model, config, objective, precision, steps, job.processes)


def _epoch_done(
    job: Job, learner: Learner, epoch: int, learned: Learned, result: Score, seconds: float
) -> EpochDone:
    monitor = monitor_of(job.config, job.card.task)
    return EpochDone(
        epoch=epoch,
        epochs=job.config.epochs,
        train_loss=learned.loss,
        train_accuracy=learned.accuracy,
        validation_loss=result.loss,
        validation_accuracy=result.accuracy,
        lr=max(group["lr"] for group in learner.optimizer.param_groups),
        pictures_per_second=learned.pictures_per_second,
        seconds=seconds,
        best=False,
        monitor=monitor,
        monitored=monitored(monitor, result),
        validation_map=result.map,
    )


def prepared(job: Job, model: PictureNetwork, precision: Precision) -> Prepared:
    """Say what will be trained on what."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return Prepared(
        run=job.run,
        device=str(model.device),
        precision=precision.name,
        processes=job.processes.count,
        pictures=job.pictures,
        parameters=sum(size for size, _ in sizes),
        trainable=sum(size for size, trainable in sizes if trainable),
        monitor=monitor_of(job.config, job.card.task),
    )
