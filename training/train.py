"""A whole training: from a data folder to a run folder, as an iterator of what happens."""

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import ParamSpec, cast

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from .. import __version__
from ..errors import CheckpointError, TrainingError
from ..inference.card import ModelCard, Provenance
from ..inference.events import finish
from ..inference.preprocessing import Preprocessing
from ..samples.loading import ReadingProgress, load_pictures
from ..samples.sample import LabelledPictures, LeftOut
from ..samples.splitting import write_split
from .batches import EpochBatches, PictureDataset, batch_loader
from .checkpoint import Checkpoint, load_checkpoint, restore_network
from .config import TrainingConfig, read_config, write_config
from .data import find_samples_again, find_training_samples
from .device import choose_device
from .loop import BatchDone, build_optimizer, build_schedule, train_epoch, validate
from .recording import best_epoch, draw_training_pictures, measured, rank, save_epoch
from .resnet import PictureNetwork, build_resnet, freeze_stages
from .run_folder import EpochDone, choose_run_folder, prepare_run_folder
from .weights import DownloadProgress, Weights, fit_backbone, load_weights


@dataclass(frozen=True)
class Prepared:
    """What will be trained on what, known before the first epoch.

    Attributes:
        run: the run folder.
        device: torch's name of the device.
        pictures: labels, splits, notes, and the pictures that were left out.
        parameters: how many the network has.
        trainable: how many of them are not frozen.
    """

    run: Path
    device: str
    pictures: LabelledPictures
    parameters: int
    trainable: int


@dataclass(frozen=True)
class TrainingResult:
    """A finished training.

    Attributes:
        run: the run folder; `best.pt` in it is what `export` takes.
        labels: in the order of the outputs.
        best: the epoch with the best validation accuracy, of equal ones that of least loss.
        history: every epoch.
        left_out: pictures that could not be read.
    """

    run: Path
    labels: tuple[str, ...]
    best: EpochDone
    history: tuple[EpochDone, ...]
    left_out: tuple[LeftOut, ...]


Options = ParamSpec("Options")

TrainingEvent = DownloadProgress | ReadingProgress | Prepared | BatchDone | EpochDone


def _with_options_of(
    config: Callable[Options, TrainingConfig],
) -> Callable[Options, "TrainingResult"]:
    """Let `train` take exactly what `TrainingConfig` takes, for people and for type checkers."""

    @wraps(config, assigned=(), updated=())
    def train(*args: Options.args, **options: Options.kwargs) -> TrainingResult:
        """Train on a folder of pictures, as `tlx train` does, without printing.

        It takes what `TrainingConfig` takes, which says what each option means.
        `training_events` gives the progress.

        Raises:
            TlxError: the data, the weights, the options or the run folder cannot be used.
        """
        return finish(training_events(config(*args, **options)))

    return train


train = _with_options_of(TrainingConfig)


def training_events(config: TrainingConfig) -> Generator[TrainingEvent, None, TrainingResult]:
    """Train, yielding what happens.

    Yields:
        Progress of the download and of reading, `Prepared`, then `BatchDone` and `EpochDone`.

    Returns:
        The result.

    Raises:
        TlxError: as `train`.
    """
    device = choose_device(config.device)
    run = choose_run_folder(config)
    found = find_training_samples(config)
    weights = yield from load_weights(config.weights, config.model)
    pictures = yield from load_pictures(found, config.resize_side)
    card = _card(config, pictures, weights)
    model = _starting_network(config, card, weights).to(device)
    prepare_run_folder(run)
    write_config(run / "config.json", replace(config, data=config.data.resolve(), out=None))
    write_split(run / "split.csv", pictures)
    draw_training_pictures(run / "pictures.png", config, card, pictures)
    return (yield from _with_advice(_fit(config, run, pictures, card, model, None)))


def resume_events(
    run: Path,
    data: Path | None = None,
    workers: int | None = None,
    device: str | None = None,
) -> Generator[TrainingEvent, None, TrainingResult]:
    """Go on with a run after its last finished epoch, as if it had never stopped.

    Args:
        run: the run folder.
        data: the pictures' folder, if it has moved.
        workers: decoding processes, if other than before; they do not change the result.
        device: if other than before.

    Raises:
        CheckpointError: there is nothing to resume, or the pictures are not the same any more.
    """
    config = read_config(run)
    config = replace(
        config,
        data=data or config.data,
        workers=config.workers if workers is None else workers,
        device=device or config.device,
    )
    if not (run / "last.pt").exists():
        raise CheckpointError(f"{run} has no finished epoch; train again with --overwrite")
    last = load_checkpoint(run / "last.pt")
    if last.epoch >= config.epochs:
        raise CheckpointError(f"{run} is finished: all {config.epochs} epochs are done")
    model = restore_network(last).to(choose_device(config.device))
    pictures = yield from load_pictures(find_samples_again(config, run), config.resize_side)
    if pictures.fingerprint != last.card.provenance.data_fingerprint:
        raise CheckpointError(f"the pictures of {config.data} have changed since {run} began")
    freeze_stages(model.network, config.freeze)
    return (yield from _with_advice(_fit(config, run, pictures, last.card, model, last)))


