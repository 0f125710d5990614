"""How a run's pictures reach the network: cached, or from a frozen stage's stored outputs."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..inference.card import ModelCard
from ..samples.sample import LabelledPictures
from .augmentation import Augmentation, augmentation_of
from .batches import (
    Batches,
    EpochBatches,
    LoadedBatches,
    PictureDataset,
    truth_of,
    workers_for,
)
from .config import GRADUAL, TrainingConfig
from .device_batches import DeviceBatches
from .memory import disk_limit, memory_limit
from .objective import picture_weights
from .picture_cache import (
    CachingProgress,
    PictureCache,
    RamCache,
    write_disk_cache,
)
from .precision import Precision
from .resnet import PictureNetwork
from .stage_cache import StageProgress, StageWork, bytes_missing, stage_batches
from .torchrun import Processes

DISK_CACHE = "pictures.cache"
FEATURES = "features"


@dataclass(frozen=True)
class Noted:
    """Something that the user should know, in one line."""

    text: str


@dataclass(frozen=True, eq=False)
class Job:
    """A training that is about to begin or to go on.

    Attributes:
        config: what was asked for.
        run: the run folder.
        pictures: all splits.
        card: of what will be trained.
        processes: this one among those that train together.
        cache: pictures that were kept while they were read.
        features: folder for the outputs of frozen stages.
    """

    config: TrainingConfig
    run: Path
    pictures: LabelledPictures
    card: ModelCard
    processes: Processes
    cache: RamCache | None
    features: Path


DataEvent = Noted | CachingProgress | StageProgress


def build_batches(
    job: Job, model: PictureNetwork, precision: Precision
) -> Generator[DataEvent, None, tuple[Batches, Batches]]:
    """Build the batches of training and of validation."""
    if job.processes.count > 1 and (job.config.cache != "none" or _repeats(job.config)):
        yield Noted("several processes: pictures are decoded, and frozen stages run, in each epoch")
    if keeps_stage(job.config, job.processes):
        batches = yield from _stage_batches(job, model, precision)
        if batches:
            return batches
    cache: PictureCache | None = job.cache
    if cache is None and job.config.cache in ("auto", "disk") and job.processes.count == 1:
        cache = yield from _disk_cache(job)
    if cache is None and job.processes.count == 1 and _would_keep(job.config):
        yield Noted(
            "pictures are decoded anew in each epoch: kept, they would take more than a quarter of "
            "what is free; --cache disk keeps them all the same"
        )
    return (
        _loaded(job, "train", augmentation_of(job.config), cache, model),
        _loaded(job, "validation", Augmentation(), cache, model),
    )


def _would_keep(config: TrainingConfig) -> bool:
    """Tell whether decoded pictures are to be kept where they fit."""
    return config.cache != "none" and config.epochs > 1


def keeps_stage(config: TrainingConfig, processes: Processes) -> bool:
    """Tell whether a frozen stage's outputs are to be kept."""
    return _repeats(config) and processes.count == 1


def _repeats(config: TrainingConfig) -> bool:
    """Tell whether a frozen stage's outputs are the same in each epoch, and so worth keeping."""
    same = not (augmentation_of(config).random or config.mixup or config.cutmix)
    frozen = config.freeze not in ("none", GRADUAL)
    return frozen and (same or config.views is not None)


def ram_cache(config: TrainingConfig, resize_side: int, processes: Processes) -> RamCache | None:
    """Make the cache that is filled while pictures are read, if one is wanted."""
    wanted = config.cache in ("auto", "ram") and processes.count == 1
    return RamCache(resize_side, memory_limit()) if wanted else None


def _stage_batches(
    job: Job, model: PictureNetwork, precision: Precision
) -> Generator[DataEvent, None, tuple[Batches, Batches] | None]:
    config = job.config
    work = StageWork(
        job.features,
        model,
        job.card,
        config.freeze,
        job.pictures.contents,
        job.cache,
        config.seed,
    )
    augmentation = augmentation_of(config)
    need = bytes_missing(work, job.pictures.train, precision, config.views, augmentation)
    plain = Precision("none", precision.device)
    need += bytes_missing(work, job.pictures.validation, plain, None, augmentation)
    limit = disk_limit(job.features)
    if need > limit:
        yield Noted(
            f"the output of {config.freeze} is computed anew in each epoch: to store it "
            f"takes {need / 1e9:.1f} GB, and a quarter of the free disk is {limit / 1e9:.1f} GB"
        )
        return None
    truth, order = _order(job, "train")
    learning = yield from stage_batches(
        work,
        job.pictures.train,
        truth,
        order,
        precision,
        config.views,
        augmentation,
    )
    truth, order = _order(job, "validation")
    held_out = yield from stage_batches(work, job.pictures.validation, truth, order, plain)
    return learning, held_out


def _disk_cache(job: Job) -> Generator[DataEvent, None, PictureCache | None]:
    used = (*job.pictures.train, *job.pictures.validation)
    asked = job.config.cache == "disk"
    if not asked and job.config.epochs == 1:
        return None
    limit = float("inf") if asked else disk_limit(job.run)
    return (
        yield from write_disk_cache(
            job.run / DISK_CACHE,
            [sample.path for sample in used],
            job.card.preprocessing.resize_side,
            limit,
        )
    )


def _loaded(
    job: Job,
    split: str,
    augmentation: Augmentation,
    cache: PictureCache | None,
    model: PictureNetwork,
) -> Batches:
    truth, order = _order(job, split)
    samples = job.pictures.split(split)
    rule = job.card.preprocessing
    dataset = PictureDataset(samples, truth, rule, augmentation, job.config.seed, cache)
    device = model.device
    if device.type == "cuda" and cache and augmentation.random and augmentation.only_geometry:
        return DeviceBatches(dataset, order, device)
    workers = workers_for(job.config.workers, len(samples), cache is not None, device.type)
    workers = workers if job.config.workers is not None else workers // job.processes.local_count
    if isinstance(cache, RamCache) and torch.multiprocessing.get_start_method() != "fork":
        workers = 0  # what lies in this process's memory would be copied to each worker
    return LoadedBatches(dataset, order, workers, pin=device.type == "cuda")


def _order(job: Job, split: str) -> tuple[Tensor, EpochBatches]:
    config = job.config
    samples = job.pictures.split(split)
    truth = truth_of(samples, job.card.labels, job.card.task)
    if split != "train":
        return truth, EpochBatches(len(samples), config.batch, processes=job.processes)
    weights = picture_weights(truth) if config.balance == "sampler" else None
    return truth, EpochBatches(
        len(samples), config.step_pictures, config.seed, weights, job.processes
    )
