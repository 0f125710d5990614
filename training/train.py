"""A whole training: from a data folder to a run folder, as an iterator of what happens."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import torch

from .. import __version__
from ..errors import CheckpointError
from ..inference.card import ModelCard, Provenance
from ..inference.events import finish
from ..inference.folder_lock import only_writer
from ..samples.loading import ReadingProgress, load_pictures
from ..samples.sample import LabelledPictures
from ..samples.splitting import write_split
from .advice import with_advice
from .checkpoint import Checkpoint, load_checkpoint, restore_network
from .checks import require_enough, require_task
from .config import TrainingConfig, read_config, write_config
from .data import find_samples_again, find_training_samples, note_learned_before
from .device import choose_device
from .fit import FitEvent, TrainingResult, fit, is_finished
from .inputs import DISK_CACHE, FEATURES, Job, ram_cache
from .logs import require_logs
from .picture_cache import RamCache, remove_disk_cache
from .precision import choose_precision
from .processes import joined, told_by_first
from .progress import damaged, read_history, read_last
from .recording import draw_training_pictures
from .resnet import PictureNetwork, build_resnet
from .run_folder import choose_run_folder, prepare_run_folder, remove_unfinished
from .torchrun import Processes
from .weights import Weights, fit_network, load_weights
from .weights_download import DownloadProgress

Options = ParamSpec("Options")

TrainingEvent = DownloadProgress | ReadingProgress | FitEvent


def _with_options_of(
    config: Callable[Options, TrainingConfig],
) -> Callable[Options, TrainingResult]:
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


@dataclass(frozen=True, eq=False)
class Beginning:
    """What the first process has found out, and tells the others.

    Attributes:
        config: what was asked for.
        run: the run folder, ready.
        pictures: read and split.
        card: of what will be trained.
        weights: what a new run starts from; None where one goes on.
        last: the checkpoint to go on after; None for a new run.
        cache: pictures that were kept while they were read; one process's own.
    """

    config: TrainingConfig
    run: Path
    pictures: LabelledPictures
    card: ModelCard
    weights: Weights | None = None
    last: Checkpoint | None = None
    cache: RamCache | None = None


def training_events(
    config: TrainingConfig, features: Path | None = None
) -> Generator[TrainingEvent, None, TrainingResult]:
    """Train, yielding what happens.

    Args:
        config: what to do.
        features: folder for the outputs of frozen stages, by default in the run folder; runs
            that share it compute them once.

    Yields:
        Progress of the download and of reading, `Prepared`, then `BatchDone` and `EpochDone`.

    Returns:
        The result.

    Raises:
        TlxError: as `train`.
    """
    device = choose_device(config.device)
    choose_precision(config.amp, device)
    require_logs(config)
    with joined(device) as processes, ExitStack() as held:
        start = yield from told_by_first(processes, lambda: _begin(config, processes, held))
        return (yield from with_advice(_run(start, device, processes, features)))


def resume_events(
    run: Path,
    data: Path | None = None,
    workers: int | None = None,
    device: str | None = None,
    features: Path | None = None,
) -> Generator[TrainingEvent, None, TrainingResult]:
    """Go on with a run after its last finished epoch, as if it had never stopped.

    Args:
        run: the run folder.
        data: the pictures' folder, if it has moved.
        workers: decoding processes, if other than before; they do not change the result.
        device: if other than before.
        features: as in `training_events`.

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
    chosen = choose_device(config.device)
    require_logs(config)
    with joined(chosen) as processes, ExitStack() as held:
        start = yield from told_by_first(processes, lambda: _go_on(config, run, processes, held))
        return (yield from with_advice(_run(start, chosen, processes, features)))


def _begin(
    config: TrainingConfig, processes: Processes, held: ExitStack
) -> Generator[TrainingEvent, None, Beginning]:
    """Read everything, and prepare the run folder once nothing can be refused any more.

    `held` keeps the folder from others until the training ends.
    """
    run = choose_run_folder(config)
    held.enter_context(only_writer(run, "train"))
    choose_run_folder(replace(config, out=run))  # another may just have ended there
    start = yield from read_everything(config, run, processes)
    prepare_run_folder(run)
    write_config(run / "config.json", replace(config, data=config.data.resolve(), out=None))
    write_split(run / "split.csv", start.pictures)
    draw_training_pictures(run / "pictures.png", config, start.card, start.pictures)
    return start