def _with_advice(
    events: Generator[TrainingEvent, None, TrainingResult],
) -> Generator[TrainingEvent, None, TrainingResult]:
    """Say what to do about the two failures that every trainer meets."""
    try:
        return (yield from events)
    except torch.OutOfMemoryError:
        raise TrainingError(
            "the device ran out of memory; give a lower --batch or --imgsz, or --freeze more"
        ) from None
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise TrainingError(
            "a decoding process was killed, usually for want of memory; give fewer --workers"
        ) from None


def _fit(
    config: TrainingConfig,
    run: Path,
    pictures: LabelledPictures,
    card: ModelCard,
    model: PictureNetwork,
    last: Checkpoint | None,
) -> Generator[TrainingEvent, None, TrainingResult]:
    learning = PictureDataset(
        pictures.train, card.labels, card.preprocessing, config.augmentation, config.seed
    )
    held_out = PictureDataset(pictures.validation, card.labels, card.preprocessing)
    pin = model.mean.device.type == "cuda"
    train_batches = batch_loader(learning, config.batch, config.workers, config.seed, pin)
    validation_batches = batch_loader(held_out, config.batch, config.workers, pin=pin)
    optimizer = build_optimizer(model, config.peak_lr, config.weight_decay, config.pretrained)
    schedule = build_schedule(optimizer, config.epochs * len(train_batches))
    history = _restore(last, optimizer, schedule)
    yield _prepared(run, pictures, model)

    for epoch in range(len(history) + 1, config.epochs + 1):
        start = perf_counter()
        cast(EpochBatches, train_batches.batch_sampler).epoch = epoch
        learned = yield from train_epoch(model, train_batches, optimizer, schedule, config.freeze)
        validated = yield from validate(model, validation_batches)
        done = EpochDone(
            epoch=epoch,
            epochs=config.epochs,
            train_loss=learned.loss,
            train_accuracy=learned.accuracy,
            validation_loss=validated.loss,
            validation_accuracy=validated.accuracy,
            lr=max(group["lr"] for group in optimizer.param_groups),
            pictures_per_second=learned.pictures_per_second,
            seconds=perf_counter() - start,
            best=False,
        )
        done = replace(done, best=all(rank(done) > rank(earlier) for earlier in history))
        history.append(done)
        progress: dict[str, object] = {
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "history": [asdict(row) for row in history],
        }
        save_epoch(run, measured(card, validated), model, history, progress)
        yield done
    best = best_epoch(history)
    return TrainingResult(run, card.labels, best, tuple(history), pictures.left_out)


def _restore(last: Checkpoint | None, optimizer: Optimizer, schedule: LambdaLR) -> list[EpochDone]:
    """Bring optimizer and schedule to where a run stopped; give the epochs it had finished."""
    if last is None:
        return []
    optimizer.load_state_dict(last.progress["optimizer"])
    schedule.load_state_dict(last.progress["schedule"])
    return [EpochDone(**row) for row in last.progress["history"]]


def _card(config: TrainingConfig, pictures: LabelledPictures, weights: Weights) -> ModelCard:
    provenance = Provenance(
        tlx=__version__,
        torch=torch.__version__,
        architecture=config.model,
        weights=weights.name,
        weights_sha256=weights.sha256,
        freeze=config.freeze,
        data_fingerprint=pictures.fingerprint,
        date=date.today().isoformat(),
        seed=config.seed,
    )
    rule = Preprocessing(config.resize_side, config.imgsz)
    return ModelCard(pictures.labels, rule, provenance)


def _starting_network(config: TrainingConfig, card: ModelCard, weights: Weights) -> PictureNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(config.seed)
        network = build_resnet(config.model, len(card.labels))
    fit_backbone(network, weights, config.model)
    freeze_stages(network, config.freeze)
    return PictureNetwork(network, card.preprocessing)


def _prepared(run: Path, pictures: LabelledPictures, model: PictureNetwork) -> Prepared:
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return Prepared(
        run,
        str(model.mean.device),
        pictures,
        parameters=sum(size for size, _ in sizes),
        trainable=sum(size for size, trainable in sizes if trainable),
    )