def read_everything(
    config: TrainingConfig, run: Path, processes: Processes
) -> Generator[TrainingEvent, None, Beginning]:
    """Read pictures and weights for a new run; nothing is written."""
    found = find_training_samples(config)
    weights = yield from load_weights(config.weights, config.model)
    side = weights.preprocessing(config.imgsz).resize_side
    cache = ram_cache(config, side, processes)
    pictures = yield from load_pictures(found, side, cache.keep if cache else None)
    require_enough(config, pictures, processes)
    notes = (*weights.notes(pictures.labels), *note_learned_before(weights.run, pictures))
    pictures = replace(pictures, notes=(*pictures.notes, *notes))
    require_task(config, pictures.task)
    card = _card(config, pictures, weights)
    starting_network(config, card, weights)  # weights that do not fit are refused here
    return Beginning(config, run, pictures, card, weights, cache=cache)


def _go_on(
    config: TrainingConfig, run: Path, processes: Processes, held: ExitStack
) -> Generator[TrainingEvent, None, Beginning]:
    if not (run / "last.pt").exists():
        raise CheckpointError(f"{run} {_why_not_resumable(run)}")
    held.enter_context(only_writer(run, "train", otherwise=""))
    if not (run / "best.pt").exists():  # it is written first; what was the best is not known
        raise CheckpointError(f"{run / 'best.pt'} is gone; train again with --overwrite")
    remove_unfinished(run)
    last = read_last(run / "last.pt")
    history = read_history(last, run / "last.pt")
    if is_finished(config, history):
        raise CheckpointError(
            f"{run} is finished: {len(history)} of {config.epochs} epochs are done"
            f"{', and it stopped early' if len(history) < config.epochs else ''}"
        )
    side = last.card.preprocessing.resize_side
    cache = ram_cache(config, side, processes)
    found = find_samples_again(config, run)
    pictures = yield from load_pictures(found, side, cache.keep if cache else None)
    if pictures.fingerprint != last.card.provenance.data_fingerprint:
        raise CheckpointError(f"the pictures of {config.data} have changed since {run} began")
    if pictures.task != last.card.task or set(pictures.labels) != set(last.card.labels):
        raise damaged(run / "last.pt", "its card has other labels than the pictures")
    require_enough(config, pictures, processes)
    return Beginning(config, run, pictures, last.card, last=last, cache=cache)


def _why_not_resumable(run: Path) -> str:
    best = run / "best.pt"
    if best.exists() and load_checkpoint(best).card.provenance.adopted:
        return f"was adopted, not trained here; tlx train DATA --weights {run} trains on from it"
    return "has no finished epoch; train again with --overwrite"


def _run(
    start: Beginning,
    device: torch.device,
    processes: Processes,
    features: Path | None,
) -> Generator[TrainingEvent, None, TrainingResult]:
    if start.last is not None:
        model = _network_of(start.last, start)
    else:
        assert start.weights is not None
        model = starting_network(start.config, start.card, start.weights)
    job = job_of(start, processes, features or start.run / FEATURES)
    try:
        return (yield from fit(job, model.to(device), start.last))
    finally:  # interrupted or failed too: it may be as large as the pictures
        remove_disk_cache(start.run / DISK_CACHE)


def _network_of(last: Checkpoint, start: Beginning) -> PictureNetwork:
    try:
        return restore_network(last, start.config.dropout)
    except CheckpointError as error:
        raise damaged(start.run / "last.pt", str(error)) from None


def job_of(start: Beginning, processes: Processes, features: Path) -> Job:
    """Make of what was read what can be trained."""
    kept = start.cache if start.cache and start.cache.fits else None
    if kept:
        used = (*start.pictures.train, *start.pictures.validation)
        kept.keep_only([sample.path for sample in used])
    return Job(start.config, start.run, start.pictures, start.card, processes, kept, features)


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
    rule = weights.preprocessing(config.imgsz)
    return ModelCard(pictures.labels, rule, provenance, pictures.task)


def starting_network(config: TrainingConfig, card: ModelCard, weights: Weights) -> PictureNetwork:
    """Build the network of a new run: a head from the seed, the rest from the weights."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(config.seed)
        network = build_resnet(config.model, len(card.labels))
    fit_network(network, weights, config.model, card.labels)
    return PictureNetwork(network, card.preprocessing, config.dropout)
